-- First light: everything one installation keeps. Times are milliseconds since 1970 in UTC; ids are their API text.
-- The tables of ../sqlite/0001_first_light.sql in PostgreSQL's words. Texts compare by their bytes, as they do there.
-- Columns named `sealed` or `…_sealed` hold nonce and ciphertext under the subject's own key.

create table setting (
    name text collate "C" not null,
    value bytea not null,
    constraint setting_pk primary key (name)
);

create table merchant (
    id text collate "C" not null,
    name text collate "C" not null,
    currency text collate "C" not null,
    created_ms bigint not null,
    constraint merchant_pk primary key (id)
);

create table site (
    id text collate "C" not null,
    merchant_id text collate "C" not null,
    name text collate "C" not null,
    created_ms bigint not null,
    constraint site_pk primary key (id),
    constraint site_of_merchant foreign key (merchant_id) references merchant (id)
);
create index site_by_merchant on site (merchant_id, id);

create table till_key (
    hash bytea not null,
    merchant_id text collate "C" not null,
    created_ms bigint not null,
    constraint till_key_pk primary key (hash),
    constraint till_key_of_merchant foreign key (merchant_id) references merchant (id)
);

create table session (
    hash bytea not null,
    site_id text collate "C", -- null: an operator's
    expires_ms bigint not null,
    constraint session_pk primary key (hash),
    constraint session_at_site foreign key (site_id) references site (id)
);

create table subject (
    id text collate "C" not null,
    status text collate "C" not null,
    wallet_hash bytea not null,
    wrapped_key bytea not null,
    name_sealed bytea not null,
    phone_sealed bytea,
    enrolled_by text collate "C" not null,
    enrol_until_ms bigint not null,
    wrong_proofs bigint not null default 0,
    created_ms bigint not null,
    constraint subject_pk primary key (id),
    constraint subject_wallet unique (wallet_hash),
    constraint subject_status check (status in ('active', 'frozen'))
);

create table consent (
    id text collate "C" not null,
    subject_id text collate "C" not null,
    purpose text collate "C" not null,
    notice_version bigint not null,
    notice_sha256 text collate "C" not null,
    signature_sealed bytea not null,
    signed_ms bigint not null,
    revoked_ms bigint,
    constraint consent_pk primary key (id),
    constraint consent_of_subject foreign key (subject_id) references subject (id),
    constraint consent_purpose check (purpose in ('payment'))
);
create unique index consent_one_in_force on consent (subject_id, purpose, notice_sha256) where revoked_ms is null;

create table reference (
    id text collate "C" not null,
    subject_id text collate "C" not null,
    consent_id text collate "C" not null,
    side text collate "C" not null,
    created_ms bigint not null,
    last_used_ms bigint,
    constraint reference_pk primary key (id),
    constraint reference_of_subject foreign key (subject_id) references subject (id),
    constraint reference_rests_on_consent foreign key (consent_id) references consent (id),
    constraint reference_side check (side in ('left', 'right')),
    constraint reference_one_per_side unique (subject_id, side)
);

create table template (
    reference_id text collate "C" not null,
    position bigint not null,
    sealed bytea not null,
    constraint template_pk primary key (reference_id, position),
    constraint template_of_reference foreign key (reference_id) references reference (id),
    constraint template_position check (position between 0 and 2)
);

create table payment_method (
    id text collate "C" not null,
    subject_id text collate "C" not null,
    sandbox_card text collate "C" not null,
    created_ms bigint not null,
    constraint payment_method_pk primary key (id),
    constraint payment_method_of_subject foreign key (subject_id) references subject (id)
);
create index payment_method_by_subject on payment_method (subject_id, id);

