-- Who signs in: sessions that can be listed and ended, staff with roles, passkeys, one-time codes.

create table staff (
    id text collate "C" not null,
    name_sealed bytea not null,
    role text collate "C" not null,
    created_ms bigint not null,
    constraint staff_pk primary key (id),
    constraint staff_role check (role in ('owner', 'manager', 'support', 'auditor'))
);

drop table session; -- operators and kiosks sign in again
create table session (
    id text collate "C" not null,
    hash bytea not null,
    site_id text collate "C", -- a kiosk's; none of the three: by the operator's link
    staff_id text collate "C",
    subject_id text collate "C",
    device text collate "C" not null, -- a browser and a system, in words of ours
    created_ms bigint not null,
    seen_ms bigint not null,
    expires_ms bigint not null,
    constraint session_pk primary key (id),
    constraint session_hash unique (hash),
    constraint session_at_site foreign key (site_id) references site (id),
    constraint session_of_staff foreign key (staff_id) references staff (id),
    constraint session_of_subject foreign key (subject_id) references subject (id)
);
create index session_by_staff on session (staff_id);
create index session_by_subject on session (subject_id);

create table staff_link (
    hash bytea not null,
    role text collate "C" not null,
    staff_id text collate "C", -- whom it lets in again; null: it makes somebody
    expires_ms bigint not null,
    constraint staff_link_pk primary key (hash),
    constraint staff_link_role check (role in ('owner', 'manager', 'support', 'auditor')),
    constraint staff_link_for foreign key (staff_id) references staff (id)
);

create table passkey (
    id text collate "C" not null,
    subject_id text collate "C",
    staff_id text collate "C",
    sealed bytea not null, -- its name and its public key
    created_ms bigint not null,
    last_used_on text collate "C",
    constraint passkey_pk primary key (id),
    constraint passkey_of_one check ((subject_id is null) <> (staff_id is null)),
    constraint passkey_of_staff foreign key (staff_id) references staff (id),
    constraint passkey_of_subject foreign key (subject_id) references subject (id)
);
create index passkey_by_staff on passkey (staff_id);
create index passkey_by_subject on passkey (subject_id);

create table contact (
    subject_id text collate "C" not null,
    index_hash bytea not null, -- keyed: what it is found by
    sealed bytea not null, -- a mail address or a phone number
    confirmed_ms bigint not null,
    constraint contact_pk primary key (index_hash),
    constraint contact_of_subject foreign key (subject_id) references subject (id)
);
create index contact_by_subject on contact (subject_id);
