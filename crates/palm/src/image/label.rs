//! Connected components.

use super::Mask;

/// The components of a mask, joined along sides (4-connected), largest first.
pub(crate) struct Components {
    /// Per pixel: 0 outside, else 1 + the index into `areas_px`.
    pub(crate) labels: Vec<u32>,
    /// How many pixels each has.
    pub(crate) areas_px: Vec<usize>,
}

impl Components {
    /// Row by row, joining runs that touch the runs above them.
    pub(crate) fn of(mask: &Mask) -> Components {
        let mut runs = Runs { runs: Vec::new(), parents: Vec::new() };
        let mut above = 0..0;
        for (y, row) in mask.data.chunks_exact(mask.width.max(1)).enumerate() {
            let here = runs.runs.len();
            runs.push_row(row, y * mask.width);
            runs.join_rows(above, here..runs.runs.len(), mask.width);
            above = here..runs.runs.len();
        }
        runs.into_components(mask.data.len())
    }

    /// The mask of one component alone.
    pub(crate) fn mask(&self, index: usize, width: usize, height: usize) -> Mask {
        let label = index as u32 + 1;
        Mask::from_vec(width, height, self.labels.iter().map(|&l| u8::from(l == label)).collect())
    }
}

/// Stretches of set pixels within rows, and a forest that says which belong together.
struct Runs {
    /// First pixel and one past the last, as indices into the mask.
    runs: Vec<(usize, usize)>,
    parents: Vec<usize>,
}

impl Runs {
    fn push_row(&mut self, row: &[u8], offset: usize) {
        let mut x = 0;
        while let Some(skip) = row[x..].iter().position(|&v| v != 0) {
            let first = x + skip;
            let end = row[first..].iter().position(|&v| v == 0).map_or(row.len(), |n| first + n);
            self.parents.push(self.runs.len());
            self.runs.push((offset + first, offset + end));
            x = end;
        }
    }

    fn join_rows(&mut self, above: std::ops::Range<usize>, here: std::ops::Range<usize>, width: usize) {
        let (mut a, mut h) = (above.start, here.start);
        while a < above.end && h < here.end {
            let (up, down) = (self.runs[a], self.runs[h]);
            let up = (up.0 + width, up.1 + width);
            if up.0 < down.1 && down.0 < up.1 {
                let (x, y) = (self.root(a), self.root(h));
                self.parents[x.max(y)] = x.min(y);
            }
            if up.1 < down.1 { a += 1 } else { h += 1 }
        }
    }

    fn root(&mut self, mut at: usize) -> usize {
        while self.parents[at] != at {
            self.parents[at] = self.parents[self.parents[at]];
            at = self.parents[at];
        }
        at
    }

    fn into_components(mut self, pixels: usize) -> Components {
        let mut areas = vec![0; self.runs.len()];
        for i in 0..self.runs.len() {
            let root = self.root(i);
            areas[root] += self.runs[i].1 - self.runs[i].0;
        }
        let mut order: Vec<usize> = (0..areas.len()).filter(|&i| areas[i] > 0).collect();
        order.sort_by_key(|&i| std::cmp::Reverse(areas[i]));
        let mut rank = vec![0u32; areas.len()];
        for (new, &old) in order.iter().enumerate() {
            rank[old] = new as u32 + 1;
        }
        let mut labels = vec![0u32; pixels];
        for i in 0..self.runs.len() {
            let (first, end) = self.runs[i];
            let root = self.root(i);
            labels[first..end].fill(rank[root]);
        }
        Components { labels, areas_px: order.iter().map(|&i| areas[i]).collect() }
    }
}

/// Fills every hole of at most `limit_px` pixels; what touches the edge of the image is no hole.
pub(crate) fn fill_holes(mask: &mut Mask, limit_px: usize) {
    let (width, height) = (mask.width, mask.height);
    let outside = Components::of(&mask.map(|v| 1 - v));
    let mut fill: Vec<bool> = outside.areas_px.iter().map(|&area| area <= limit_px).collect();
    let columns = (0..height).flat_map(|y| [y * width, y * width + width - 1]);
    for at in (0..width).chain((height - 1) * width..height * width).chain(columns) {
        if let Some(label) = (outside.labels[at] as usize).checked_sub(1) {
            fill[label] = false;
        }
    }
    for (inside, &label) in mask.data.iter_mut().zip(&outside.labels) {
        if label > 0 && fill[label as usize - 1] {
            *inside = 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(rows: &[&str]) -> Mask {
        let data = rows.iter().flat_map(|r| r.bytes().map(|b| u8::from(b == b'#'))).collect();
        Mask::from_vec(rows[0].len(), rows.len(), data)
    }

    #[test]
    fn components_come_largest_first() {
        let parts = Components::of(&drawn(&["#....", "...##", "...##", "#...."]));
        assert_eq!(parts.areas_px, [4, 1, 1]);
        assert_eq!(parts.mask(0, 5, 4).area(), 4);
    }

    #[test]
    fn only_small_enclosed_holes_are_filled() {
        let mut mask = drawn(&["#####.", "#.#..#", "####.#", "..####"]);
        fill_holes(&mut mask, 2);
        assert_eq!(mask.data[7], 1, "one pixel enclosed");
        assert_eq!(mask.data[9], 0, "three pixels are too many");
        assert_eq!(mask.data[18], 0, "touches the edge");
    }
}
