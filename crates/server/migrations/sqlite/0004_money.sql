-- Money, rebuilt. Accounts are opened before anything goes through them. Transfers are numbered and chained by a keyed hash, so that a
-- changed, missing or moved row is found. A payment says what the processor was asked and when to ask again: that row is the outbox.

create table account (
    id blob not null,
    kind text not null,
    owner text not null, -- a merchant's or a subject's id; '' where it is the operator's own
    currency text not null,
    rule text not null,
    constraint account_pk primary key (id),
    constraint account_rule check (rule in ('free', 'debits_within_credits'))
) strict;

create table transfer_next (
    seq integer not null,
    id blob not null,
    step text not null,
    target_id blob,
    debit blob not null,
    credit blob not null,
    amount_minor integer not null,
    currency text not null,
    expires_ms integer,
    created_ms integer not null,
    mac blob not null, -- empty: written by an older version, and chained at the next start
    constraint transfer_pk primary key (seq),
    constraint transfer_id unique (id),
    constraint transfer_step check (step in ('move', 'hold', 'post', 'void', 'expire', 'refund')),
    constraint transfer_has_target check ((step in ('move', 'hold')) = (target_id is null)),
    constraint transfer_only_holds_expire check (step = 'hold' or expires_ms is null),
    constraint transfer_two_accounts check (debit <> credit),
    constraint transfer_amount check (amount_minor between 1 and 10000000)
) strict;
insert into transfer_next
    select row_number() over (order by created_ms, case step when 'hold' then 0 when 'refund' then 2 else 1 end, id),
        id, step, target_id, debit, credit, amount_minor, currency, null, created_ms, x''
    from transfer;
drop table transfer;
alter table transfer_next rename to transfer;
create unique index transfer_resolves_once on transfer (target_id) where step in ('post', 'void', 'expire');
create index transfer_refunds on transfer (target_id) where step = 'refund';
create index transfer_by_debit on transfer (debit, seq);
create index transfer_by_credit on transfer (credit, seq);
create index transfer_to_chain on transfer (seq) where mac = x'';
create trigger transfer_never_changes before update on transfer when old.mac <> x''
begin
    select raise(abort, 'transfer_never_changes');
end;
create trigger transfer_never_goes before delete on transfer
begin
    select raise(abort, 'transfer_never_goes');
end;

-- Sums of everything up to a number, so that a balance is this and the few rows after it.
create table rollup (
    account blob not null,
    through_seq integer not null,
    debits_posted integer not null,
    credits_posted integer not null,
    constraint rollup_pk primary key (account)
) strict;

