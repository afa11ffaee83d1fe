-- First light: everything one installation keeps. Times are milliseconds since 1970 in UTC; ids are their API text.
-- Columns named `sealed` or `…_sealed` hold nonce and ciphertext under the subject's own key.

create table setting (
    name text not null,
    value blob not null,
    constraint setting_pk primary key (name)
) strict;

create table merchant (
    id text not null,
    name text not null,
    currency text not null,
    created_ms integer not null,
    constraint merchant_pk primary key (id)
) strict;

create table site (
    id text not null,
    merchant_id text not null,
    name text not null,
    created_ms integer not null,
    constraint site_pk primary key (id),
    constraint site_of_merchant foreign key (merchant_id) references merchant (id)
) strict;
create index site_by_merchant on site (merchant_id, id);

create table till_key (
    hash blob not null,
    merchant_id text not null,
    created_ms integer not null,
    constraint till_key_pk primary key (hash),
    constraint till_key_of_merchant foreign key (merchant_id) references merchant (id)
) strict;

create table session (
    hash blob not null,
    site_id text, -- null: an operator's
    expires_ms integer not null,
    constraint session_pk primary key (hash),
    constraint session_at_site foreign key (site_id) references site (id)
) strict;

create table subject (
    id text not null,
    status text not null,
    wallet_hash blob not null,
    wrapped_key blob not null,
    name_sealed blob not null,
    phone_sealed blob,
    enrolled_by text not null,
    enrol_until_ms integer not null,
    wrong_proofs integer not null default 0,
    created_ms integer not null,
    constraint subject_pk primary key (id),
    constraint subject_wallet unique (wallet_hash),
    constraint subject_status check (status in ('active', 'frozen'))
) strict;

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
    constraint consent_purpose check (purpose in ('payment'))
) strict;
create unique index consent_one_in_force on consent (subject_id, purpose, notice_sha256) where revoked_ms is null;

create table reference (
    id text not null,
    subject_id text not null,
    consent_id text not null,
    side text not null,
    created_ms integer not null,
    last_used_ms integer,
    constraint reference_pk primary key (id),
    constraint reference_of_subject foreign key (subject_id) references subject (id),
    constraint reference_rests_on_consent foreign key (consent_id) references consent (id),
    constraint reference_side check (side in ('left', 'right')),
    constraint reference_one_per_side unique (subject_id, side)
) strict;

create table template (
    reference_id text not null,
    position integer not null,
    sealed blob not null,
    constraint template_pk primary key (reference_id, position),
    constraint template_of_reference foreign key (reference_id) references reference (id),
    constraint template_position check (position between 0 and 2)
) strict;

create table payment_method (
    id text not null,
    subject_id text not null,
    sandbox_card text not null,
    created_ms integer not null,
    constraint payment_method_pk primary key (id),
    constraint payment_method_of_subject foreign key (subject_id) references subject (id)
) strict;
create index payment_method_by_subject on payment_method (subject_id, id);

create table payment (
    id text not null,
    request blob not null,
    site_id text not null,
    merchant_id text not null,
    status text not null,
    amount_minor integer not null,
    currency text not null,
    client_reference text,
    means text,
    subject_id text, -- null: by card, nobody yet, or erased since
    attempts integer not null default 0,
    wrong_proofs integer not null default 0,
    charge_request blob,
    card_brand text,
    card_last4 text,
    auth_code text,
    receipt_hash blob,
    created_ms integer not null,
    captured_ms integer,
    disputed_ms integer,
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
) strict;
create index payment_by_merchant on payment (merchant_id, id);
create index payment_by_subject_id on payment (subject_id, id) where subject_id is not null;
create index payment_open on payment (status, created_ms)
    where status in ('requires_palm', 'requires_step_up', 'requires_confirmation', 'processing');

-- Double entry. Rows are only ever added.
create table transfer (
    id blob not null,
    step text not null,
    target_id blob,
    debit blob not null,
    credit blob not null,
    amount_minor integer not null,
    currency text not null,
    created_ms integer not null,
    constraint transfer_pk primary key (id),
    constraint transfer_target foreign key (target_id) references transfer (id),
    constraint transfer_step check (step in ('hold', 'post', 'void', 'refund')),
    constraint transfer_has_target check ((step = 'hold') = (target_id is null)),
    constraint transfer_two_accounts check (debit <> credit),
    constraint transfer_amount check (amount_minor between 1 and 10000000)
) strict;
create unique index transfer_resolves_once on transfer (target_id) where step in ('post', 'void');
create index transfer_refunds on transfer (target_id) where step = 'refund';
create trigger transfer_never_changes before update on transfer
begin
    select raise(abort, 'transfer_never_changes');
end;
create trigger transfer_never_goes before delete on transfer
begin
    select raise(abort, 'transfer_never_goes');
end;

create table refund (
    id text not null,
    request blob not null,
    payment_id text not null,
    amount_minor integer not null,
    currency text not null,
    sent integer not null, -- 0: the processor has not said yes to it yet
    created_ms integer not null,
    constraint refund_pk primary key (id),
    constraint refund_request unique (request),
    constraint refund_of_payment foreign key (payment_id) references payment (id)
) strict;
create index refund_by_payment on refund (payment_id, id);
create index refund_to_send on refund (id) where sent = 0;

create table idempotency (
    caller text not null,
    key text not null,
    request_hash blob not null,
    request blob not null,
    running integer not null,
    status integer,
    body blob,
    created_ms integer not null,
    constraint idempotency_pk primary key (caller, key)
) strict;
create index idempotency_by_age on idempotency (created_ms);

-- Counters. Nothing here leads to anybody.
create table capture_count (
    day text not null,
    purpose text not null,
    outcome text not null,
    reason text not null, -- '' unless rejected
    count integer not null,
    constraint capture_count_pk primary key (day, purpose, outcome, reason)
) strict;

create table quality_count (
    day text not null,
    tenth integer not null,
    count integer not null,
    constraint quality_count_pk primary key (day, tenth),
    constraint quality_tenth check (tenth between 0 and 9)
) strict;
