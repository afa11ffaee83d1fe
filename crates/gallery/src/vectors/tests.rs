//! Every answer is the plain scan's, on every kind of processor.

use super::kernel::{Instructions, search_with};
use super::*;
use proptest::{prelude::*, test_runner::TestRunner};

/// The plain scan: one vector after the other, one product after the other.
fn plain<const D: usize>(vectors: &[Option<[i8; D]>], query: &[i8; D], at_least: f32) -> Vec<(Row, f32)> {
    let product = |a: &[i8; D], b: &[i8; D]| a.iter().zip(b).map(|(&a, &b)| i32::from(a) * i32::from(b)).sum::<i32>();
    let length = |v: &[i8; D]| handsel_palm::vector::length(product(v, v));
    let scored = vectors.iter().enumerate().filter_map(|(row, vector)| {
        let vector = vector.as_ref()?;
        let cosine = handsel_palm::vector::cosine(product(vector, query), length(query), length(vector));
        (cosine >= at_least).then_some((row as Row, cosine))
    });
    scored.collect()
}

fn found<const D: usize>(
    instructions: Instructions,
    vectors: &Vectors<D>,
    queries: &[Query<D>],
) -> Vec<Vec<(Row, f32)>> {
    let mut found = vec![Vec::new(); queries.len()];
    for chunk in 0..vectors.chunks() {
        let start = vectors.starts[chunk];
        let rows = (vectors.rows - start).min(vectors.chunks[chunk].capacity());
        search_with(instructions, &vectors.chunks[chunk], rows, queries, |query, row, cosine| {
            found[query].push((start + row, cosine));
        });
    }
    found
}

/// Vectors whose leading directions hold more or less, near to each other or not, as short and as long as they may be.
fn any_vector<const D: usize>() -> impl Strategy<Value = [i8; D]> {
    let kinds = prop_oneof![
        (Just(39i32), Just(8i32)),
        (Just(25), Just(25)),
        (Just(1), Just(0)),
        (Just(0), Just(1)),
        (Just(60), Just(3)),
    ];
    (kinds, any::<u64>(), 0u64..4).prop_filter_map("an extractor's length", |((head, rest), seed, group)| {
        let mut state = seed | 1;
        let mut common = group.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let next = |state: &mut u64| {
            let mut sum = 0;
            for _ in 0..4 {
                *state ^= *state << 13;
                *state ^= *state >> 7;
                *state ^= *state << 17;
                sum += (*state >> 40) as i32 % 256 - 127;
            }
            sum
        };
        let vector = std::array::from_fn(|i| {
            let scale = if i < D * 3 / 8 { head } else { rest };
            let value = (next(&mut state) + if group == 0 { 0 } else { 2 * next(&mut common) }) * scale / 256;
            value.clamp(-128, 127) as i8
        });
        chunk::norms(&vector).map(|_| vector)
    })
}

fn equals_the_plain_scan<const D: usize>() {
    let cases = (
        prop::collection::vec((any_vector::<D>(), any::<bool>()), 0..150),
        prop::collection::vec((any_vector::<D>(), -1.1f32..1.0), 0..20),
    );
    TestRunner::new(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })
        .run(&cases, |(stored, wanted)| {
            let mut vectors = Vectors::<D>::default();
            for (row, (vector, _)) in stored.iter().enumerate() {
                prop_assert_eq!(vectors.insert(vector), Some(row as Row));
            }
            let mut kept: Vec<Option<[i8; D]>> = stored.iter().map(|(v, _)| Some(*v)).collect();
            for row in 0..stored.len() {
                if stored[row].1 {
                    kept[row] = None;
                    vectors.erase(row as Row);
                }
            }
            prop_assert_eq!(vectors.len(), kept.iter().flatten().count());
            let expected: Vec<_> = wanted.iter().map(|(q, t)| plain(&kept, q, *t)).collect();
            for instructions in Instructions::all() {
                let pruned: Vec<_> = wanted.iter().map(|(q, t)| Query::new(q, *t)).collect();
                prop_assert_eq!(&found(instructions, &vectors, &pruned), &expected, "{:?}", instructions);
                let whole: Vec<_> = wanted.iter().map(|(q, t)| Query::new(q, *t).exhaustive()).collect();
                prop_assert_eq!(&found(instructions, &vectors, &whole), &expected, "{:?}", instructions);
            }
            Ok(())
        })
        .unwrap();
}

