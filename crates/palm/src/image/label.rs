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
    pub(crate) fn of(mask: &Mask) -> Components {
        let mut labels = vec![0u32; mask.data.len()];
        let mut areas = Vec::new();
        let mut stack = Vec::new();
        for start in 0..mask.data.len() {
            if mask.data[start] == 0 || labels[start] != 0 {
                continue;
            }
            let label = areas.len() as u32 + 1;
            labels[start] = label;
            stack.push(start);
            let mut area = 0;
            while let Some(at) = stack.pop() {
                area += 1;
                for next in neighbours(at, mask.width, mask.height) {
                    if mask.data[next] != 0 && labels[next] == 0 {
                        labels[next] = label;
                        stack.push(next);
                    }
                }
            }
            areas.push(area);
        }
        Components::sorted(labels, areas)
    }

    fn sorted(mut labels: Vec<u32>, areas: Vec<usize>) -> Components {
        let mut order: Vec<usize> = (0..areas.len()).collect();
        order.sort_by_key(|&i| std::cmp::Reverse(areas[i]));
        let mut rank = vec![0u32; areas.len() + 1];
        for (new, &old) in order.iter().enumerate() {
            rank[old + 1] = new as u32 + 1;
        }
        labels.iter_mut().for_each(|label| *label = rank[*label as usize]);
        Components { labels, areas_px: order.iter().map(|&i| areas[i]).collect() }
    }

    /// The mask of one component alone.
    pub(crate) fn mask(&self, index: usize, width: usize, height: usize) -> Mask {
        let label = index as u32 + 1;
        Mask::from_vec(width, height, self.labels.iter().map(|&l| u8::from(l == label)).collect())
    }
}

/// The pixels sharing a side with this one.
fn neighbours(at: usize, width: usize, height: usize) -> impl Iterator<Item = usize> {
    let (x, y) = (at % width, at / width);
    [
        (x > 0).then(|| at - 1),
        (x + 1 < width).then(|| at + 1),
        (y > 0).then(|| at - width),
        (y + 1 < height).then(|| at + width),
    ]
    .into_iter()
    .flatten()
}

/// Fills every hole of at most `limit_px` pixels; what touches the edge of the image is no hole.
pub(crate) fn fill_holes(mask: &mut Mask, limit_px: usize) {
    let (width, height) = (mask.width, mask.height);
    let outside = Components::of(&mask.map(|v| 1 - v));
    let mut fill: Vec<bool> = outside.areas_px.iter().map(|&area| area <= limit_px).collect();
    for (at, &label) in outside.labels.iter().enumerate() {
        let (x, y) = (at % width, at / width);
        if label > 0 && (x == 0 || y == 0 || x + 1 == width || y + 1 == height) {
            fill[label as usize - 1] = false;
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
