//! A receipt as plain text, for a till's printer or a mail.

use super::slip::{Line, On, Slip};
use handsel_api::receipts::Receipt;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// How many columns a printer has: the usual two, for paper of 58 mm and of 80 mm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::pages) enum Columns {
    /// 58 mm.
    C32,
    /// 80 mm.
    C42,
}

impl Columns {
    fn count(self) -> usize {
        match self {
            Columns::C32 => 32,
            Columns::C42 => 42,
        }
    }
}

/// The receipt, no line wider than the printer.
pub(in crate::pages) fn write(receipt: &Receipt, columns: Columns) -> String {
    let slip = Slip::of(receipt, On::Till);
    let width = columns.count();
    let rule = "-".repeat(width);
    let mut lines = Vec::new();
    for text in [&slip.merchant, &slip.site, &slip.when] {
        lines.extend(wrap(text, width));
    }
    lines.push(rule.clone());
    for row in &slip.sums {
        lines.extend(pair(row, width));
    }
    lines.push(rule.clone());
    lines.extend(pair(&slip.total, width));
    lines.push(rule);
    for row in &slip.facts {
        lines.extend(pair(row, width));
    }
    lines.push("Reference".to_owned());
    lines.extend(wrap(&slip.reference, width));
    for note in &slip.notes {
        lines.push(String::new());
        lines.extend(wrap(note, width));
    }
    lines.push(String::new());
    lines.join("\n")
}

/// A name at the left and its value at the right; on lines of their own where they do not fit beside each other.
fn pair(Line { name, value }: &Line, width: usize) -> Vec<String> {
    let taken = name.width() + value.width();
    if taken < width {
        return vec![format!("{name}{}{value}", " ".repeat(width - taken))];
    }
    let right = |text: String| format!("{}{text}", " ".repeat(width.saturating_sub(text.width())));
    wrap(name, width).into_iter().chain(wrap(value, width).into_iter().map(right)).collect()
}

/// Breaks at spaces; a word that is wider than the line is cut.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let (mut lines, mut line, mut taken) = (Vec::new(), String::new(), 0);
    for word in text.split_whitespace() {
        if taken > 0 && taken + 1 + word.width() > width {
            lines.push(std::mem::take(&mut line));
            taken = 0;
        }
        if taken > 0 {
            line.push(' ');
            taken += 1;
        }
        for letter in word.chars() {
            let wide = letter.width().unwrap_or(0);
            if taken + wide > width {
                lines.push(std::mem::take(&mut line));
                taken = 0;
            }
            line.push(letter);
            taken += wide;
        }
    }
    lines.push(line);
    lines
}
