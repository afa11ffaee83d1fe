//! The texts in English.

use super::{Told, Words, says};
use crate::jurisdiction::profile;
use handsel_api::{
    consents::{Paragraph, Purpose},
    policy::{KeptIn, Policy, SearchedBy},
};

pub(super) const WORDS: Words = Words {
    language: "en",
    other: ("es", "Español"),
    read_aloud: "Read it to me",
    stop_reading: "Stop reading",
    old_enough: "Are you {age} or older?",
    yes: "Yes, I am {age} or older",
    no: "No",
    sign: "Sign by typing your name",
    phone: "Last four digits of your phone (optional)",
    phone_hint: "Asked for only when a palm alone is not sure enough. Without it, such a payment goes by card.",
    agree: "I agree.",
    decline: "No, I pay by card",
    dark: "The camera is dark until you agree. Text version {version}; a copy stays in your wallet.",
    rules: "The rules about palms",
    holds: "Orders to keep records, in force now",
    enforced: "These rules were last carried out",
    never: "not yet",
    machine: "For machines",
};

pub(super) fn notice(purpose: Purpose, policy: &Policy) -> Told {
    let (title, first) = match purpose {
        Purpose::Payment => ("Pay with your palm", payment()),
        Purpose::Entry => ("Open a door with your palm", entry()),
        Purpose::Loyalty => return loyalty(policy),
        Purpose::AgeCheck => ("Show that you are old enough, with your palm", age_check()),
    };
    let mut paragraphs = first;
    paragraphs.extend(common(policy));
    if purpose == Purpose::Payment {
        paragraphs.push(says("Who else takes part?", processor(policy)));
        if policy.held {
            paragraphs.push(says(
                "Can I keep it with me?",
                "Yes. Then the list goes to your phone, or onto a card that you print. It is locked there. We keep no copy of it, and no \
                 key that opens it. To pay, you show the code and hold out your hand. The two are held against each other and wiped at \
                 once. Did you lose it? Turn it off in your wallet.",
            ));
        }
        if policy.offline {
            paragraphs.push(says(
                "What if the shop is cut off?",
                "Did you pay with your palm in a shop in the last 30 days? Then that shop may keep a locked copy of your list for a \
                 day. If it loses its line to us, you can pay up to 25.00 there, and 50.00 a day. You also give the last four \
                 digits of your phone. The copy is wiped or made new every few minutes. If the shop is cut off when you leave, \
                 it cannot hear of that. The copy there is wiped within 24 hours. We charge nothing that was paid with it after \
                 you left.",
            ));
        }
        paragraphs.push(says(
            "What if somebody else pays as me?",
            "You see your initials and your card before you say yes. Was it not you? Press “This wasn’t me” on the receipt. Or \
             freeze your palms in your wallet. From then on they open nothing.",
        ));
    }
    paragraphs.extend(law(policy));
    paragraphs.push(asking(policy));
    Told { title: title.to_owned(), paragraphs }
}

fn payment() -> Vec<Paragraph> {
    vec![
        taken(
            "We also keep the name you type and which card you use. The last four digits of your phone are kept if you give them.",
        ),
        says(
            "What is it used for?",
            "To know you when you pay here. For nothing else. Not for ads. Not to follow you. Not to guess your age, your health or \
             your mood. It is never held against faces. When you join, we check once that no other wallet here has your palm.",
        ),
    ]
}

fn entry() -> Vec<Paragraph> {
    vec![
        taken("We also keep the name you type."),
        says(
            "What is it used for?",
            "To open a door that you may go through, when you hold out your hand. For nothing else. Not for ads. Not to follow you. \
             It is never held against faces.",
        ),
    ]
}

fn age_check() -> Vec<Paragraph> {
    vec![
        taken("We also keep the name you type."),
        says(
            "What is it used for?",
            "To tell a shop one thing: that you are old enough for what you buy. The shop hears yes or no. It does not hear your \
             birthday. It is used for nothing else. It is never held against faces.",
        ),
    ]
}

fn taken(besides: &str) -> Paragraph {
    says(
        "What is taken?",
        format!(
            "A camera takes a picture of your open hand. From it we draw a list of numbers. The list tells your palm from other \
             palms. The picture is wiped at once. We never keep it. We keep the list. {besides}"
        ),
    )
}

/// What holds for every palm that is kept.
fn common(policy: &Policy) -> Vec<Paragraph> {
    vec![
        says("Where is it kept, and by whom?", place(policy)),
        says("For how long?", long(policy)),
        says(
            "How do I leave?",
            "Open your wallet and press “Delete everything”. Or take back one yes there. You do not need your palm for it. Everything \
             goes at once.",
        ),
        says(
            "Do I have to?",
            format!(
                "No. You can pay by card at the same till, at the same price, today and always. You must be {} or older to join.",
                policy.minimum_age
            ),
        ),
    ]
}

fn place(policy: &Policy) -> String {
    let kept = match policy.kept_in {
        KeptIn::File => "It is kept in a file on one machine of theirs.",
        KeptIn::Database => "It is kept in a database of theirs.",
    };
    let searched = match policy.searched_by {
        SearchedBy::Server => "To look for you, it is read into the memory of that machine.",
        SearchedBy::Matchers => "To look for you, it is read into the memory of some more machines of theirs.",
        SearchedBy::Nobody => {
            "The law here does not let a shop look for you among palms that it keeps, so no palm is kept."
        }
    };
    format!(
        "{} keeps it. {kept} There it is locked with a key of your own. {searched} It is not sold, lent or given to anybody. Each \
         shop knows you by another name, so shops cannot compare their lists.",
        operator(policy)
    )
}

