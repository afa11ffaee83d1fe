//! How the three principal lines of real palms run, as numbers, and palms drawn from them.
//!
//! Gaussian fits to the annotated principal lines of 1,000 real palms; the annotations are those of Diff-Palm
//! (Jin et al., CVPR 2025; Ukuer/Diff-Palm, Apache-2.0). Each line is a polynomial of degree 4, `y = p(x)`, over the
//! region of interest seen with the fingers up and the thumb on the left: x from −1 (thumb) to 1, y from −1 (wrist)
//! to 1 (fingers). A palm whose thumb lies on the right is the mirror image.

use crate::rng::Rng;

/// How one principal line runs over many palms.
#[derive(Debug)]
pub struct LineStatistics {
    /// The mean coefficients, highest power first.
    pub mean: [f64; 5],
    /// Their covariance.
    pub covariance: [[f64; 5]; 5],
    /// Mean and standard deviation of the x where the line starts, on the thumb's side.
    pub x_start: (f64, f64),
    /// Mean and standard deviation of the x where the line ends.
    pub x_end: (f64, f64),
}

/// The life line, the head line and the heart line, in this order.
pub const PRINCIPAL_LINES: [LineStatistics; 3] = [
    LineStatistics {
        mean: [-0.6281, -0.9148, -1.0725, -1.5211, -0.4669],
        covariance: [
            [1.44162, 1.7559, 0.62597, 0.05841, 0.00281],
            [1.7559, 2.90787, 1.38386, 0.23245, 0.0523],
            [0.62597, 1.38386, 0.95768, 0.26779, 0.06971],
            [0.05841, 0.23245, 0.26779, 0.17574, 0.06959],
            [0.00281, 0.0523, 0.06971, 0.06959, 0.06018],
        ],
        x_start: (-0.828, 0.172),
        x_end: (0.22, 0.196),
    },
    LineStatistics {
        mean: [0.0036, -0.043, -0.217, -0.3654, 0.1539],
        covariance: [
            [0.03407, 0.01392, -0.02015, -0.00617, 0.00221],
            [0.01392, 0.03093, 0.00402, -0.00722, 0.00282],
            [-0.02015, 0.00402, 0.03503, 0.00902, -0.00243],
            [-0.00617, -0.00722, 0.00902, 0.01531, 0.00222],
            [0.00221, 0.00282, -0.00243, 0.00222, 0.01801],
        ],
        x_start: (-0.889, 0.143),
        x_end: (0.684, 0.234),
    },
    LineStatistics {
        mean: [0.006, -0.0717, 0.2774, -0.3869, 0.5445],
        covariance: [
            [0.07088, -0.10209, 0.02484, 0.00715, -0.00065],
            [-0.10209, 0.17742, -0.07548, 0.00151, 0.0014],
            [0.02484, -0.07548, 0.07326, -0.02254, -0.00089],
            [0.00715, 0.00151, -0.02254, 0.02066, -0.00034],
            [-0.00065, 0.0014, -0.00089, -0.00034, 0.01308],
        ],
        x_start: (-0.372, 0.193),
        x_end: (0.965, 0.041),
    },
];

/// One principal line of one palm.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PrincipalLine {
    /// Coefficients of `y = p(x)`, highest power first.
    pub coefficients: [f64; 5],
    /// The x where it starts, on the thumb's side.
    pub x_start: f64,
    /// The x where it ends.
    pub x_end: f64,
}

impl PrincipalLine {
    /// The line's y at this x.
    pub fn y(&self, x: f64) -> f64 {
        self.coefficients.iter().fold(0.0, |y, c| y * x + c)
    }

    /// The line's slope at this x.
    pub fn slope(&self, x: f64) -> f64 {
        let [a, b, c, d, _] = self.coefficients;
        ((4.0 * a * x + 3.0 * b) * x + 2.0 * c) * x + d
    }
}

/// The principal lines of one palm: drawn line by line, redrawn until a hand could carry them together.
pub(crate) fn principal_lines(rng: &mut Rng) -> [PrincipalLine; 3] {
    // About one draw in three is kept; 64 failures in a row are not expected in the life of the universe.
    for _ in 0..64 {
        let lines = PRINCIPAL_LINES.each_ref().map(|line| draw_line(line, rng));
        if plausible(&lines) {
            return lines;
        }
    }
    PRINCIPAL_LINES.each_ref().map(|line| PrincipalLine {
        coefficients: line.mean,
        x_start: line.x_start.0,
        x_end: line.x_end.0,
    })
}

