-- Who signs in: sessions that can be listed and ended, staff with roles, passkeys, one-time codes.

create table staff (
    id text not null,
    name_sealed blob not null,
    role text not null,
    created_ms integer not null,
    constraint staff_pk primary key (id),
    constraint staff_role check (role in ('owner', 'manager', 'support', 'auditor'))
) strict;

drop table session; -- operators and kiosks sign in again
create table session (
    id text not null,
    hash blob not null,
    site_id text, -- a kiosk's; none of the three: by the operator's link
    staff_id text,
    subject_id text,
    device text not null, -- a browser and a system, in words of ours
    created_ms integer not null,
    seen_ms integer not null,
    expires_ms integer not null,
    constraint session_pk primary key (id),
    constraint session_hash unique (hash),
    constraint session_at_site foreign key (site_id) references site (id),
    constraint session_of_staff foreign key (staff_id) references staff (id),
    constraint session_of_subject foreign key (subject_id) references subject (id)
) strict;
create index session_by_staff on session (staff_id);
create index session_by_subject on session (subject_id);

create table staff_link (
    hash blob not null,
    role text not null,
    staff_id text, -- whom it lets in again; null: it makes somebody
    expires_ms integer not null,
    constraint staff_link_pk primary key (hash),
    constraint staff_link_role check (role in ('owner', 'manager', 'support', 'auditor')),
    constraint staff_link_for foreign key (staff_id) references staff (id)
) strict;

create table passkey (
    id text not null,
    subject_id text,
    staff_id text,
    sealed blob not null, -- its name and its public key
    created_ms integer not null,
    last_used_on text,
    constraint passkey_pk primary key (id),
    constraint passkey_of_one check ((subject_id is null) <> (staff_id is null)),
    constraint passkey_of_staff foreign key (staff_id) references staff (id),
    constraint passkey_of_subject foreign key (subject_id) references subject (id)
) strict;
create index passkey_by_staff on passkey (staff_id);
create index passkey_by_subject on passkey (subject_id);

create table contact (
    subject_id text not null,
    index_hash blob not null, -- keyed: what it is found by
    sealed blob not null, -- a mail address or a phone number
    confirmed_ms integer not null,
    constraint contact_pk primary key (index_hash),
    constraint contact_of_subject foreign key (subject_id) references subject (id)
) strict;
create index contact_by_subject on contact (subject_id);
