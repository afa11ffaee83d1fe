//! The sign at a shop's door, as a PDF of one page in both languages, made from the policy in force.

use super::receipt::pdf::{A4, Set, Sheet};
use crate::{
    app::Answer,
    notice::{self, Told},
};
use handsel_api::{
    consents::{Language, Paragraph},
    policy::Policy,
};
use krilla::tagging::{Tag, TagKind};
use std::num::NonZeroU16;

const TWO: NonZeroU16 = NonZeroU16::new(2).unwrap();
/// Sizes of reading type in points, the largest first: people stand before it.
const SIZES: [f32; 5] = [14.0, 13.0, 12.0, 11.0, 10.0];

/// The sign of a shop. `rules_at` is where the rules can be read.
pub(super) fn write(place: &str, policy: &Policy, rules_at: Option<&str>) -> Answer<Vec<u8>> {
    let told = Language::ALL.map(|language| (language, notice::sign(language, policy, rules_at)));
    let title = told.iter().map(|(_, told)| told.title.as_str()).collect::<Vec<_>>().join(" / ");
    let mut sheets = SIZES.iter().map(|size| lay_out(place, &told, *size));
    let sheet = sheets.find(Sheet::fits).unwrap_or_else(|| lay_out(place, &told, SIZES[SIZES.len() - 1]));
    sheet.finish(&title)
}

/// All of it in type of a size; names of any length make a longer sheet.
fn lay_out(place: &str, told: &[(Language, Told)], size: f32) -> Sheet {
    let mut sheet = Sheet::new(A4);
    sheet.block(TagKind::from(Tag::P), place, Set::bold(size * 1.1));
    for (language, Told { title, paragraphs }) in told {
        let lang = || Some(language.tag().to_owned());
        sheet.gap(size);
        sheet.block(
            Tag::Hn(NonZeroU16::MIN, Some(title.clone())).with_lang(lang()).into(),
            title,
            Set::bold(size * 2.4),
        );
        for Paragraph { question, answer } in paragraphs {
            sheet.gap(size * 0.5);
            sheet.block(Tag::Hn(TWO, Some(question.clone())).with_lang(lang()).into(), question, Set::bold(size * 1.1));
            sheet.block(Tag::P.with_lang(lang()).into(), answer, Set::plain(size));
        }
        sheet.gap(size * 0.5);
        sheet.rule();
    }
    sheet
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{config::Config, policy};
    use handsel_api::policy::Jurisdiction;

    #[test]
    fn every_jurisdiction_has_a_sign_of_one_page() {
        for jurisdiction in Jurisdiction::ALL {
            let config = Config {
                jurisdiction,
                operator: Some("Corner Store Limited".to_owned()),
                contact: Some("1 Market Street, palms@corner.example".to_owned()),
                ..Config::default()
            };
            let pdf =
                write("Corner Store, Front counter", &policy::of(&config).unwrap(), Some("https://x.example/policy"));
            let pdf = pdf.unwrap();
            let text = String::from_utf8_lossy(&pdf);
            assert!(text.starts_with("%PDF-1.") && text.trim_end().ends_with("%%EOF"), "{jurisdiction:?}");
            assert!(text.contains("/Count 1") && text.contains("/StructTreeRoot"), "{jurisdiction:?}");
            assert!(text.contains("841.89"), "{jurisdiction:?} fits on A4");
        }
    }
}
