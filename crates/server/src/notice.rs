//! What a subject is told before they sign.

use crate::secret;
use handsel_api::consents::{Notice, Paragraph, Purpose};
use sha2::{Digest, Sha256};

/// Counts up with every change of the text below; a consent holds for the text it was signed on.
const PAYMENT_VERSION: u32 = 1;

const PAYMENT: &[(&str, &str)] = &[
    (
        "What is recorded?",
        "An image of your open palm is taken and looked at in memory. From it we draw a list of numbers – a template – that \
         tells your palm from others. The image is wiped at once and never stored. We keep the template, the name you \
         choose, the last four digits of your phone if you give them, and which card you pay with.",
    ),
    (
        "What is it used for?",
        "To recognise you when you pay here, and for nothing else. Not for advertising, not to follow you, not to learn \
         your age, health or mood, and it is never compared with faces. There is no switch to change that.",
    ),
    (
        "Who has it?",
        "The operator of this installation, on their own machine. The template is encrypted under a key of your own. It is \
         not sold or given to anybody. Each shop knows you by a different name, so shops cannot compare their lists.",
    ),
    (
        "For how long?",
        "Until you say stop. When you remove a palm, revoke this consent or delete your wallet, the template and its key \
         are erased at once. Receipts stay as long as the law asks for, without any link to you.",
    ),
    (
        "Do I have to?",
        "No. You can pay by card at the same till, at the same price, today and always. You can stop at any time in your \
         wallet, and you do not need your palm for that.",
    ),
    (
        "What if somebody else pays as me?",
        "Every payment shows your initials and your card before it is confirmed. If one was not you, press “This wasn’t me” \
         on the receipt or freeze your palms in your wallet; from then on they open nothing.",
    ),
];

/// What is told besides where shops that are cut off may go on; who signs this agrees to it. A text of its own, so a version of its own.
const PAYMENT_OFFLINE_VERSION: u32 = PAYMENT_VERSION + 100;

const PAYMENT_OFFLINE: (&str, &str) = (
    "What if the shop is cut off?",
    "A shop where you paid with your palm in the last 30 days may keep a sealed copy of your template for a day, in case it loses its line \
     to us. Then you can pay up to 25.00 there with your palm and the last four digits of your phone, and 50.00 a day. The copy is renewed \
     or wiped every few minutes. If the shop is cut off when you leave, it cannot hear of that: the copy there is wiped within 24 hours, and \
     we charge nothing that was paid with it after you have left.",
);

/// As [`PAYMENT_VERSION`], of the text below.
const LOYALTY_VERSION: u32 = 1;

const LOYALTY: &[(&str, &str)] = &[
    (
        "What is it about?",
        "You give a shop’s number of yours – a customer or member number – and when your palm pays there, the shop’s till gets it \
         with the payment: points are counted and members’ prices hold, without a card to show.",
    ),
    (
        "Who gets it?",
        "That shop’s till, once you have been recognised there, and nobody else. No other shop sees it, and it is in no message that is sent \
         on. It is kept encrypted under a key of your own.",
    ),
    (
        "What is it not for?",
        "Your palm is read no more often for it, and nothing else is learnt from it. There is no advertising here to switch on.",
    ),
    (
        "For how long?",
        "Until you say stop. When you unlink the number, revoke this consent or delete your wallet, it is erased at once. What the shop \
         noted under that number is the shop’s.",
    ),
    ("Do I have to?", "No. Paying with your palm works without it, and your customer card works as always."),
];

/// The notice in force for a purpose, where shops that are cut off may go on (`offline`) or not.
pub(crate) fn in_force(purpose: Purpose, offline: bool) -> Notice {
    let (version, title, text) = match purpose {
        Purpose::Payment if offline => (PAYMENT_OFFLINE_VERSION, "Pay with your palm", PAYMENT),
        Purpose::Payment => (PAYMENT_VERSION, "Pay with your palm", PAYMENT),
        Purpose::Loyalty => (LOYALTY_VERSION, "Your customer number with your palm", LOYALTY),
    };
    let more = (offline && purpose == Purpose::Payment).then_some(&PAYMENT_OFFLINE);
    let text = || text.iter().chain(more);
    let mut hash = Sha256::new();
    hash.update(format!("{version}\n{title}\n"));
    for (question, answer) in text() {
        hash.update(format!("{question}\n{answer}\n"));
    }
    Notice {
        purpose,
        version,
        language: "en".to_owned(),
        title: title.to_owned(),
        paragraphs: text()
            .map(|(question, answer)| Paragraph { question: (*question).to_owned(), answer: (*answer).to_owned() })
            .collect(),
        sha256: secret::hex(&hash.finalize()),
    }
}
