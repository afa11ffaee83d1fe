//! Gaussian smoothing of a small plane of numbers.

use zeroize::Zeroizing;

/// Smooths a plane of `width` numbers a row; beyond the edges the edge is repeated. `sigma` is in pixels.
pub(crate) fn gaussian(values: &[f32], width: usize, sigma: f32) -> Zeroizing<Vec<f32>> {
    let reach = (3.0 * sigma).ceil() as usize;
    let bell = |i: usize| (-0.5 * (i as f32 / sigma).powi(2)).exp();
    let total: f32 = bell(0) + 2.0 * (1..=reach).map(bell).sum::<f32>();
    let kernel: Vec<f32> = (0..=reach).map(|i| bell(i) / total).collect();
    let height = values.len() / width;
    let mut rows = Zeroizing::new(vec![0.0; values.len()]);
    for (row, out) in values.chunks_exact(width).zip(rows.chunks_exact_mut(width)) {
        for (x, out) in out.iter_mut().enumerate() {
            *out = kernel[0] * row[x];
            for (i, k) in kernel.iter().enumerate().skip(1) {
                *out += k * (row[x.saturating_sub(i)] + row[(x + i).min(width - 1)]);
            }
        }
    }
    let mut smooth = Zeroizing::new(vec![0.0; values.len()]);
    for (y, out) in smooth.chunks_exact_mut(width).enumerate() {
        for (i, &k) in kernel.iter().enumerate() {
            let (up, down) = (y.saturating_sub(i), (y + i).min(height - 1));
            let k = if i == 0 { 0.5 * k } else { k };
            let (up, down) = (&rows[up * width..(up + 1) * width], &rows[down * width..(down + 1) * width]);
            out.iter_mut().zip(up.iter().zip(down)).for_each(|(v, (a, b))| *v += k * (a + b));
        }
    }
    smooth
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_becomes_a_bell_of_the_same_sum() {
        let mut point = vec![0.0; 41 * 31];
        point[15 * 41 + 20] = 1.0;
        let bell = gaussian(&point, 41, 2.0);
        assert!((bell.iter().sum::<f32>() - 1.0).abs() < 1e-4);
        assert!((bell[15 * 41 + 20] - 1.0 / (8.0 * std::f32::consts::PI)).abs() < 1e-3);
        assert_eq!(bell[15 * 41 + 17], bell[18 * 41 + 20]);
    }
}
