//! A bar chart that is a table: each bar's count stands beside it as text.

/// A chart.
pub(super) struct Chart {
    pub(super) title: &'static str,
    /// What the bars are, as the table's heading says it.
    pub(super) what: &'static str,
    pub(super) bars: Vec<Bar>,
    pub(super) total: u64,
}

/// One bar.
pub(super) struct Bar {
    pub(super) label: String,
    pub(super) count: u64,
    /// 0–100: its share of the longest.
    pub(super) width: u64,
}

impl Chart {
    /// A chart of these counts, in this order.
    pub(super) fn of(title: &'static str, what: &'static str, counts: Vec<(String, u64)>) -> Chart {
        let longest = counts.iter().map(|(_, count)| *count).max().unwrap_or(0).max(1);
        let total = counts.iter().map(|(_, count)| count).sum();
        let bar = |(label, count): (String, u64)| Bar { label, count, width: (count * 100).div_ceil(longest) };
        Chart { title, what, bars: counts.into_iter().map(bar).collect(), total }
    }
}

#[cfg(test)]
mod tests {
    use super::Chart;

    #[test]
    fn the_longest_bar_is_full_and_a_count_of_one_is_seen() {
        let chart = Chart::of("", "", vec![("a".into(), 4000), ("b".into(), 1), ("c".into(), 0)]);
        assert_eq!(chart.bars.iter().map(|bar| bar.width).collect::<Vec<_>>(), [100, 1, 0]);
        assert_eq!(chart.total, 4001);
        assert_eq!(Chart::of("", "", vec![]).total, 0);
    }
}
