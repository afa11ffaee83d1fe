//! A subject with their key at hand: the one place where personal data is read.

use super::{Answer, App, Refusal};
use crate::{
    store::{
        Conn, payment_methods, references,
        subjects::{self, StoredSubject},
    },
    vault::{SubjectKey, What},
};
use handsel_api::{
    SubjectId,
    subjects::{PaymentMethod, Subject},
};
use zeroize::Zeroizing;

/// A subject whose sealed data can be read.
pub(super) struct Person {
    pub(super) stored: StoredSubject,
    pub(super) key: SubjectKey,
}

impl App {
    /// A subject and their key.
    pub(super) async fn person(&self, conn: &mut Conn, id: SubjectId) -> Answer<Person> {
        let stored = subjects::subject(conn, id).await?.ok_or_else(|| Refusal::not_found("subject"))?;
        let key = self.0.vault.subject_key(id, &stored.wrapped_key)?;
        Ok(Person { stored, key })
    }

    /// A subject as they and the operator may see them.
    pub(super) async fn show_subject(&self, conn: &mut Conn, id: SubjectId) -> Answer<Subject> {
        let person = self.person(conn, id).await?;
        let cards = payment_methods::list(conn, id).await?;
        Ok(Subject {
            id,
            display_name: person.name()?.to_string(),
            status: person.stored.status,
            consents: subjects::consents(conn, id).await?,
            references: references::references(conn, id).await?,
            payment_methods: cards
                .into_iter()
                .map(|stored| PaymentMethod { id: stored.id, card: stored.card.face })
                .collect(),
            created_at: crate::clock::rfc3339(person.stored.created_ms),
        })
    }
}

impl Person {
    /// What they want to be called.
    pub(super) fn name(&self) -> Answer<Zeroizing<String>> {
        Ok(self.key.open_text(What::DisplayName, &self.stored.name_sealed)?)
    }

    /// At most two capitals, for a till's screen.
    pub(super) fn initials(&self) -> Answer<String> {
        Ok(initials(&self.name()?))
    }

    /// The last four digits of their phone, if they gave them.
    pub(super) fn phone_last4(&self) -> Answer<Option<Zeroizing<String>>> {
        let sealed = self.stored.phone_sealed.as_ref();
        Ok(sealed.map(|sealed| self.key.open_text(What::PhoneLast4, sealed)).transpose()?)
    }
}

/// The first letters of the first and the last word.
fn initials(name: &str) -> String {
    let first_letter = |word: &str| word.chars().find(|c| c.is_alphanumeric()).map(|c| c.to_uppercase().to_string());
    let mut letters: Vec<String> = name.split_whitespace().filter_map(first_letter).collect();
    if letters.len() > 2 {
        letters.drain(1..letters.len() - 1);
    }
    letters.concat()
}

#[cfg(test)]
mod tests {
    use super::initials;

    #[test]
    fn initials_are_two_letters_of_any_script() {
        for (name, expected) in [
            ("Wren Ashdown", "WA"),
            ("ada", "A"),
            ("Ana Maria de Souza", "AS"),
            ("Émile Ångström", "ÉÅ"),
            ("李 明", "李明"),
        ] {
            assert_eq!(initials(name), expected);
        }
        assert_eq!(initials("…"), "");
    }
}
