//! The shopper's name at one merchant: the same at every visit there, and useless anywhere else.

use crate::{secret, vault::Vault};
use handsel_api::{MerchantId, PaymentId, SubjectId};

/// `pw_` and 32 hexadecimal digits: HMAC-SHA256 of merchant and subject under the installation's naming key, cut to 128
/// bits. Two merchants who compare lists find nothing in common.
pub(crate) fn pairwise_id(vault: &Vault, merchant: MerchantId, subject: SubjectId) -> String {
    format!("pw_{}", secret::hex(&vault.name(format!("{merchant}/{subject}").as_bytes())))
}

/// The secret at the end of a receipt's path: 32 hexadecimal digits, made from the payment's id under a key of its own,
/// so that the store needs to keep only its hash.
pub(crate) fn receipt_secret(vault: &Vault, payment: PaymentId) -> String {
    secret::hex(&vault.receipt(payment.to_string().as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ulid::Ulid;

    #[test]
    fn a_name_holds_at_one_merchant_of_one_installation() {
        let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (here, there) = (Vault::open(one.path(), true).unwrap(), Vault::open(two.path(), true).unwrap());
        let (shop, other) = (MerchantId(Ulid::from_parts(1, 1)), MerchantId(Ulid::from_parts(1, 2)));
        let subject = SubjectId(Ulid::from_parts(1, 3));
        let name = pairwise_id(&here, shop, subject);
        assert_eq!(name, pairwise_id(&here, shop, subject));
        assert_ne!(name, pairwise_id(&here, other, subject));
        assert_ne!(name, pairwise_id(&there, shop, subject));
        assert_eq!(name.len(), 3 + 32);
    }
}
