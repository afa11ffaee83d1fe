-- A search may be narrowed to those whose phone ends in given digits: a keyed hash of these, which says nothing without the key
-- file but who shares them with whom. Null: no phone, or not computed yet; the next start does that.
alter table subject add column phone_index bytea;
create index subject_by_phone on subject (phone_index) where phone_index is not null;
-- So that a start finds at once that there are none.
create index subject_phone_to_index on subject (id) where phone_sealed is not null and phone_index is null;

-- Or to those who paid at a site or a merchant before.
create index payment_by_site_subject on payment (site_id, subject_id) where subject_id is not null;
create index payment_by_merchant_subject on payment (merchant_id, subject_id) where subject_id is not null;

-- An erasure looks for what belongs to one subject, among however many there are.
create index consent_by_subject on consent (subject_id);
create index reference_by_consent on reference (consent_id);
