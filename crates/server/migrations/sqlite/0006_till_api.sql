-- What a till has around a payment: its keys, events, where they are sent, and scanners.

-- Takes the place of `till_key`. A key of before may do everything; its id comes from its hash, and its end is not known.
create table api_key (
    id text not null,
    hash blob not null,
    merchant_id text not null,
    mode text not null,
    scopes text not null, -- words with spaces between
    last4 text,
    created_ms integer not null,
    last_used_on text,
    revoked_ms integer,
    constraint api_key_pk primary key (id),
    constraint api_key_hash unique (hash),
    constraint api_key_of_merchant foreign key (merchant_id) references merchant (id),
    constraint api_key_mode check (mode in ('test', 'live'))
) strict;
insert into api_key (id, hash, merchant_id, mode, scopes, created_ms)
    select 'key_0' || substr(upper(hex(hash)), 1, 25), hash, merchant_id, 'test',
        'payments:write payments:read refunds:write subjects:write scanners:write webhooks:write reports:read', created_ms
    from till_key;
drop table till_key;

-- What happened, written in the transaction that made it happen. A row holds no content: what is sent is the payment as it is then.
-- Rows are kept for 30 days. An event's id is made of `created_ms` and `seq`.
create table event (
    seq integer primary key autoincrement,
    merchant_id text not null,
    kind text not null,
    payment_id text not null,
    detail_id text, -- a refund's or a scanner action's
    created_ms integer not null
) strict;
create index event_by_merchant on event (merchant_id, seq);

create table webhook_endpoint (
    id text not null,
    merchant_id text not null,
    url text not null,
    secrets integer not null default 1, -- how many secrets it has had
    rotated_ms integer, -- when it got the newest one; null: it has the first
    passed_on integer not null, -- the last event that has its delivery below
    failing_since_ms integer,
    disabled_ms integer,
    created_ms integer not null,
    constraint webhook_endpoint_pk primary key (id),
    constraint webhook_endpoint_of_merchant foreign key (merchant_id) references merchant (id)
) strict;
create index webhook_endpoint_by_merchant on webhook_endpoint (merchant_id, id);

-- What an endpoint is owed, and how it went. Goes with its event.
create table delivery (
    event_seq integer not null,
    endpoint_id text not null,
    attempts integer not null default 0,
    due_ms integer, -- null: over
    answered integer, -- the last HTTP status; null: no answer, or not tried yet
    tried_ms integer,
    delivered_ms integer,
    constraint delivery_pk primary key (event_seq, endpoint_id),
    constraint delivery_of_event foreign key (event_seq) references event (seq) on delete cascade,
    constraint delivery_to_endpoint foreign key (endpoint_id) references webhook_endpoint (id) on delete cascade
) strict;
create index delivery_due on delivery (endpoint_id, due_ms, event_seq) where due_ms is not null;
create index delivery_by_endpoint on delivery (endpoint_id, event_seq);

create table scanner (
    id text not null,
    site_id text not null,
    merchant_id text not null,
    name text not null,
    created_ms integer not null,
    constraint scanner_pk primary key (id),
    constraint scanner_at_site foreign key (site_id) references site (id),
    constraint scanner_of_merchant foreign key (merchant_id) references merchant (id)
) strict;
create index scanner_by_merchant on scanner (merchant_id, id);

create table scanner_action (
    id text not null,
    scanner_id text not null,
    payment_id text not null,
    status text not null,
    deadline_ms integer not null,
    created_ms integer not null,
    constraint scanner_action_pk primary key (id),
    constraint scanner_action_of_scanner foreign key (scanner_id) references scanner (id),
    constraint scanner_action_for_payment foreign key (payment_id) references payment (id),
    constraint scanner_action_status check (status in ('in_progress', 'succeeded', 'failed', 'cancelled'))
) strict;
create unique index scanner_action_one_at_a_time on scanner_action (scanner_id) where status = 'in_progress';
create unique index scanner_action_one_for_payment on scanner_action (payment_id) where status = 'in_progress';
create index scanner_action_by_scanner on scanner_action (scanner_id, id);
