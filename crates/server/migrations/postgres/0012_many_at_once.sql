-- What SQLite has, by the same names: rows out of a list, so that one statement writes or looks up many. Few rows are expected, so
-- that tables are looked into by their indexes.
create function json_each(list text) returns table (key bigint, value jsonb)
    language sql immutable strict parallel safe rows 16
    as 'select ordinality - 1, element from jsonb_array_elements(list::jsonb) with ordinality as each (element, ordinality)';
create function unhex(digits text) returns bytea
    language sql immutable strict parallel safe
    as 'select decode(digits, ''hex'')';