#[test]
fn searches_of_256_directions_equal_the_plain_scan() {
    equals_the_plain_scan::<256>();
}

#[test]
fn searches_of_512_directions_equal_the_plain_scan() {
    equals_the_plain_scan::<512>();
}

#[test]
fn a_threshold_exactly_at_a_cosine_finds_it() {
    let mut vectors = Vectors::<256>::default();
    let (a, b) = (std::array::from_fn(|i| (i % 50) as i8), std::array::from_fn(|i| (i % 37) as i8 - 9));
    vectors.insert(&a).unwrap();
    let [(_, cosine)] = plain(&[Some(a)], &b, -1.0)[..] else { panic!("one vector, one cosine") };
    for instructions in Instructions::all() {
        let at = |t: f32| found(instructions, &vectors, &[Query::new(&b, t)])[0].len();
        assert_eq!((at(cosine), at(cosine.next_up())), (1, 0));
    }
}

#[test]
fn what_no_extractor_makes_is_not_taken_in() {
    let mut vectors = Vectors::<512>::default();
    assert_eq!(vectors.insert(&[0; 512]), None);
    assert_eq!(vectors.insert(&[127; 512]), None);
    assert!(vectors.is_empty());
}

#[test]
fn an_erased_vector_leaves_no_byte_and_its_place_is_used_again() {
    let mut vectors = Vectors::<256>::default();
    let vector = std::array::from_fn(|i| (i as i8).wrapping_mul(7) / 3);
    let others = [[9; 256], [-9; 256]];
    for other in &others[..1] {
        vectors.insert(other).unwrap();
    }
    let before: Vec<Vec<[u8; 64]>> = (0..vectors.chunks()).map(|c| vectors.chunks[c].lines().to_vec()).collect();
    let row = vectors.insert(&vector).unwrap();
    assert_ne!(vectors.chunks[0].lines(), before[0]);
    vectors.erase(row);
    assert_eq!(vectors.chunks[0].lines(), before[0]);
    vectors.erase(row);
    vectors.erase(77);
    assert_eq!(vectors.len(), 1);
    assert_eq!(vectors.insert(&others[1]), Some(row));
    assert_eq!(vectors.len(), 2);
}

#[test]
fn many_chunks_are_one_gallery() {
    let mut vectors = Vectors::<256>::default();
    let vector = |i: u32| std::array::from_fn(|d| ((i as usize * 31 + d * 17) % 61) as i8 - 30);
    for i in 0..20_000 {
        assert_eq!(vectors.insert(&vector(i)), Some(i));
        assert_eq!(vectors.cosine(i, &vector(5)), plain(&[Some(vector(i))], &vector(5), -1.1).first().map(|f| f.1));
    }
    assert_eq!(vectors.cosine(20_000, &vector(5)), None);
    assert!(vectors.chunks() > 7);
    let mut rows = 0;
    for chunk in 0..vectors.chunks() {
        vectors.search(chunk, &[Query::new(&vector(5), -1.1)], |near| {
            assert_eq!(near.row, rows);
            rows += 1;
        });
    }
    assert_eq!(rows, 20_000);
    let mut all = vectors.search_all(&[Query::new(&vector(5), -1.1)], 3);
    all.sort_by_key(|near| near.row);
    assert!(all.iter().map(|near| near.row).eq(0..20_000));
    assert_eq!(vectors.read(1), vectors.read(3));
    assert!(vectors.bytes() < 20_000 * 256 * 3 / 2);
}
