-- Who holds palms in memory elsewhere follows the store by this list. Each change of a reference's templates is a row, written in the
-- transaction that makes the change; numbers follow each other without a gap. Old rows go, the last one never does.

create table gallery_change (
    seq bigint not null,
    reference_id text collate "C", -- null: the beginning; no foreign key, since it outlives what was erased
    created_ms bigint not null,
    constraint gallery_change_pk primary key (seq)
);
create index gallery_change_by_age on gallery_change (created_ms);

insert into gallery_change (seq, reference_id, created_ms) values (1, null, 0);
