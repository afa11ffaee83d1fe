-- Nothing: SQLite has json_each and unhex.
select 1;
