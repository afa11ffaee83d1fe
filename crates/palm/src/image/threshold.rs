//! Where to cut a histogram in two.

/// Otsu's threshold: the value `t` for which "at most `t`" and "above `t`" differ most between and least within
/// (N. Otsu, 1979), with the share of the variance that the cut explains, 0–1.
pub(crate) fn otsu(values: &[u8]) -> (u8, f32) {
    let mut histogram = [0u32; 256];
    for &v in values {
        histogram[usize::from(v)] += 1;
    }
    let total = values.len() as f64;
    let sum: f64 = histogram.iter().enumerate().map(|(v, &n)| v as f64 * f64::from(n)).sum();
    let squares: f64 = histogram.iter().enumerate().map(|(v, &n)| (v * v) as f64 * f64::from(n)).sum();
    let variance = squares / total - (sum / total).powi(2);
    let (mut below, mut below_sum, mut best, mut cut) = (0.0, 0.0, 0.0, 0u8);
    for v in 0..255u8 {
        let n = f64::from(histogram[usize::from(v)]);
        below += n;
        below_sum += n * f64::from(v);
        if below == 0.0 || below == total {
            continue;
        }
        let gap = below_sum / below - (sum - below_sum) / (total - below);
        let between = below / total * (1.0 - below / total) * gap * gap;
        if between > best {
            (best, cut) = (between, v);
        }
    }
    (cut, if variance > 0.0 { (best / variance) as f32 } else { 0.0 })
}

/// The value below which this share (0–1) of the values lies; 0 for no values.
pub(crate) fn percentile(values: impl Iterator<Item = u8>, share: f32) -> u8 {
    let mut histogram = [0u32; 256];
    let mut total = 0u32;
    for v in values {
        histogram[usize::from(v)] += 1;
        total += 1;
    }
    let wanted = (share * total as f32) as u32;
    let mut seen = 0;
    for (v, n) in histogram.iter().enumerate() {
        seen += n;
        if seen > wanted {
            return v as u8;
        }
    }
    if total == 0 { 0 } else { 255 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_clusters_are_parted_between_them() {
        let values: Vec<u8> =
            (0..500).map(|i| if i % 3 == 0 { 40 + (i % 7) as u8 } else { 180 + (i % 11) as u8 }).collect();
        let (cut, explained) = otsu(&values);
        assert!((46..180).contains(&cut) && explained > 0.95);
    }

    #[test]
    fn flat_values_explain_nothing() {
        assert_eq!(otsu(&[9; 100]).1, 0.0);
        assert_eq!(otsu(&[]).1, 0.0);
    }

    #[test]
    fn percentiles_of_a_ramp() {
        assert_eq!(percentile(0..=255, 0.5), 128);
        assert_eq!(percentile(0..=255, 1.0), 255);
        assert_eq!(percentile(std::iter::empty(), 0.5), 0);
    }
}
