//! Who may pay at a site while it is cut off: a fixed layout, so that nothing of it has to be serialisable. Only sealed copies of
//! its bytes leave a process.

use crate::{
    matchers::wire::{Malformed, Reader, Writer},
    secret::{self, mac},
};
use handsel_api::{MerchantId, SiteId, subjects::Card};
use handsel_palm::{Side, Template};
use ulid::Ulid;
use zeroize::Zeroizing;

/// Of the layout.
const VERSION: u8 = 1;
/// The longest text.
const LONGEST: usize = u8::MAX as usize;

/// Who may pay at a site while it is cut off, and what its agent has to know for that.
pub(crate) struct Subset {
    pub(crate) merchant: MerchantId,
    pub(crate) site: SiteId,
    pub(crate) currency: String,
    /// By the server's clock.
    pub(crate) issued_ms: i64,
    pub(crate) target_fpir: f64,
    /// The hashes of the keys of the tills that may ask.
    pub(crate) tills: Vec<[u8; 32]>,
    pub(crate) people: Vec<Person>,
}

/// Somebody who may pay. Says who it is to nobody: no id of theirs, no name, no digits.
pub(crate) struct Person {
    /// Their name at this merchant.
    pub(crate) shopper: String,
    pub(crate) initials: String,
    pub(crate) card: Card,
    pub(crate) digits: Digits,
    /// Says to the server who they are, and that this agent got them when.
    pub(crate) pass: Vec<u8>,
    pub(crate) palms: Vec<Palm>,
}

/// One palm, each capture with its place.
pub(crate) struct Palm {
    pub(crate) side: Side,
    pub(crate) captures: Vec<(u8, Template)>,
}

/// What tells the last four digits of somebody's phone from others: a hash under a key of its own. Whoever has opened a subset
/// can try all ten thousand; before that there is the seal.
#[derive(Clone)]
pub(crate) struct Digits {
    key: Zeroizing<[u8; 32]>,
    hash: [u8; 32],
}

impl Digits {
    pub(crate) fn of(digits: &str) -> Digits {
        let key = Zeroizing::new(secret::random());
        Digits { hash: mac(&key, digits.as_bytes()), key }
    }

    /// Whether these are they.
    pub(crate) fn are(&self, digits: &str) -> bool {
        let given = mac(&self.key, digits.as_bytes());
        // Every byte is looked at: how long it takes says nothing.
        given.iter().zip(&self.hash).fold(0, |differs, (a, b)| differs | (a ^ b)) == 0
    }
}

impl Subset {
    /// The bytes to seal.
    pub(crate) fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        let templates: usize =
            self.people.iter().flat_map(|person| &person.palms).map(|palm| palm.captures.len()).sum();
        let passes: usize = self.people.iter().map(|person| person.pass.len()).sum();
        let palms: usize = self.people.iter().map(|person| person.palms.len()).sum();
        let most = 128
            + LONGEST
            + 32 * self.tills.len()
            + self.people.len() * (4 * (LONGEST + 1) + 128)
            + passes
            + 2 * palms
            + templates * (1 + Template::BYTES);
        let mut to = Writer::new(most);
        to.u8(VERSION).u128(self.merchant.0.into()).u128(self.site.0.into()).i64(self.issued_ms);
        to.u64(self.target_fpir.to_bits());
        text(&mut to, &self.currency);
        to.u32(self.tills.len() as u32);
        for till in &self.tills {
            to.bytes(till);
        }
        to.u32(self.people.len() as u32);
        for person in &self.people {
            for part in [&person.shopper, &person.initials, &person.card.brand, &person.card.last4] {
                text(&mut to, part);
            }
            to.bytes(person.digits.key.as_slice()).bytes(&person.digits.hash);
            to.u16(person.pass.len() as u16).bytes(&person.pass).u8(person.palms.len() as u8);
            for palm in &person.palms {
                to.u8(u8::from(palm.side == Side::Right)).u8(palm.captures.len() as u8);
                for (capture, template) in &palm.captures {
                    to.u8(*capture).bytes(&template.to_bytes());
                }
            }
        }
        to.finish()
    }

    /// Reads what [`Subset::to_bytes`] wrote.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Result<Subset, Malformed> {
        let mut from = Reader(bytes);
        if from.u8()? != VERSION {
            return Err(Malformed);
        }
        let (merchant, site) = (MerchantId(Ulid(from.u128()?)), SiteId(Ulid(from.u128()?)));
        let (issued_ms, target_fpir) = (from.i64()?, f64::from_bits(from.u64()?));
        let currency = read_text(&mut from)?;
        let tills = (0..from.u32()?).map(|_| from.array()).collect::<Result<_, _>>()?;
        let people = (0..from.u32()?).map(|_| read_person(&mut from)).collect::<Result<_, _>>()?;
        from.end()?;
        Ok(Subset { merchant, site, currency, issued_ms, target_fpir, tills, people })
    }
}

