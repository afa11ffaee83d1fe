//! Int8 vectors in memory, and the exact search for those that lie close enough to a probe's.
//!
//! Sixteen vectors stand in a block, interleaved four bytes at a time, so that one instruction takes four directions of
//! sixteen palms further and nothing is summed across a register. Each byte is the step plus 128. The leading directions, which hold most
//! of a palm (`training/rotate.py`), are halved: their high four bits stand in front of everything else, with each row's norms.
//!
//! ```text
//! heads  per block of 16 rows:  1 line of norms · D·3/64 lines of high halves          52 bytes a row at D = 256
//! rests  per block of 16 rows:  D·3/64 lines of low halves · D·5/32 lines of the rest  208 bytes a row
//! ```
//!
//! **Exact.** The heads give q·x but for what they leave out: the low halves l − 8 of the leading directions and all of the rest t. By
//! Cauchy and Schwarz these add at most |q_head|·|l − 8| + |q_rest|·|t|, whose norms are known (those of rows rounded up). A block is read further
//! only if that leaves one of its rows at or above the wanted cosine; then every product is computed to the last step. So
//! an answer is the one that reading everything gives, for any vectors at all; how much is read depends on them.

mod chunk;
mod kernel;
mod query;

pub use chunk::Layout;
pub use query::Query;

#[cfg(test)]
mod tests;

use chunk::Chunk;
use std::sync::atomic::{AtomicUsize, Ordering};

/// One vector's place. Places of erased vectors are given away again.
pub type Row = u32;

/// Vectors of `D` directions, `D` a multiple of 64 up to 512. Wiped when dropped.
pub struct Vectors<const D: usize> {
    chunks: Vec<Chunk<D>>,
    /// The first row of each chunk.
    starts: Vec<Row>,
    free: Vec<Row>,
    rows: Row,
}

/// A vector close enough to a query.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Near {
    /// Which of the queries.
    pub query: usize,
    /// Which of the vectors.
    pub row: Row,
    /// The cosine of the angle between the two, −1–1, to the bit what [`handsel_palm::vector::cosine`] gives.
    pub cosine: f32,
}

impl<const D: usize> Default for Vectors<D> {
    fn default() -> Vectors<D> {
        const { assert!(D.is_multiple_of(64) && D <= 512, "blocks are laid out for these") };
        Vectors { chunks: Vec::new(), starts: Vec::new(), free: Vec::new(), rows: 0 }
    }
}

impl<const D: usize> Vectors<D> {
    /// Takes a vector in. `None` for one of zeros or with more than 2¹⁸ − 1 squared steps, which no extractor makes, or when
    /// all 2³² places are taken.
    ///
    /// Cost: its own bytes; now and then a chunk of at most 2 MiB is added. Nothing is ever moved.
    pub fn insert(&mut self, vector: &[i8; D]) -> Option<Row> {
        let word = chunk::norms(vector)?;
        let row = match self.free.pop() {
            Some(row) => row,
            None => self.next_row()?,
        };
        let (chunk, within) = self.place(row);
        self.chunks[chunk].write(within, vector, word);
        Some(row)
    }

    /// Overwrites a vector and gives its place away. A place that is not taken is left alone.
    pub fn erase(&mut self, row: Row) {
        if row >= self.rows {
            return;
        }
        let (chunk, within) = self.place(row);
        if self.chunks[chunk].erase(within) {
            self.free.push(row);
        }
    }

    /// How many vectors there are.
    pub fn len(&self) -> usize {
        self.rows as usize - self.free.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many chunks there are: pieces of memory that are searched one after the other.
    pub fn chunks(&self) -> usize {
        self.chunks.len()
    }

    /// Bytes of memory taken, places that are free counted in.
    pub fn bytes(&self) -> usize {
        self.chunks.iter().map(Chunk::bytes).sum()
    }

    /// Reads every byte once and adds it up, on several threads: what no search of all of it can be faster than.
    pub fn read(&self, threads: usize) -> u64 {
        let part = |chunk: usize, sum: &mut u64| *sum = sum.wrapping_add(kernel::read(self.chunks[chunk].lines()));
        self.on_threads(threads, part).into_iter().fold(0, u64::wrapping_add)
    }

    /// [`Vectors::search`] of all chunks on several threads, at least one; in no particular order.
    pub fn search_all(&self, queries: &[Query<D>], threads: usize) -> Vec<Near> {
        let part = |chunk: usize, near: &mut Vec<Near>| self.search(chunk, queries, |hit| near.push(hit));
        self.on_threads(threads, part).concat()
    }

    fn on_threads<T: Default + Send>(&self, threads: usize, part: impl Fn(usize, &mut T) + Sync) -> Vec<T> {
        let next = AtomicUsize::new(0);
        let worker = || {
            let mut sum = T::default();
            loop {
                let chunk = next.fetch_add(1, Ordering::Relaxed);
                if chunk >= self.chunks.len() {
                    return sum;
                }
                part(chunk, &mut sum);
            }
        };
        std::thread::scope(|scope| {
            let others: Vec<_> = (1..threads).map(|_| scope.spawn(worker)).collect();
            let mut sums = vec![worker()];
            for other in others {
                sums.push(other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
            }
            sums
        })
    }

    /// Calls `near` for every vector of one chunk whose cosine with a query is at least that query's, in order of rows
    /// within blocks of sixteen. All queries share one pass over the memory.
    pub fn search(&self, chunk: usize, queries: &[Query<D>], mut near: impl FnMut(Near)) {
        let start = self.starts[chunk];
        let rows = (self.rows - start).min(self.chunks[chunk].capacity());
        kernel::search(&self.chunks[chunk], rows, queries, |query, row, cosine| {
            near(Near { query, row: start + row, cosine });
        });
    }

    /// The cosine with the vector in one place; `None` where there is none.
    pub fn cosine(&self, row: Row, with: &[i8; D]) -> Option<f32> {
        if row >= self.rows {
            return None;
        }
        let (chunk, within) = self.place(row);
        let vector = self.chunks[chunk].read(within)?;
        let product =
            |a: &[i8; D], b: &[i8; D]| a.iter().zip(b).map(|(&a, &b)| i32::from(a) * i32::from(b)).sum::<i32>();
        let length = |v| handsel_palm::vector::length(product(v, v));
        Some(handsel_palm::vector::cosine(product(&vector, with), length(with), length(&vector)))
    }

    fn next_row(&mut self) -> Option<Row> {
        let end = self.starts.last().zip(self.chunks.last()).map_or(0, |(start, chunk)| start + chunk.capacity());
        if self.rows == end {
            let chunk = Chunk::new(self.chunks.len());
            end.checked_add(chunk.capacity())?;
            self.starts.push(end);
            self.chunks.push(chunk);
        }
        self.rows += 1;
        Some(self.rows - 1)
    }

    fn place(&self, row: Row) -> (usize, Row) {
        let chunk = self.starts.partition_point(|&start| start <= row) - 1;
        (chunk, row - self.starts[chunk])
    }
}

impl<const D: usize> std::fmt::Debug for Vectors<D> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Vectors(..)")
    }
}
