-- Consents of four purposes, told and signed in a language and on a device; signs at doors; what stops an erasure.

alter table consent drop constraint consent_purpose;
alter table consent add constraint consent_purpose check (purpose in ('payment', 'entry', 'loyalty', 'age_check'));
alter table consent add column language text;
alter table consent add column device text;
alter table consent add column kept_ms bigint; -- how long without use, as they were told; null: not noted

-- Every notice that somebody signed, word by word.
create table notice (
    sha256 text collate "C" not null,
    words text not null, -- JSON
    constraint notice_pk primary key (sha256)
);

-- Who said that the sign hangs at a site's door. Nobody enrols there before.
alter table site add column sign_confirmed_by text;
alter table site add column sign_confirmed_ms bigint;

-- When somebody left while a legal hold stood: their records are erased when it ends.
alter table subject add column leaving_ms bigint;
create index subject_leaving on subject (id) where leaving_ms is not null;

-- An order to keep what would be erased. The order's reference is sealed under the subject's key.
create table legal_hold (
    id text collate "C" not null,
    subject_id text collate "C" not null,
    order_sealed bytea not null,
    placed_ms bigint not null,
    until_ms bigint not null,
    lifted_ms bigint,
    constraint legal_hold_pk primary key (id),
    constraint legal_hold_of_subject foreign key (subject_id) references subject (id),
    constraint legal_hold_time check (until_ms > placed_ms)
);
create index legal_hold_by_subject on legal_hold (subject_id);

-- Templates that would be erased, where an order says that they are kept. Nothing that searches reads this table.
create table withheld_template (
    reference_id text collate "C" not null,
    position bigint not null,
    subject_id text collate "C" not null,
    side text collate "C" not null,
    sealed bytea not null,
    constraint withheld_template_pk primary key (reference_id, position),
    constraint withheld_template_of_subject foreign key (subject_id) references subject (id)
);
create index withheld_template_by_subject on withheld_template (subject_id);

-- How often references were read, for what, and what came of it. Nothing here leads to anybody.
create table reference_read (
    day text collate "C" not null,
    purpose text collate "C" not null,
    outcome text collate "C" not null,
    count bigint not null,
    constraint reference_read_pk primary key (day, purpose, outcome)
);

-- When the policy's times were last enforced; nothing yet.
insert into setting (name, value) values ('policy_enforced_ms', '\x');
