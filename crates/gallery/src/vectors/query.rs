//! A probe's vector, prepared for many comparisons.

use super::chunk::Layout;
use handsel_palm::vector;
use zeroize::Zeroize;

/// A vector that is looked for, and how close another must be. Wiped when dropped.
pub struct Query<const D: usize> {
    /// Four directions a word, in the order in which a block's high and low halves hold them.
    pub(super) head: Vec<i32>,
    /// Four directions a word.
    pub(super) rest: Vec<i32>,
    pub(super) scale: Scale,
}

/// What turns sums of products into bounds and cosines.
pub(super) struct Scale {
    /// What the offset of 128 adds to the product of the heads (and takes the middle of the low halves for granted), to be added.
    pub(super) head_offset: i32,
    /// What the offset of 128 adds to a whole product, to be added.
    pub(super) offset: i32,
    /// Length of the leading directions, rounded up.
    pub(super) head_length: f32,
    /// Length of the other directions, rounded up.
    pub(super) rest_length: f32,
    /// Length of the whole.
    pub(super) length: f32,
    /// The least cosine wanted.
    pub(super) at_least: f32,
    /// The least cosine that the heads must leave possible for the rest to be read.
    pub(super) bound: f32,
}

impl<const D: usize> Query<D> {
    /// A query for vectors with a cosine of at least `at_least`; every vector has one of at least −1.
    pub fn new(vector: &[i8; D], at_least: f32) -> Query<D> {
        let (head, rest) = vector.split_at(Layout::<D>::HEAD);
        let sum = |part: &[i8]| part.iter().map(|&v| i32::from(v)).sum::<i32>();
        let squared = |part: &[i8]| part.iter().map(|&v| i32::from(v).pow(2)).sum::<i32>();
        let rounded_up = |squared: i32| vector::length(squared).next_up();
        let words = |part: &[i8]| {
            part.as_chunks::<4>().0.iter().map(|four| i32::from_le_bytes(four.map(|v| v as u8))).collect::<Vec<_>>()
        };
        Query {
            head: words(head),
            rest: words(rest),
            scale: Scale {
                head_offset: (8 - 128) * sum(head),
                offset: -128 * sum(vector),
                head_length: rounded_up(squared(head)),
                rest_length: rounded_up(squared(rest)),
                length: vector::length(squared(vector)),
                at_least,
                bound: at_least,
            },
        }
    }

    /// The same query, but every byte of every vector is read for it: what a bound is measured and tested against.
    pub fn exhaustive(mut self) -> Query<D> {
        self.scale.bound = f32::NEG_INFINITY;
        self
    }
}

impl<const D: usize> Drop for Query<D> {
    fn drop(&mut self) {
        self.head.zeroize();
        self.rest.zeroize();
    }
}

impl<const D: usize> std::fmt::Debug for Query<D> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Query(..)")
    }
}
