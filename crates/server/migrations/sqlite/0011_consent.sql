-- Consents of four purposes, told and signed in a language and on a device; signs at doors; what stops an erasure.

-- Palms and numbers hang on consents, so the old table goes and the new one comes within one transaction.
pragma defer_foreign_keys = on;
create table consent_before as select * from consent;
drop table consent;
create table consent (
    id text not null,
    subject_id text not null,
    purpose text not null,
    notice_version integer not null,
    notice_sha256 text not null,
    language text, -- null: signed before it was noted
    device text, -- as above
    kept_ms integer, -- how long without use, as they were told; null: as above
    signature_sealed blob not null,
    signed_ms integer not null,
    revoked_ms integer,
    constraint consent_pk primary key (id),
    constraint consent_of_subject foreign key (subject_id) references subject (id),
    constraint consent_purpose check (purpose in ('payment', 'entry', 'loyalty', 'age_check'))
) strict;
create unique index consent_one_in_force on consent (subject_id, purpose, notice_sha256) where revoked_ms is null;
create index consent_by_subject on consent (subject_id); -- went with the table of before 0008
insert into consent (id, subject_id, purpose, notice_version, notice_sha256, signature_sealed, signed_ms, revoked_ms)
    select id, subject_id, purpose, notice_version, notice_sha256, signature_sealed, signed_ms, revoked_ms from consent_before;
drop table consent_before;

-- Every notice that somebody signed, word by word.
create table notice (
    sha256 text not null,
    words text not null, -- JSON
    constraint notice_pk primary key (sha256)
) strict;

-- Who said that the sign hangs at a site's door. Nobody enrols there before.
alter table site add column sign_confirmed_by text;
alter table site add column sign_confirmed_ms integer;

-- When somebody left while a legal hold stood: their records are erased when it ends.
alter table subject add column leaving_ms integer;
create index subject_leaving on subject (id) where leaving_ms is not null;

-- An order to keep what would be erased. The order's reference is sealed under the subject's key.
create table legal_hold (
    id text not null,
    subject_id text not null,
    order_sealed blob not null,
    placed_ms integer not null,
    until_ms integer not null,
    lifted_ms integer,
    constraint legal_hold_pk primary key (id),
    constraint legal_hold_of_subject foreign key (subject_id) references subject (id),
    constraint legal_hold_time check (until_ms > placed_ms)
) strict;
create index legal_hold_by_subject on legal_hold (subject_id);

-- Templates that would be erased, where an order says that they are kept. Nothing that searches reads this table.
create table withheld_template (
    reference_id text not null,
    position integer not null,
    subject_id text not null,
    side text not null,
    sealed blob not null,
    constraint withheld_template_pk primary key (reference_id, position),
    constraint withheld_template_of_subject foreign key (subject_id) references subject (id)
) strict;
create index withheld_template_by_subject on withheld_template (subject_id);

-- How often references were read, for what, and what came of it. Nothing here leads to anybody.
create table reference_read (
    day text not null,
    purpose text not null,
    outcome text not null,
    count integer not null,
    constraint reference_read_pk primary key (day, purpose, outcome)
) strict;

-- When the policy's times were last enforced; nothing yet.
insert into setting (name, value) values ('policy_enforced_ms', x'');
