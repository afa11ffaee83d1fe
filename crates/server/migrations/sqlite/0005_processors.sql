-- A card is the processor's own name for it, and what may stand on a receipt. Cards so far were those of the simulated processor.
create table payment_method_by_token (
    id text not null,
    subject_id text not null,
    processor text not null,
    token text not null,
    brand text not null,
    last4 text not null,
    fingerprint text not null,
    created_ms integer not null,
    constraint payment_method_pk primary key (id),
    constraint payment_method_of_subject foreign key (subject_id) references subject (id)
) strict;
insert into payment_method_by_token (id, subject_id, processor, token, brand, last4, fingerprint, created_ms)
    select id, subject_id, 'sim', 'card_' || sandbox_card,
        case sandbox_card when 'mastercard_approved' then 'mastercard' else 'visa' end,
        case sandbox_card when 'mastercard_approved' then '4444' when 'visa_approved' then '4242' else '0002' end,
        case sandbox_card when 'mastercard_approved' then '4444' when 'visa_approved' then '4242' else '0002' end,
        created_ms
    from payment_method;
drop table payment_method;
alter table payment_method_by_token rename to payment_method;
create index payment_method_by_subject on payment_method (subject_id, id);

-- A page of the processor's own where a subject names a card.
create table card_setup (
    id text not null,
    subject_id text not null,
    processor text not null,
    reference text not null, -- the processor's own name for it
    return_url text, -- null: to the wallet
    linked integer not null, -- 1: its card is linked
    created_ms integer not null,
    constraint card_setup_pk primary key (id),
    constraint card_setup_of_subject foreign key (subject_id) references subject (id)
) strict;
create index card_setup_by_subject on card_setup (subject_id);

-- What a processor told and was acted on. It tells some things twice.
create table processor_event (
    processor text not null,
    id text not null,
    received_ms integer not null,
    constraint processor_event_pk primary key (processor, id)
) strict;
create index processor_event_by_age on processor_event (received_ms);
