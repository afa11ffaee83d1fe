-- A link that erases, given at enrolment; only its hash is kept, and it goes with its subject.
alter table subject add column leave_hash blob;
create unique index subject_by_leave on subject (leave_hash) where leave_hash is not null;

-- What was erased, under names that say nothing without the installation's key: receipts are made from it, and a store that was put
-- back from before forgets these subjects again.
create table erasure (
    id text not null,
    asked_ms integer not null,
    erased_ms integer, -- null: under a legal hold
    held_until_ms integer,
    palms integer not null,
    payments integer not null,
    constraint erasure_pk primary key (id)
);
