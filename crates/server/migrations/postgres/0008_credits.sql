-- Credits, loyalty, and what hung between payments and the ledger.

-- What an operator gives for enrolling.
create table promotion (
    id text collate "C" not null,
    name text collate "C" not null,
    amount_minor bigint not null,
    currency text collate "C" not null,
    from_ms bigint not null,
    until_ms bigint, -- null: until it is ended
    days bigint not null, -- how long its credits last
    ended_ms bigint,
    created_ms bigint not null,
    constraint promotion_pk primary key (id),
    constraint promotion_amount check (amount_minor between 1 and 10000000),
    constraint promotion_days check (days between 1 and 3650),
    constraint promotion_time check (until_ms > from_ms)
);

-- Credits given: to a subject, or to whoever has a code. The row outlives its subject; then it belongs to nobody.
create table credit (
    promotion_id text collate "C" not null,
    account bytea not null, -- the ledger's
    subject_id text collate "C", -- null: whoever has the code, or erased since
    code_hash bytea, -- a keyed hash
    amount_minor bigint not null,
    currency text collate "C" not null,
    granted_ms bigint not null,
    expires_ms bigint not null,
    ended_by text collate "C", -- what ended it before its time
    returns bigint not null default 0, -- how many transfers took back what was left
    over_ms bigint, -- nothing of it can be spent or come back any more
    constraint credit_pk primary key (promotion_id, account),
    constraint credit_code unique (code_hash),
    constraint credit_of_promotion foreign key (promotion_id) references promotion (id),
    constraint credit_of_subject foreign key (subject_id) references subject (id),
    constraint credit_ended_by check (ended_by in ('operator', 'leaving'))
);
create index credit_by_subject on credit (subject_id) where subject_id is not null;
create index credit_by_account on credit (account);
create index credit_to_expire on credit (expires_ms) where over_ms is null;

-- Cards that a promotion was given for. A keyed hash that outlives who had the card; nothing says whose it was.
create table credit_card (
    promotion_id text collate "C" not null,
    card_hash bytea not null,
    constraint credit_card_pk primary key (promotion_id, card_hash),
    constraint credit_card_of_promotion foreign key (promotion_id) references promotion (id)
);

-- When the processor refused a refund for good, and how much of a lost dispute came from credits.
alter table refund add column refused_ms bigint;
create index refund_refused_by_time on refund (refused_ms) where refused_ms is not null;
alter table dispute add column credit_minor bigint not null default 0;
create index transfer_moved_to on transfer (credit, created_ms, amount_minor) where step = 'move';
create index transfer_moved_from on transfer (debit, created_ms, amount_minor) where step = 'move';

-- A second purpose.
alter table consent drop constraint consent_purpose;
alter table consent add constraint consent_purpose check (purpose in ('payment', 'loyalty'));

-- A subject's number in a merchant's programme.
create table loyalty (
    subject_id text collate "C" not null,
    merchant_id text collate "C" not null,
    consent_id text collate "C" not null,
    number_sealed bytea not null,
    created_ms bigint not null,
    constraint loyalty_pk primary key (subject_id, merchant_id),
    constraint loyalty_of_subject foreign key (subject_id) references subject (id),
    constraint loyalty_at_merchant foreign key (merchant_id) references merchant (id),
    constraint loyalty_rests_on_consent foreign key (consent_id) references consent (id)
);
create index loyalty_by_consent on loyalty (consent_id);

-- What was asked before a member's price: a repeated request is still known by it.
alter table payment add column listed_minor bigint;
