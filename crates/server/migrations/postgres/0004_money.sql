-- Money, rebuilt. Accounts are opened before anything goes through them. Transfers are numbered and chained by a keyed hash, so that a
-- changed, missing or moved row is found. A payment says what the processor was asked and when to ask again: that row is the outbox.

create table account (
    id bytea not null,
    kind text collate "C" not null,
    owner text collate "C" not null, -- a merchant's or a subject's id; '' where it is the operator's own
    currency text collate "C" not null,
    rule text collate "C" not null,
    constraint account_pk primary key (id),
    constraint account_rule check (rule in ('free', 'debits_within_credits'))
);

create table transfer_next (
    seq bigint not null,
    id bytea not null,
    step text collate "C" not null,
    target_id bytea,
    debit bytea not null,
    credit bytea not null,
    amount_minor bigint not null,
    currency text collate "C" not null,
    expires_ms bigint,
    created_ms bigint not null,
    mac bytea not null, -- empty: written by an older version, and chained at the next start
    constraint transfer_next_pk primary key (seq),
    constraint transfer_id unique (id),
    constraint transfer_step check (step in ('move', 'hold', 'post', 'void', 'expire', 'refund')),
    constraint transfer_has_target check ((step in ('move', 'hold')) = (target_id is null)),
    constraint transfer_only_holds_expire check (step = 'hold' or expires_ms is null),
    constraint transfer_two_accounts check (debit <> credit),
    constraint transfer_amount check (amount_minor between 1 and 10000000)
);
insert into transfer_next
    select row_number() over (order by created_ms, case step when 'hold' then 0 when 'refund' then 2 else 1 end, id),
        id, step, target_id, debit, credit, amount_minor, currency, null, created_ms, ''::bytea
    from transfer;
drop table transfer;
alter table transfer_next rename to transfer;
alter table transfer rename constraint transfer_next_pk to transfer_pk;
create unique index transfer_resolves_once on transfer (target_id) where step in ('post', 'void', 'expire');
create index transfer_refunds on transfer (target_id) where step = 'refund';
create index transfer_by_debit on transfer (debit, seq);
create index transfer_by_credit on transfer (credit, seq);
create index transfer_to_chain on transfer (seq) where mac = ''::bytea;
create trigger transfer_never_changes before update on transfer for each row when (old.mac <> ''::bytea) execute function transfer_stays();
create trigger transfer_never_goes before delete on transfer for each row execute function transfer_stays();
create trigger transfer_never_empties before truncate on transfer execute function transfer_stays();
-- Not even whoever owns it may change a row, but for chaining those of an older version: that grants itself the right and gives it back.
revoke update, delete, truncate on transfer from current_user;

-- Sums of everything up to a number, so that a balance is this and the few rows after it.
create table rollup (
    account bytea not null,
    through_seq bigint not null,
    debits_posted bigint not null,
    credits_posted bigint not null,
    constraint rollup_pk primary key (account)
);

create table payment_next (
    id text collate "C" not null,
    request bytea not null,
    site_id text collate "C" not null,
    merchant_id text collate "C" not null,
    status text collate "C" not null,
    amount_minor bigint not null,
    tip_minor bigint not null default 0,
    credit_minor bigint not null default 0, -- how much of it credits pay
    captured_minor bigint, -- how much was taken, credits included
    currency text collate "C" not null,
    client_reference text collate "C",
    take text collate "C" not null default 'now',
    means text collate "C",
    subject_id text collate "C", -- null: by card, nobody yet, or erased since
    attempts bigint not null default 0,
    wrong_proofs bigint not null default 0,
    charge_request bytea,
    card_brand text collate "C",
    card_last4 text collate "C",
    card_token text collate "C", -- the processor's own name for the card; never a card number
    processor_ref text collate "C", -- the processor's own name for the charge
    ask text collate "C", -- what the processor is asked for and has not answered yet
    ask_minor bigint,
    asked_ms bigint,
    ask_tries bigint not null default 0,
    ask_again_ms bigint,
    auth_code text collate "C",
    decline text collate "C",
    receipt_hash bytea,
    created_ms bigint not null,
    authorized_ms bigint,
    hold_until_ms bigint,
    captured_ms bigint,
    resolved_ms bigint, -- when it was found out what became of it, after it was unknown
    disputed_ms bigint,
    constraint payment_next_pk primary key (id),
    constraint payment_next_request unique (request),
    constraint payment_next_receipt unique (receipt_hash),
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
);
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
    id text collate "C" not null,
    request bytea not null,
    payment_id text collate "C" not null,
    amount_minor bigint not null,
    credit_minor bigint not null default 0, -- how much of it goes back to the subject's credits
    currency text collate "C" not null,
    status text collate "C" not null,
    asked_ms bigint not null,
    ask_tries bigint not null default 0,
    ask_again_ms bigint not null,
    created_ms bigint not null,
    constraint refund_next_pk primary key (id),
    constraint refund_next_request unique (request),
    constraint refund_of_payment foreign key (payment_id) references payment_next (id),
    constraint refund_credit check (credit_minor between 0 and amount_minor),
    constraint refund_status check (status in ('pending', 'given', 'refused'))
);
insert into refund_next (id, request, payment_id, amount_minor, currency, status, asked_ms, ask_again_ms, created_ms)
    select id, request, payment_id, amount_minor, currency, case sent when 0 then 'pending' else 'given' end, created_ms, created_ms,
        created_ms
    from refund;
drop table refund;
drop table payment;
alter table payment_next rename to payment;
alter table refund_next rename to refund;
alter table payment rename constraint payment_next_pk to payment_pk;
alter table payment rename constraint payment_next_request to payment_request;
alter table payment rename constraint payment_next_receipt to payment_receipt;
alter table refund rename constraint refund_next_pk to refund_pk;
alter table refund rename constraint refund_next_request to refund_request;
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
    caller text collate "C" not null,
    key text collate "C" not null,
    request_hash bytea not null,
    status bigint not null,
    body bytea not null,
    created_ms bigint not null,
    constraint idempotency_pk primary key (caller, key)
);
create index idempotency_by_age on idempotency (created_ms);
