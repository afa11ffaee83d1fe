-- What a shop took while it was cut off from the server, and who may hand it in.
alter table payment add column offline_ms bigint; -- when it was taken there
alter table payment add column offline_key text collate "C"; -- by whose agent
create index payment_offline_by_key on payment (offline_key, offline_ms) where offline_key is not null;
create index payment_offline_by_subject on payment (subject_id, offline_ms) where offline_ms is not null;

-- The one agent that a key is for: the first that used it.
create table offline_agent (
    key_id text collate "C" not null,
    site_id text collate "C" not null,
    public_key bytea not null, -- what palms are sealed to
    constraint offline_agent_pk primary key (key_id),
    constraint offline_agent_has_key foreign key (key_id) references api_key (id),
    constraint offline_agent_at_site foreign key (site_id) references site (id)
);