fn read_person(from: &mut Reader<'_>) -> Result<Person, Malformed> {
    let (shopper, initials) = (read_text(from)?, read_text(from)?);
    let card = Card { brand: read_text(from)?, last4: read_text(from)? };
    let digits = Digits { key: Zeroizing::new(from.array()?), hash: from.array()? };
    let pass = from.u16()?;
    let pass = from.slice(pass.into())?.to_vec();
    let palms = (0..from.u8()?).map(|_| read_palm(from)).collect::<Result<_, _>>()?;
    Ok(Person { shopper, initials, card, digits, pass, palms })
}

fn read_palm(from: &mut Reader<'_>) -> Result<Palm, Malformed> {
    let side = if from.u8()? == 0 { Side::Left } else { Side::Right };
    let read = |from: &mut Reader<'_>| {
        let capture = from.u8()?;
        let template = Template::from_bytes(from.slice(Template::BYTES)?).map_err(|_| Malformed)?;
        Ok((capture, template))
    };
    let captures = (0..from.u8()?).map(|_| read(from)).collect::<Result<_, _>>()?;
    Ok(Palm { side, captures })
}

/// Texts here are names of the server's own and at most two capitals; a longer one is cut at a character.
fn text(to: &mut Writer, text: &str) {
    let end = (0..=text.len().min(LONGEST)).rev().find(|&end| text.is_char_boundary(end)).unwrap_or(0);
    to.u8(end as u8).bytes(&text.as_bytes()[..end]);
}

fn read_text(from: &mut Reader<'_>) -> Result<String, Malformed> {
    let length = from.u8()?;
    String::from_utf8(from.slice(length.into())?.to_vec()).map_err(|_| Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use handsel_palm::{Capture, Frame, capture};
    use handsel_synth::{Conditions, Palm as Drawn};

    fn template(seed: u64) -> Template {
        let frame = Drawn::from_seed(seed, Side::Right).draw_hand(&Conditions::of_capture(seed, 0)).to_jpeg(92);
        let Capture::Accepted(sample) = capture(&Frame::decode(&frame).unwrap()) else { panic!("a drawn hand") };
        Template::extract(&sample.roi)
    }

    fn subset() -> Subset {
        let palm = |seed| Palm { side: Side::Right, captures: vec![(0, template(seed)), (3, template(seed + 1))] };
        let person = |n: u128, palms| Person {
            shopper: format!("pw_{n:032x}"),
            initials: "ÉÅ".to_owned(),
            card: Card { brand: "visa".to_owned(), last4: "4242".to_owned() },
            digits: Digits::of("1815"),
            pass: vec![n as u8; 90],
            palms,
        };
        Subset {
            merchant: MerchantId(Ulid(1)),
            site: SiteId(Ulid(2)),
            currency: "EUR".to_owned(),
            issued_ms: 1_795_305_600_123,
            target_fpir: 1e-4,
            tills: vec![[7; 32], [8; 32]],
            people: vec![person(1, vec![palm(1), palm(3)]), person(2, Vec::new())],
        }
    }

    #[test]
    fn what_was_written_is_read_and_nothing_else() {
        let bytes = subset().to_bytes();
        let read = Subset::from_bytes(&bytes).unwrap();
        assert_eq!(read.to_bytes(), bytes);
        assert_eq!((read.people.len(), read.people[0].palms[1].captures[1].0), (2, 3));
        assert!(read.people[0].digits.are("1815") && !read.people[0].digits.are("1816"));
        for length in (0..bytes.len()).step_by(97).chain([bytes.len() - 1]) {
            assert!(Subset::from_bytes(&bytes[..length]).is_err(), "{length}");
        }
        assert!(Subset::from_bytes(&[&bytes[..], &[0]].concat()).is_err());
        assert!(Subset::from_bytes(&[&[9], &bytes[1..]].concat()).is_err(), "another version");
    }
}
