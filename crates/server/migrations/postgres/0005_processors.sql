-- A card is the processor's own name for it, and what may stand on a receipt. Cards so far were those of the simulated processor.
alter table payment_method
    add column processor text collate "C",
    add column token text collate "C",
    add column brand text collate "C",
    add column last4 text collate "C",
    add column fingerprint text collate "C";
update payment_method set
    processor = 'sim',
    token = 'card_' || sandbox_card,
    brand = case sandbox_card when 'mastercard_approved' then 'mastercard' else 'visa' end,
    last4 = case sandbox_card when 'mastercard_approved' then '4444' when 'visa_approved' then '4242' else '0002' end,
    fingerprint = case sandbox_card when 'mastercard_approved' then '4444' when 'visa_approved' then '4242' else '0002' end;
alter table payment_method
    alter column processor set not null,
    alter column token set not null,
    alter column brand set not null,
    alter column last4 set not null,
    alter column fingerprint set not null,
    drop column sandbox_card;

-- A page of the processor's own where a subject names a card.
create table card_setup (
    id text collate "C" not null,
    subject_id text collate "C" not null,
    processor text collate "C" not null,
    reference text collate "C" not null, -- the processor's own name for it
    return_url text collate "C", -- null: to the wallet
    linked bigint not null, -- 1: its card is linked
    created_ms bigint not null,
    constraint card_setup_pk primary key (id),
    constraint card_setup_of_subject foreign key (subject_id) references subject (id)
);
create index card_setup_by_subject on card_setup (subject_id);

-- What a processor told and was acted on. It tells some things twice.
create table processor_event (
    processor text collate "C" not null,
    id text collate "C" not null,
    received_ms bigint not null,
    constraint processor_event_pk primary key (processor, id)
);
create index processor_event_by_age on processor_event (received_ms);