/// One line from its Gaussian: the mean plus the Cholesky factor times independent normal numbers.
pub(crate) fn draw_line(statistics: &LineStatistics, rng: &mut Rng) -> PrincipalLine {
    let factor = cholesky(&statistics.covariance);
    let normal: [f64; 5] = std::array::from_fn(|_| rng.normal());
    let coefficients = std::array::from_fn(|row| {
        statistics.mean[row] + (0..=row).map(|column| factor[row][column] * normal[column]).sum::<f64>()
    });
    let mut end = |(mean, deviation): (f64, f64)| (mean + deviation * rng.normal().clamp(-2.5, 2.5)).clamp(-1.0, 1.0);
    PrincipalLine { coefficients, x_start: end(statistics.x_start), x_end: end(statistics.x_end) }
}

/// Whether a hand could carry these lines: inside the palm, in their order, none doubling back.
fn plausible(lines: &[PrincipalLine; 3]) -> bool {
    let [life, head, heart] = lines;
    let along = |line: &PrincipalLine, test: &dyn Fn(f64) -> bool| {
        (0..=16).all(|i| test(line.x_start + (line.x_end - line.x_start) * f64::from(i) / 16.0))
    };
    life.x_end - life.x_start > 0.6
        && head.x_end - head.x_start > 0.9
        && heart.x_end - heart.x_start > 0.8
        && (-0.1..0.75).contains(&life.y(life.x_start))
        && (-0.1..0.8).contains(&head.y(head.x_start))
        && life.y(life.x_end) < -0.45
        && along(life, &|x| (-1.5..0.8).contains(&life.y(x)) && (-6.0..0.6).contains(&life.slope(x)))
        && along(head, &|x| (-0.9..0.85).contains(&head.y(x)) && (-1.8..0.5).contains(&head.slope(x)))
        && along(heart, &|x| (0.05..1.05).contains(&heart.y(x)) && (-2.0..0.8).contains(&heart.slope(x)))
        && along(heart, &|x| x > head.x_end || heart.y(x) > head.y(x) + 0.12)
        && along(life, &|x| x < -0.6 || life.y(x) < head.y(x) - 0.02)
}

/// The lower triangular `L` with `L·Lᵀ` equal to a positive definite matrix.
fn cholesky(matrix: &[[f64; 5]; 5]) -> [[f64; 5]; 5] {
    let mut lower = [[0.0; 5]; 5];
    for row in 0..5 {
        for column in 0..=row {
            let dot: f64 = (0..column).map(|k| lower[row][k] * lower[column][k]).sum();
            let rest = matrix[row][column] - dot;
            lower[row][column] = if row == column { rest.max(0.0).sqrt() } else { rest / lower[column][column] };
        }
    }
    lower
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn factor_gives_back_the_covariance() {
        for line in &PRINCIPAL_LINES {
            let l = cholesky(&line.covariance);
            for row in 0..5 {
                for column in 0..5 {
                    let product: f64 = (0..5).map(|k| l[row][k] * l[column][k]).sum();
                    assert!((product - line.covariance[row][column]).abs() < 1e-9);
                }
            }
        }
    }

    #[test]
    fn drawn_lines_have_the_mean_and_spread_of_real_ones() {
        let mut rng = Rng::new(11, "statistics");
        for line in &PRINCIPAL_LINES {
            let drawn: Vec<_> = (0..2000).map(|_| draw_line(line, &mut rng)).collect();
            for power in 0..5 {
                let mean = drawn.iter().map(|d| d.coefficients[power]).sum::<f64>() / 2000.0;
                let variance = drawn.iter().map(|d| (d.coefficients[power] - mean).powi(2)).sum::<f64>() / 2000.0;
                let expected = line.covariance[power][power];
                // Four standard errors of a mean over 2,000; a variance within 15 %.
                assert!((mean - line.mean[power]).abs() < 4.0 * (expected / 2000.0).sqrt(), "{power}: {mean}");
                assert!((variance / expected - 1.0).abs() < 0.15, "{power}: {variance} v {expected}");
            }
        }
    }

    #[test]
    fn kept_lines_stay_near_the_real_mean_lines() {
        let kept: Vec<_> = (0..2000).map(|seed| principal_lines(&mut Rng::new(seed, "kept"))).collect();
        for (index, x) in [(0, -0.4), (1, 0.0), (2, 0.4)] {
            let mean = kept.iter().map(|lines| lines[index].y(x)).sum::<f64>() / 2000.0;
            let expected = PRINCIPAL_LINES[index].mean.iter().fold(0.0, |y, c| y * x + c);
            assert!((mean - expected).abs() < 0.08, "line {index}: {mean} v {expected}");
        }
        assert!(kept.iter().all(plausible), "the fallback was used");
    }
}
