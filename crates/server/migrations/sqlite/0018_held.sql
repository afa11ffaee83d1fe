-- Palms that their owners carry: what is known of one here. No template, and no key that opens one.
create table held (
    id text not null,
    subject_id text not null,
    consent_id text not null,
    carrier text not null,
    epoch integer not null,
    failures integer not null,
    created_ms integer not null,
    last_used_ms integer,
    constraint held_pk primary key (id),
    constraint held_of_subject foreign key (subject_id) references subject (id),
    constraint held_by_consent foreign key (consent_id) references consent (id),
    constraint held_carrier check (carrier in ('phone', 'card')),
    constraint held_failures check (failures >= 0)
) strict;
create index held_by_subject on held (subject_id);
create index held_by_consent on held (consent_id);

-- Codes that phones showed and that were used, as long as they would still be young enough.
create table held_shown (
    hash blob not null,
    at_ms integer not null,
    constraint held_shown_pk primary key (hash)
) strict;