create table payment_next (
    id text not null,
    request blob not null,
    site_id text not null,
    merchant_id text not null,
    status text not null,
    amount_minor integer not null,
    tip_minor integer not null default 0,
    credit_minor integer not null default 0, -- how much of it credits pay
    captured_minor integer, -- how much was taken, credits included
    currency text not null,
    client_reference text,
    take text not null default 'now',
    means text,
    subject_id text, -- null: by card, nobody yet, or erased since
    attempts integer not null default 0,
    wrong_proofs integer not null default 0,
    charge_request blob,
    card_brand text,
    card_last4 text,
    card_token text, -- the processor's own name for the card; never a card number
    processor_ref text, -- the processor's own name for the charge
    ask text, -- what the processor is asked for and has not answered yet
    ask_minor integer,
    asked_ms integer,
    ask_tries integer not null default 0,
    ask_again_ms integer,
    auth_code text,
    decline text,
    receipt_hash blob,
    created_ms integer not null,
    authorized_ms integer,
    hold_until_ms integer,
    captured_ms integer,
    resolved_ms integer, -- when it was found out what became of it, after it was unknown
    disputed_ms integer,
    constraint payment_pk primary key (id),
    constraint payment_request unique (request),
    constraint payment_receipt unique (receipt_hash),
    constraint payment_at_site foreign key (site_id) references site (id),
    constraint payment_to_merchant foreign key (merchant_id) references merchant (id),
    constraint payment_by_subject foreign key (subject_id) references subject (id),
    constraint payment_amount check (amount_minor between 1 and 10000000),
    constraint payment_tip check (tip_minor between 0 and amount_minor),
    constraint payment_credit check (credit_minor between 0 and amount_minor + tip_minor),
    constraint payment_taken check (captured_minor between 1 and amount_minor + tip_minor),
    constraint payment_take check (take in ('now', 'later')),
    constraint payment_means check (means in ('palm', 'card')),
    constraint payment_ask check (ask in ('charge', 'capture', 'void')),
    constraint payment_asks_while_open check ((status in ('processing', 'unknown')) = (ask is not null)),
    constraint payment_status check (status in ('requires_palm', 'requires_step_up', 'requires_confirmation',
        'processing', 'unknown', 'authorized', 'captured', 'declined', 'cancelled', 'expired')),
    constraint payment_captured_has_receipt check (
        (status = 'captured') = (captured_ms is not null)
        and (status = 'captured') = (captured_minor is not null)
        and (status = 'captured') = (receipt_hash is not null)
        and (status <> 'captured' or auth_code is not null))
) strict;
insert into payment_next (id, request, site_id, merchant_id, status, amount_minor, captured_minor, currency, client_reference, means,
        subject_id, attempts, wrong_proofs, charge_request, card_brand, card_last4, ask, asked_ms, ask_again_ms, auth_code,
        receipt_hash, created_ms, captured_ms, disputed_ms)
    select id, request, site_id, merchant_id, case status when 'processing' then 'unknown' else status end, amount_minor,
        case status when 'captured' then amount_minor end, currency, client_reference, means, subject_id, attempts, wrong_proofs,
        charge_request, card_brand, card_last4, case status when 'processing' then 'charge' end,
        case status when 'processing' then created_ms end, case status when 'processing' then created_ms end, auth_code,
        receipt_hash, created_ms, captured_ms, disputed_ms
    from payment;

create table refund_next (
    id text not null,
    request blob not null,
    payment_id text not null,
    amount_minor integer not null,
    credit_minor integer not null default 0, -- how much of it goes back to the subject's credits
    currency text not null,
    status text not null,
    asked_ms integer not null,
    ask_tries integer not null default 0,
    ask_again_ms integer not null,
    created_ms integer not null,
    constraint refund_pk primary key (id),
    constraint refund_request unique (request),
    constraint refund_of_payment foreign key (payment_id) references payment_next (id),
    constraint refund_credit check (credit_minor between 0 and amount_minor),
    constraint refund_status check (status in ('pending', 'given', 'refused'))
) strict;
insert into refund_next (id, request, payment_id, amount_minor, currency, status, asked_ms, ask_again_ms, created_ms)
    select id, request, payment_id, amount_minor, currency, case sent when 0 then 'pending' else 'given' end, created_ms, created_ms,
        created_ms
    from refund;
drop table refund;
drop table payment;
alter table payment_next rename to payment;
alter table refund_next rename to refund;
create index payment_by_merchant on payment (merchant_id, id);
create index payment_by_subject_id on payment (subject_id, id) where subject_id is not null;
create index payment_open on payment (created_ms) where status in ('requires_palm', 'requires_step_up', 'requires_confirmation');
create index payment_to_ask on payment (ask_again_ms) where ask is not null;
create index payment_held on payment (hold_until_ms) where status = 'authorized';
create index payment_by_site_subject on payment (site_id, subject_id) where subject_id is not null;
create index payment_by_merchant_subject on payment (merchant_id, subject_id) where subject_id is not null;
create index refund_by_payment on refund (payment_id, id);
create index refund_to_send on refund (ask_again_ms) where status = 'pending';

-- A request is known by its answer; while it runs, by the process that runs it.
drop table idempotency;
create table idempotency (
    caller text not null,
    key text not null,
    request_hash blob not null,
    status integer not null,
    body blob not null,
    created_ms integer not null,
    constraint idempotency_pk primary key (caller, key)
) strict;
create index idempotency_by_age on idempotency (created_ms);
