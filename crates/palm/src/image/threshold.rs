//! Places in a histogram.

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
    fn percentiles_of_a_ramp() {
        assert_eq!(percentile(0..=255, 0.5), 128);
        assert_eq!(percentile(0..=255, 1.0), 255);
        assert_eq!(percentile(std::iter::empty(), 0.5), 0);
    }
}
