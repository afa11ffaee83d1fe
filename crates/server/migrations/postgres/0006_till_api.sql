-- What a till has around a payment: its keys, events, where they are sent, and scanners. The tables of
-- ../sqlite/0006_till_api.sql in PostgreSQL's words.

-- Takes the place of `till_key`. A key of before may do everything; its id comes from its hash, and its end is not known.
create table api_key (
    id text collate "C" not null,
    hash bytea not null,
    merchant_id text collate "C" not null,
    mode text collate "C" not null,
    scopes text collate "C" not null, -- words with spaces between
    last4 text collate "C",
    created_ms bigint not null,
    last_used_on text collate "C",
    revoked_ms bigint,
    constraint api_key_pk primary key (id),
    constraint api_key_hash unique (hash),
    constraint api_key_of_merchant foreign key (merchant_id) references merchant (id),
    constraint api_key_mode check (mode in ('test', 'live'))
);
insert into api_key (id, hash, merchant_id, mode, scopes, created_ms)
    select 'key_0' || substr(upper(encode(hash, 'hex')), 1, 25), hash, merchant_id, 'test',
        'payments:write payments:read refunds:write subjects:write scanners:write webhooks:write reports:read', created_ms
    from till_key;
drop table till_key;

-- What happened, written in the transaction that made it happen. A row holds no content: what is sent is the payment as it is then.
-- Rows are kept for 30 days. An event's id is made of `created_ms` and `seq`.
create table event (
    seq bigint generated always as identity,
    merchant_id text collate "C" not null,
    kind text collate "C" not null,
    payment_id text collate "C" not null,
    detail_id text collate "C", -- a refund's or a scanner action's
    created_ms bigint not null,
    constraint event_pk primary key (seq)
);
create index event_by_merchant on event (merchant_id, seq);

create table webhook_endpoint (
    id text collate "C" not null,
    merchant_id text collate "C" not null,
    url text collate "C" not null,
    secrets bigint not null default 1, -- how many secrets it has had
    rotated_ms bigint, -- when it got the newest one; null: it has the first
    passed_on bigint not null, -- the last event that has its delivery below
    failing_since_ms bigint,
    disabled_ms bigint,
    created_ms bigint not null,
    constraint webhook_endpoint_pk primary key (id),
    constraint webhook_endpoint_of_merchant foreign key (merchant_id) references merchant (id)
);
create index webhook_endpoint_by_merchant on webhook_endpoint (merchant_id, id);

-- What an endpoint is owed, and how it went. Goes with its event.
create table delivery (
    event_seq bigint not null,
    endpoint_id text collate "C" not null,
    attempts bigint not null default 0,
    due_ms bigint, -- null: over
    answered bigint, -- the last HTTP status; null: no answer, or not tried yet
    tried_ms bigint,
    delivered_ms bigint,
    constraint delivery_pk primary key (event_seq, endpoint_id),
    constraint delivery_of_event foreign key (event_seq) references event (seq) on delete cascade,
    constraint delivery_to_endpoint foreign key (endpoint_id) references webhook_endpoint (id) on delete cascade
);
create index delivery_due on delivery (endpoint_id, due_ms, event_seq) where due_ms is not null;
create index delivery_by_endpoint on delivery (endpoint_id, event_seq);

create table scanner (
    id text collate "C" not null,
    site_id text collate "C" not null,
    merchant_id text collate "C" not null,
    name text collate "C" not null,
    created_ms bigint not null,
    constraint scanner_pk primary key (id),
    constraint scanner_at_site foreign key (site_id) references site (id),
    constraint scanner_of_merchant foreign key (merchant_id) references merchant (id)
);
create index scanner_by_merchant on scanner (merchant_id, id);

create table scanner_action (
    id text collate "C" not null,
    scanner_id text collate "C" not null,
    payment_id text collate "C" not null,
    status text collate "C" not null,
    deadline_ms bigint not null,
    created_ms bigint not null,
    constraint scanner_action_pk primary key (id),
    constraint scanner_action_of_scanner foreign key (scanner_id) references scanner (id),
    constraint scanner_action_for_payment foreign key (payment_id) references payment (id),
    constraint scanner_action_status check (status in ('in_progress', 'succeeded', 'failed', 'cancelled'))
);
create unique index scanner_action_one_at_a_time on scanner_action (scanner_id) where status = 'in_progress';
create unique index scanner_action_one_for_payment on scanner_action (payment_id) where status = 'in_progress';
create index scanner_action_by_scanner on scanner_action (scanner_id, id);
