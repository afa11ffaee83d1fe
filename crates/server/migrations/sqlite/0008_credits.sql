-- Credits, loyalty, and what hung between payments and the ledger.

-- What an operator gives for enrolling.
create table promotion (
    id text not null,
    name text not null,
    amount_minor integer not null,
    currency text not null,
    from_ms integer not null,
    until_ms integer, -- null: until it is ended
    days integer not null, -- how long its credits last
    ended_ms integer,
    created_ms integer not null,
    constraint promotion_pk primary key (id),
    constraint promotion_amount check (amount_minor between 1 and 10000000),
    constraint promotion_days check (days between 1 and 3650),
    constraint promotion_time check (until_ms > from_ms)
) strict;

-- Credits given: to a subject, or to whoever has a code. The row outlives its subject; then it belongs to nobody.
create table credit (
    promotion_id text not null,
    account blob not null, -- the ledger's
    subject_id text, -- null: whoever has the code, or erased since
    code_hash blob, -- a keyed hash
    amount_minor integer not null,
    currency text not null,
    granted_ms integer not null,
    expires_ms integer not null,
    ended_by text, -- what ended it before its time
    returns integer not null default 0, -- how many transfers took back what was left
    over_ms integer, -- nothing of it can be spent or come back any more
    constraint credit_pk primary key (promotion_id, account),
    constraint credit_code unique (code_hash),
    constraint credit_of_promotion foreign key (promotion_id) references promotion (id),
    constraint credit_of_subject foreign key (subject_id) references subject (id),
    constraint credit_ended_by check (ended_by in ('operator', 'leaving'))
) strict;
create index credit_by_subject on credit (subject_id) where subject_id is not null;
create index credit_by_account on credit (account);
create index credit_to_expire on credit (expires_ms) where over_ms is null;

-- Cards that a promotion was given for. A keyed hash that outlives who had the card; nothing says whose it was.
create table credit_card (
    promotion_id text not null,
    card_hash blob not null,
    constraint credit_card_pk primary key (promotion_id, card_hash),
    constraint credit_card_of_promotion foreign key (promotion_id) references promotion (id)
) strict;

-- When the processor refused a refund for good, and how much of a lost dispute came from credits.
alter table refund add column refused_ms integer;
create index refund_refused_by_time on refund (refused_ms) where refused_ms is not null;
alter table dispute add column credit_minor integer not null default 0;
create index transfer_moved_to on transfer (credit, created_ms, amount_minor) where step = 'move';
create index transfer_moved_from on transfer (debit, created_ms, amount_minor) where step = 'move';

-- A second purpose. Palms hang on consents, so the old table goes and the new one comes within one transaction.
pragma defer_foreign_keys = on;
create table consent_before as select * from consent;
drop table consent;
create table consent (
    id text not null,
    subject_id text not null,
    purpose text not null,
    notice_version integer not null,
    notice_sha256 text not null,
    signature_sealed blob not null,
    signed_ms integer not null,
    revoked_ms integer,
    constraint consent_pk primary key (id),
    constraint consent_of_subject foreign key (subject_id) references subject (id),
    constraint consent_purpose check (purpose in ('payment', 'loyalty'))
) strict;
create unique index consent_one_in_force on consent (subject_id, purpose, notice_sha256) where revoked_ms is null;
insert into consent (id, subject_id, purpose, notice_version, notice_sha256, signature_sealed, signed_ms, revoked_ms)
    select id, subject_id, purpose, notice_version, notice_sha256, signature_sealed, signed_ms, revoked_ms from consent_before;
drop table consent_before;

-- A subject's number in a merchant's programme.
create table loyalty (
    subject_id text not null,
    merchant_id text not null,
    consent_id text not null,
    number_sealed blob not null,
    created_ms integer not null,
    constraint loyalty_pk primary key (subject_id, merchant_id),
    constraint loyalty_of_subject foreign key (subject_id) references subject (id),
    constraint loyalty_at_merchant foreign key (merchant_id) references merchant (id),
    constraint loyalty_rests_on_consent foreign key (consent_id) references consent (id)
) strict;
create index loyalty_by_consent on loyalty (consent_id);

-- What was asked before a member's price: a repeated request is still known by it.
alter table payment add column listed_minor integer;
