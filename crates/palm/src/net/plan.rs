//! Which buffer each value of a network lies in: one is used again as soon as the value in it is no longer needed.

use super::{Layer, MAX_VALUES, Shape};

/// A buffer for every value.
pub(super) struct Plan {
    /// The buffer of each value.
    of: Vec<usize>,
    count: usize,
}

impl Plan {
    /// Plans buffers; none if together they would be too large.
    pub(super) fn new(input: Shape, layers: &[Layer], outputs: &[usize]) -> Option<Plan> {
        let mut last_use = vec![0; layers.len() + 1];
        for (i, layer) in layers.iter().enumerate() {
            std::iter::once(layer.from).chain(layer.residual).for_each(|value| last_use[value] = i);
        }
        outputs.iter().for_each(|&value| last_use[value] = layers.len());
        let (mut of, mut sizes, mut free) = (vec![0], vec![input.len()], Vec::new());
        for (i, layer) in layers.iter().enumerate() {
            let buffer = free.pop().unwrap_or(sizes.len());
            if buffer == sizes.len() {
                sizes.push(0);
            }
            of.push(buffer);
            sizes[buffer] = layer.output.len().max(sizes[buffer]);
            // Freed after the output has its own: no layer writes over what it reads.
            let dead = |&value: &usize| last_use[value] == i;
            let mut read: Vec<usize> = std::iter::once(layer.from).chain(layer.residual).filter(dead).collect();
            read.dedup();
            free.extend(read.into_iter().map(|value| of[value]));
        }
        (sizes.iter().sum::<usize>() <= MAX_VALUES).then_some(Plan { of, count: sizes.len() })
    }

    /// The buffer of a value.
    pub(super) fn buffer(&self, value: usize) -> usize {
        self.of[value]
    }

    /// How many buffers there are.
    pub(super) fn buffers(&self) -> usize {
        self.count
    }
}
