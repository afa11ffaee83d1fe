//! What is built together shares features: akd's own ed25519 accepts a signature in a second form. Ours must not.

use handsel_log::{Hash, KeyName, LogSigner, Note, Signature};

/// The order of the curve's group, little-endian: adding it to a signature's number gives the other form.
const ORDER: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

#[test]
fn a_signature_has_one_form() {
    let signer = LogSigner::new(KeyName::parse("shop.example/log").unwrap(), &[7; 32]);
    let note = signer.checkpoint(3, Hash([1; 32]));
    signer.verifier().check(&note).unwrap();
    let [line] = note.signatures() else { panic!("one signature") };
    let mut bytes = line.bytes.clone();
    let mut carry = 0;
    for (byte, order) in bytes[32..].iter_mut().zip(ORDER) {
        let sum = u16::from(*byte) + u16::from(order) + carry;
        (*byte, carry) = (sum as u8, sum >> 8);
    }
    assert!(carry == 0 && bytes != line.bytes);
    let other = note.clone().signed_also_by(vec![Signature { bytes, ..line.clone() }]);
    assert_eq!(other.signatures().len(), 1);
    let other = Note::parse(other.to_string().as_bytes()).unwrap();
    assert!(signer.verifier().check(&other).is_err(), "the same signature in another form");
}
