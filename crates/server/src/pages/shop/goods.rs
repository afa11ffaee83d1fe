//! What the demo store sells. Pictures are drawn here: 48 × 48, strokes in the page's ink, `c` the coloured part.

/// One good.
pub(super) struct Good {
    /// Names its field in the form.
    pub(super) id: &'static str,
    /// On the shelf.
    pub(super) name: &'static str,
    /// Under it.
    pub(super) note: &'static str,
    /// In the store's minor units.
    pub(super) price_minor: i64,
    /// SVG inside a 48 × 48 box.
    pub(super) picture: &'static str,
}

const fn good(
    id: &'static str,
    name: &'static str,
    note: &'static str,
    price_minor: i64,
    picture: &'static str,
) -> Good {
    Good { id, name, note, price_minor, picture }
}

pub(super) const GOODS: [Good; 9] = [
    good(
        "bread",
        "Rye bread",
        "Baked this morning, 750 g",
        420,
        concat!(
            r#"<path class="c" d="M9 20c0-6 6-9 15-9s15 3 15 9c0 3-2 4-2 4v13H11V24s-2-1-2-4z"/><path "#,
            r#"d="M6 18c0-6 6-9 15-9s15 3 15 9c0 3-2 4-2 4v13H8V22s-2-1-2-4zM16 17l3 4m4-4 3 4"/>"#,
        ),
    ),
    good(
        "milk",
        "Milk",
        "Whole, one litre",
        149,
        concat!(
            r#"<path class="c" d="M17 20h18v22H17z"/><path d="M14 18 18 10h12l4 8v22H14zM14 18h20M18 "#,
            r#"10V6h12v4"/>"#,
        ),
    ),
    good(
        "eggs",
        "Eggs",
        "Six, from two streets away",
        280,
        concat!(
            r#"<path class="c" d="M7 29h36v10H7z"/><path d="M4 27h40l-3 12H7zM9 27c0-6 2-10 5-10s5 4 5 "#,
            r#"10m0 0c0-6 2-10 5-10s5 4 5 10m0 0c0-6 2-10 5-10s5 4 5 10"/>"#,
        ),
    ),
    good(
        "lemons",
        "Lemons",
        "Two, unwaxed",
        95,
        concat!(
            r#"<path class="c" d="M12 28c0-8 6-13 14-13 6 0 8 3 12 4-1 3 1 6-1 11-2 6-8 9-14 "#,
            r#"8-7-1-11-4-11-10z"/><path d="M9 25c0-8 6-13 14-13 6 0 8 3 12 4-1 3 1 6-1 11-2 6-8 9-14 "#,
            r#"8-7-1-11-4-11-10zM23 12c0-4 3-7 8-7 0 4-3 7-8 7z"/>"#,
        ),
    ),
    good(
        "coffee",
        "Coffee",
        "Ground, 250 g",
        690,
        concat!(
            r#"<path class="c" d="M16 22h20v12H16z"/><path d="M12 14h22l2 28H10zM14 14V8h18v6M10.800 "#,
            r#"32h24.400M12 20h22"/>"#,
        ),
    ),
    good(
        "tomatoes",
        "Tomatoes",
        "On the vine, 500 g",
        240,
        concat!(
            r#"<circle class="c" cx="18" cy="31" r="10"/><circle cx="16" cy="29" r="10"/><path d="M26 24a9 "#,
            r#"9 0 1 1 1 12M16 19c0-4 3-9 9-12m-9 12-5-3m5 3 4-4m11 5c-1-4-3-8-6-13"/>"#,
        ),
    ),
    good(
        "chocolate",
        "Chocolate",
        "Dark, 100 g",
        230,
        concat!(
            r#"<path class="c" d="M15 24h22v18H15z"/><path d="M12 6h22v34H12zM12 22h22M19.300 "#,
            r#"6v16m7.400-16v16M12 14h22"/>"#,
        ),
    ),
    good(
        "flowers",
        "Marigolds",
        "One bunch",
        550,
        concat!(
            r#"<circle class="c" cx="19" cy="14" r="7"/><circle class="c" cx="33" cy="17" r="6"/><path "#,
            r#"d="M17 5a7 7 0 1 0 .1 0zM31 9a6 6 0 1 0 .1 0zM18 19l4 22m8-20-7 20M14 28c3 0 6 2 7 6m8-5c-2 "#,
            r#"0-4 2-5 5M16 41h14"/><circle cx="17" cy="12" r="2"/><circle cx="31" cy="15" r="2"/>"#,
        ),
    ),
    good(
        "paper",
        "Newspaper",
        "Today’s",
        350,
        concat!(
            r#"<path class="c" d="M13 22h12v10H13z"/><path d="M6 10h28v30H9a3 3 0 0 1-3-3zM34 18h8v19a3 3 "#,
            r#"0 0 1-3 3h-5M11 15h18M11 20h9v9h-9zM24 20h5m-5 4.500h5m-5 4.500h5M11 34h18"/>"#,
        ),
    ),
];

#[cfg(test)]
mod tests {
    use super::GOODS;

    #[test]
    fn every_good_has_its_own_field_and_a_price() {
        for (i, good) in GOODS.iter().enumerate() {
            assert!(good.price_minor > 0);
            assert!(GOODS[..i].iter().all(|other| other.id != good.id), "{}", good.id);
        }
    }
}
