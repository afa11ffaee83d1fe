-- Disputes: who says that a payment is not right, and how that ends. Money moves elsewhere.
create table dispute (
    id text collate "C" not null,
    payment_id text collate "C" not null,
    opened_by text collate "C" not null,
    status text collate "C" not null,
    amount_minor bigint not null, -- what remained paid when it was opened
    note_sealed bytea, -- the operator's, under the installation's key; goes with the subject who paid
    opened_ms bigint not null,
    closed_ms bigint,
    constraint dispute_pk primary key (id),
    constraint dispute_of_payment foreign key (payment_id) references payment (id),
    constraint dispute_opened_by check (opened_by in ('shopper', 'processor', 'operator')),
    constraint dispute_status check (status in ('open', 'won', 'lost', 'withdrawn')),
    constraint dispute_amount check (amount_minor >= 0),
    constraint dispute_closed check ((status = 'open') = (closed_ms is null))
);
create index dispute_by_payment on dispute (payment_id, id);
create unique index dispute_one_open_by_each on dispute (payment_id, opened_by) where status = 'open';
-- The money of a payment can be taken back once.
create unique index dispute_lost_once on dispute (payment_id) where status = 'lost';
create index dispute_lost_by_time on dispute (closed_ms) where status = 'lost';

-- What was said so far: each "this wasn't me" is a dispute now, named as its payment.
insert into dispute (id, payment_id, opened_by, status, amount_minor, opened_ms)
select 'dsp_' || substr(p.id, 5), p.id, 'shopper', 'open',
    p.amount_minor - (select cast(coalesce(sum(r.amount_minor), 0) as bigint) from refund r where r.payment_id = p.id), p.disputed_ms
from payment p where p.disputed_ms is not null;
alter table payment drop column disputed_ms;

-- One merchant's day and its export: payments and refunds by time, transfers by account. Only of transfers that moved money.
create index payment_by_merchant_captured on payment (merchant_id, captured_ms, id) where captured_ms is not null;
create index refund_by_time on refund (created_ms, id);
create index transfer_posted_to on transfer (credit, created_ms, amount_minor) where step = 'post';
create index transfer_refunded_from on transfer (debit, created_ms, amount_minor) where step = 'refund';
