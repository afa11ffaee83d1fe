//! How accurate this release is, as it was measured before it: figures of PERFORMANCE_CARD.md, where the commands are.

use handsel_api::transparency::Measured;

/// What was measured, what was reached, and on what: the lines of the card's first table that are about what ships.
const FIGURES: [(&str, &str, &str); 4] = [
    (
        "A palm not recognised as its own, where one stranger in 10,000 would be taken for it",
        "< 0.03 %",
        "100 real palms, two sessions weeks apart; 10,000 mated, 990,000 non-mated",
    ),
    ("Hands in photos that were not found", "0 of 113", "113 photos, 9 real palms, one session"),
    ("Hands before a webcam that were not found", "0 of 60", "60 frames, 2 real palms, one session"),
    (
        "A drawn palm not recognised as its own, where one stranger in 10,000 would be taken for it",
        "< 0.75 %",
        "400 drawn palms",
    ),
];

/// The figures, for everybody.
pub(crate) fn measured() -> Vec<Measured> {
    let shown = FIGURES.map(|(what, reached, set)| Measured {
        what: what.to_owned(),
        reached: reached.to_owned(),
        set: set.to_owned(),
    });
    shown.to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_figure_is_on_the_card_beside_its_set() {
        let card = include_str!("../../../PERFORMANCE_CARD.md");
        for (what, reached, set) in FIGURES {
            let parts: Vec<&str> = set.split(", ").flat_map(|part| part.split("; ")).collect();
            let line = card.lines().find(|line| line.starts_with('|') && parts.iter().all(|part| line.contains(part)));
            assert!(line.is_some_and(|line| line.contains(reached)), "{what}: {line:?}");
        }
    }
}