create table payment (
    id text collate "C" not null,
    request bytea not null,
    site_id text collate "C" not null,
    merchant_id text collate "C" not null,
    status text collate "C" not null,
    amount_minor bigint not null,
    currency text collate "C" not null,
    client_reference text collate "C",
    means text collate "C",
    subject_id text collate "C", -- null: by card, nobody yet, or erased since
    attempts bigint not null default 0,
    wrong_proofs bigint not null default 0,
    charge_request bytea,
    card_brand text collate "C",
    card_last4 text collate "C",
    auth_code text collate "C",
    receipt_hash bytea,
    created_ms bigint not null,
    captured_ms bigint,
    disputed_ms bigint,
    constraint payment_pk primary key (id),
    constraint payment_request unique (request),
    constraint payment_receipt unique (receipt_hash),
    constraint payment_at_site foreign key (site_id) references site (id),
    constraint payment_to_merchant foreign key (merchant_id) references merchant (id),
    constraint payment_by_subject foreign key (subject_id) references subject (id),
    constraint payment_amount check (amount_minor between 1 and 10000000),
    constraint payment_means check (means in ('palm', 'card')),
    constraint payment_status check (status in ('requires_palm', 'requires_step_up', 'requires_confirmation',
        'processing', 'captured', 'declined', 'cancelled', 'expired')),
    constraint payment_captured_has_receipt check (
        (status = 'captured') = (captured_ms is not null)
        and (status = 'captured') = (receipt_hash is not null)
        and (status = 'captured') = (auth_code is not null))
);
create index payment_by_merchant on payment (merchant_id, id);
create index payment_by_subject_id on payment (subject_id, id) where subject_id is not null;
create index payment_open on payment (status, created_ms)
    where status in ('requires_palm', 'requires_step_up', 'requires_confirmation', 'processing');

-- Double entry. Rows are only ever added.
create table transfer (
    id bytea not null,
    step text collate "C" not null,
    target_id bytea,
    debit bytea not null,
    credit bytea not null,
    amount_minor bigint not null,
    currency text collate "C" not null,
    created_ms bigint not null,
    constraint transfer_pk primary key (id),
    constraint transfer_target foreign key (target_id) references transfer (id),
    constraint transfer_step check (step in ('hold', 'post', 'void', 'refund')),
    constraint transfer_has_target check ((step = 'hold') = (target_id is null)),
    constraint transfer_two_accounts check (debit <> credit),
    constraint transfer_amount check (amount_minor between 1 and 10000000)
);
create unique index transfer_resolves_once on transfer (target_id) where step in ('post', 'void');
create index transfer_refunds on transfer (target_id) where step = 'refund';
create function transfer_stays() returns trigger language plpgsql as $$
begin
    raise exception using message = tg_name, errcode = 'restrict_violation';
end
$$;
create trigger transfer_never_changes before update on transfer for each row execute function transfer_stays();
create trigger transfer_never_goes before delete on transfer for each row execute function transfer_stays();
create trigger transfer_never_empties before truncate on transfer execute function transfer_stays();

create table refund (
    id text collate "C" not null,
    request bytea not null,
    payment_id text collate "C" not null,
    amount_minor bigint not null,
    currency text collate "C" not null,
    sent bigint not null, -- 0: the processor has not said yes to it yet
    created_ms bigint not null,
    constraint refund_pk primary key (id),
    constraint refund_request unique (request),
    constraint refund_of_payment foreign key (payment_id) references payment (id)
);
create index refund_by_payment on refund (payment_id, id);
create index refund_to_send on refund (id) where sent = 0;

create table idempotency (
    caller text collate "C" not null,
    key text collate "C" not null,
    request_hash bytea not null,
    request bytea not null,
    running bigint not null,
    status bigint,
    body bytea,
    created_ms bigint not null,
    constraint idempotency_pk primary key (caller, key)
);
create index idempotency_by_age on idempotency (created_ms);

-- Counters. Nothing here leads to anybody.
create table capture_count (
    day text collate "C" not null,
    purpose text collate "C" not null,
    outcome text collate "C" not null,
    reason text collate "C" not null, -- '' unless rejected
    count bigint not null,
    constraint capture_count_pk primary key (day, purpose, outcome, reason)
);

create table quality_count (
    day text collate "C" not null,
    tenth bigint not null,
    count bigint not null,
    constraint quality_count_pk primary key (day, tenth),
    constraint quality_tenth check (tenth between 0 and 9)
);
