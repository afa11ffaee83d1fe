-- What the transparency log's entries open to. The log itself is files: an entry there is a commitment.

create table log_entry (
    leaf_index bigint not null, -- which entry of the log
    kind text collate "C" not null, -- as anybody reads it there
    subject_id text collate "C", -- whom it concerns; null: nobody in particular
    commitment bytea not null, -- as it stands in the log
    opening_sealed bytea not null, -- under that subject's key, or the installation's
    logged_ms bigint not null,
    constraint log_entry_pk primary key (leaf_index),
    constraint log_entry_of_subject foreign key (subject_id) references subject (id)
);
create index log_entry_by_subject on log_entry (subject_id, leaf_index) where subject_id is not null;

-- What the auditor found: that the log, or what was to be in it, is not as it must be.
create table incident (
    id text collate "C" not null,
    kind text collate "C" not null,
    detail text not null, -- no personal data
    found_ms bigint not null,
    ended_ms bigint, -- null: it goes on
    constraint incident_pk primary key (id)
);
create unique index incident_one_goes_on on incident (kind) where ended_ms is null;