fn long(policy: &Policy) -> String {
    format!(
        "Until you say stop. If you do not use it for {}, we erase it and all we know of you. If you take back every yes, your palm \
         goes at once and the rest {} later. A court can order that records are kept. Then they are locked away. Nobody can use \
         them, and they are erased when the order ends. Receipts stay as long as the law asks for, but no longer say who you are.",
        span(policy.retention.unused_days),
        span(policy.retention.without_consent_days)
    )
}

fn processor(policy: &Policy) -> String {
    match policy.processor.as_str() {
        "sim" => "A card company that is only played by this program. No real money moves. It never gets your palm."
            .to_owned(),
        other => format!(
            "{} moves the money. It gets the amount and your card from you. It never gets your palm.",
            processor_name(other)
        ),
    }
}

fn law(policy: &Policy) -> Option<Paragraph> {
    Some(says("What does the law here say?", profile(policy.jurisdiction).notice?.en))
}

fn asking(policy: &Policy) -> Paragraph {
    let whom = match &policy.contact {
        Some(contact) => format!("Ask {}: {contact}.", in_a_sentence(policy)),
        None => format!("Ask {} at the counter.", in_a_sentence(policy)),
    };
    says("Who answers my questions?", format!("{whom} The rules are public, on the page /policy."))
}

fn loyalty(policy: &Policy) -> Told {
    let mut paragraphs = vec![
        says(
            "What is it about?",
            "You give a shop’s number of yours: a customer or member number. When your palm pays there, the shop’s till gets it with the \
             payment. Points are counted and members’ prices hold. You need no card to show.",
        ),
        says(
            "Who gets it?",
            format!(
                "That shop’s till gets it, once your palm is known there. Nobody else does. {} keeps it, locked with a key of your \
                 own.",
                operator(policy)
            ),
        ),
        says(
            "What is it not for?",
            "Your palm is not read more often for it. We learn nothing else from it. There are no ads here to switch on.",
        ),
        says(
            "For how long?",
            format!(
                "Until you say stop, or until you have not used your palm for {}. Unlink the number, take back this yes or delete \
                 your wallet, and it is erased at once. What the shop wrote down under that number is the shop’s.",
                span(policy.retention.unused_days)
            ),
        ),
        says("Do I have to?", "No. You can pay with your palm without it. Your customer card works as always."),
    ];
    paragraphs.push(asking(policy));
    Told { title: "Your customer number with your palm".to_owned(), paragraphs }
}

/// What the sign at the door says, for whoever never heard of it.
pub(super) fn sign(policy: &Policy, rules_at: Option<&str>) -> Told {
    let mut paragraphs = vec![says(
        "What happens here?",
        "You can pay with your palm here, if you asked for it and signed for it. A scanner then reads the lines of your hand. We keep \
         numbers drawn from them, no picture.",
    )];
    paragraphs.extend(profile(policy.jurisdiction).sign.map(|text| says("The law asks us to say", text.en)));
    paragraphs.extend([
        says(
            "What if I do not want that?",
            "Do not hold your hand over the scanner. Then nothing is read. Cards work at the same till, at the same price.",
        ),
        says("Is it sold?", "Never. It is not sold, lent, traded or given to anybody."),
        says(
            "For how long?",
            format!("Until you say stop, and for {} without use at most.", span(policy.retention.unused_days)),
        ),
    ]);
    let rules = rules_at.map_or_else(|| "The rules are at the counter.".to_owned(), |at| format!("The rules: {at}"));
    paragraphs.push(says("Who is responsible?", format!("{} {rules}", answers(policy))));
    Told { title: "Palms are read here".to_owned(), paragraphs }
}

/// The rules, as anybody may read them.
pub(super) fn rules(policy: &Policy) -> Told {
    let rules = profile(policy.jurisdiction);
    let mut paragraphs = vec![
        says("Who is responsible?", answers(policy)),
        says("Which law is kept?", format!("{}.", rules.law.en)),
        says(
            "What may a palm be read for?",
            "To pay, to open a door, to show an age, and to give a customer number with the payment. Each needs a signed yes of its own. \
             Nothing else can be asked of this program: it knows no other purpose, and it cannot keep a face.",
        ),
        says("Where is it kept, and by whom?", place(policy)),
        says("For how long?", long(policy)),
        says("Who else takes part?", processor(policy)),
        says("How old must I be?", format!("{} or older. We ask. Nobody younger can join.", policy.minimum_age)),
    ];
    paragraphs.extend(rules.incident.map(|text| says("What if data is stolen?", text.en)));
    Told { title: WORDS.rules.to_owned(), paragraphs }
}

/// Who answers for all this, and how they are reached.
fn answers(policy: &Policy) -> String {
    let contact = policy.contact.as_deref().unwrap_or("Ask at the counter");
    format!("{}. {contact}.", operator(policy))
}

/// Who keeps the data, at the start of a sentence.
fn operator(policy: &Policy) -> &str {
    policy.operator.as_deref().unwrap_or("The operator of this system")
}

fn in_a_sentence(policy: &Policy) -> &str {
    policy.operator.as_deref().unwrap_or("the operator of this system")
}

fn processor_name(processor: &str) -> &str {
    match processor {
        "stripe" => "Stripe",
        "hyperswitch" => "Hyperswitch, with the card company behind it,",
        other => other,
    }
}

fn span(days: u32) -> String {
    match days {
        1 => "1 day".to_owned(),
        365 => "12 months".to_owned(),
        730 => "24 months".to_owned(),
        days => format!("{days} days"),
    }
}
