-- What is answered to authorities and to everybody: requests, the moratorium, since when a notice is told.

-- A request of an authority. What is written about it is sealed: under the key of whom it concerns, else under the installation's.
create table legal_request (
    id text collate "C" not null,
    kind text collate "C" not null,
    subject_id text collate "C", -- whom it concerns; null: nobody known, or somebody who left
    texts_sealed bytea, -- null: they went with whom it concerned
    received_ms bigint not null,
    deadline_ms bigint,
    told_ms bigint not null, -- from when on the subject's wallet shows it
    decision text collate "C", -- null: open
    reason_sealed bytea,
    disclosed bigint not null default 0, -- a bit for each part that was given
    decided_ms bigint,
    constraint legal_request_pk primary key (id),
    constraint legal_request_of_subject foreign key (subject_id) references subject (id),
    constraint legal_request_kind check (kind in ('warrant', 'court_order', 'subpoena', 'informal')),
    constraint legal_request_decision check (decision in ('refused', 'nothing_held', 'answered')),
    constraint legal_request_decided check ((decision is null) = (decided_ms is null)),
    constraint legal_request_disclosed check (disclosed between 0 and 7 and (disclosed > 0) = (coalesce(decision, '') = 'answered'))
);
create index legal_request_by_subject on legal_request (subject_id) where subject_id is not null;

-- Times in which only judges are answered. It ends thirty days after that was announced.
create table moratorium (
    began_ms bigint not null,
    announced_ms bigint, -- null: no end is announced
    ends_ms bigint,
    constraint moratorium_pk primary key (began_ms),
    constraint moratorium_end check ((announced_ms is null) = (ends_ms is null) and ends_ms > began_ms)
);

-- Since when a notice is told; null: it was kept before that was noted.
alter table notice add column first_ms bigint;
