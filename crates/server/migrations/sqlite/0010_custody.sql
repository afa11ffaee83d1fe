-- Epochs: templates are kept under a keyed transform, and its key can be replaced. And which key-encryption key wraps what.

create table epoch (
    number integer not null,
    status text not null,
    wrapped_key blob, -- null: destroyed
    wrapped_by integer not null,
    began_ms integer not null,
    ended_ms integer,
    constraint epoch_pk primary key (number),
    constraint epoch_number check (number >= 1),
    constraint epoch_status check (status in ('current', 'retiring', 'revoked')),
    constraint epoch_revoked_has_no_key check ((status = 'revoked') = (wrapped_key is null))
) strict;
create unique index epoch_one_current on epoch (status) where status = 'current';

-- 0: bare, from before there were epochs.
alter table template add column epoch integer not null default 0;
create index template_by_epoch on template (epoch, reference_id);

alter table subject add column wrapped_by integer not null default 1;
create index subject_by_wrapping on subject (wrapped_by, id);
