//! Whatever is inserted, erased and searched for: the answer is the plain scan's, to the bit.
//!
//! `cargo xtask fuzz` builds and runs it.

#![no_main]

use handsel_gallery::vectors::{Near, Query, Row, Vectors};
use handsel_palm::vector;
use libfuzzer_sys::fuzz_target;

const D: usize = 256;

/// What is left of the input.
struct Bytes<'a>(&'a [u8]);

impl Bytes<'_> {
    fn byte(&mut self) -> u8 {
        let Some((&first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        first
    }

    /// A few bytes, repeated and scaled: long inputs find nothing that short ones do not.
    fn vector(&mut self) -> [i8; D] {
        let period = 1 + usize::from(self.byte() % 32);
        let (head, rest) = (1 + self.byte() % 16, 1 + self.byte() % 16);
        let pattern: Vec<i8> = (0..period).map(|_| self.byte() as i8).collect();
        std::array::from_fn(|i| pattern[i % period] / if i < D * 3 / 8 { head } else { rest } as i8)
    }
}

fn product(a: &[i8; D], b: &[i8; D]) -> i32 {
    a.iter().zip(b).map(|(&a, &b)| i32::from(a) * i32::from(b)).sum()
}

fuzz_target!(|data: &[u8]| {
    let mut bytes = Bytes(data);
    let mut vectors = Vectors::<D>::default();
    let mut kept: Vec<Option<[i8; D]>> = Vec::new();
    for _ in 0..bytes.byte() {
        if bytes.byte() % 5 == 0 && !kept.is_empty() {
            let row = usize::from(bytes.byte()) % kept.len();
            vectors.erase(row as Row);
            kept[row] = None;
            continue;
        }
        let vector = bytes.vector();
        let Some(row) = vectors.insert(&vector) else { continue };
        if row as usize == kept.len() {
            kept.push(Some(vector));
        } else {
            assert!(kept[row as usize].replace(vector).is_none(), "a place is given away twice");
        }
    }
    assert_eq!(vectors.len(), kept.iter().flatten().count());
    let probes: Vec<([i8; D], f32)> =
        (0..1 + bytes.byte() % 17).map(|_| (bytes.vector(), f32::from(bytes.byte() as i8) / 100.0)).collect();
    let queries: Vec<Query<D>> = probes.iter().map(|(probe, at_least)| Query::new(probe, *at_least)).collect();
    let mut found = vectors.search_all(&queries, 1);
    found.sort_by_key(|near| (near.query, near.row));
    let mut plain = Vec::new();
    for (query, (probe, at_least)) in probes.iter().enumerate() {
        let length = |v| vector::length(product(v, v));
        for (row, stored) in kept.iter().enumerate().filter_map(|(row, v)| Some((row as Row, v.as_ref()?))) {
            let cosine = vector::cosine(product(stored, probe), length(probe), length(stored));
            if cosine >= *at_least {
                plain.push(Near { query, row, cosine });
            }
        }
    }
    assert_eq!(found, plain);
});
