//! Runs the learned networks: a file of layers in, numbers out.
//!
//! ```text
//! bytes ─► file (every size checked) ─► Network ─► run: conv · upsample · mean ─► outputs
//! ```
//!
//! Few operators, one sample at a time, one thread. Weights are kept as 16-bit floats in the file and computed with as
//! 32-bit ones; every processor gives the same answer, bit for bit. The file is little-endian:
//!
//! | bytes | |
//! |---|---|
//! | 8 | `HSLNET01` |
//! | 4 × u32 | the input's channels, height, width; the number of layers |
//! | per layer | one of the three below. Value 0 is the input, value i + 1 the output of layer i |
//! | u32, then as many u32 | the number of outputs, then the value that each of them is |
//! | 32 | SHA-256 of everything before |
//!
//! | layer | u32 fields | what it does |
//! |---|---|---|
//! | convolution | 0, from, residual, input channels, output channels, kernel, stride, pad, activation | filters with zeros around, adds bias and residual; activation 1 sets what is negative to 0. After the fields: weights as 16-bit floats (output channel, row, column, input channel), then a 32-bit float per output channel as bias |
//! | upsample | 1, from, residual | every value 2 × 2 times, adds the residual |
//! | mean | 2, from | the mean over height and width |
//!
//! `from` is a value; `residual` a value + 1, or 0 for none, and has the shape of the output. All values are row-major
//! with the channels of a pixel side by side.

mod conv;
mod file;
mod lanes;
mod plan;
#[cfg(test)]
mod tests;

pub use file::{Fault, NetworkError};

use crate::features::kernel::dispatch;
use conv::{Conv, Convolve};
use plan::Plan;
use zeroize::Zeroizing;

/// The most values that a layer's input or output may have, and all that are kept at once: 64 MiB. A frame of
/// 512 × 512 px with 48 channels fits.
const MAX_VALUES: usize = 1 << 24;

/// Height, width and channels of a value; none is zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
    /// Numbers per pixel.
    pub channels: usize,
}

impl Shape {
    fn new(height: usize, width: usize, channels: usize) -> Option<Shape> {
        let values = height.checked_mul(width)?.checked_mul(channels)?;
        (1..=MAX_VALUES).contains(&values).then_some(Shape { height, width, channels })
    }

    fn len(&self) -> usize {
        self.height * self.width * self.channels
    }
}

/// A network, checked and ready to run.
pub struct Network {
    input: Shape,
    layers: Vec<Layer>,
    outputs: Vec<usize>,
    plan: Plan,
    id: [u8; 8],
}

struct Layer {
    from: usize,
    residual: Option<usize>,
    operator: Operator,
    output: Shape,
}

enum Operator {
    Conv(Conv),
    Upsample,
    Mean,
}

/// One of a network's outputs, row-major with the channels of a pixel side by side.
#[derive(Clone, Copy)]
pub struct Tensor<'a> {
    /// Its shape.
    pub shape: Shape,
    /// Its `height × width × channels` values.
    pub values: &'a [f32],
}

/// Where a network computes; used again, it costs no allocation. What lies in it comes from a palm: it is wiped when
/// dropped.
#[derive(Default)]
pub struct Scratch {
    buffers: Vec<Zeroizing<Vec<f32>>>,
    padded: Zeroizing<Vec<f32>>,
}

impl Network {
    /// Reads a network file.
    ///
    /// # Errors
    /// [`NetworkError`]; any foreign bytes are refused, none panic.
    pub fn read(bytes: &[u8]) -> Result<Network, NetworkError> {
        let file::File { input, layers, outputs, checksum } = file::read(bytes)?;
        let plan = Plan::new(input, &layers, &outputs).ok_or(NetworkError::TooLarge)?;
        Ok(Network { input, layers, outputs, plan, id: std::array::from_fn(|i| checksum[i]) })
    }

    /// Which network this is: the first bytes of its file's checksum.
    pub fn id(&self) -> [u8; 8] {
        self.id
    }

    /// The shape of what it takes.
    pub fn input(&self) -> Shape {
        self.input
    }

    /// The shapes of what it gives, in the order of [`Network::run`].
    pub fn outputs(&self) -> impl Iterator<Item = Shape> {
        self.outputs.iter().map(|&value| self.shape(value))
    }

    /// Computes the outputs, in the file's order, from `height × width × channels` values.
    ///
    /// The answer is the same on every processor and every run, bit for bit. What is infinite or not a number in the input
    /// goes through to the outputs that depend on it: callers check.
    ///
    /// # Panics
    /// If `input` has another length than [`Network::input`] says.
    pub fn run<'s>(&self, input: &[f32], scratch: &'s mut Scratch) -> Vec<Tensor<'s>> {
        self.run_with(input, scratch, |convolve| dispatch(convolve))
    }

    fn run_with<'s>(
        &self,
        input: &[f32],
        Scratch { buffers, padded }: &'s mut Scratch,
        convolve: impl Fn(Convolve<'_>),
    ) -> Vec<Tensor<'s>> {
        buffers.resize_with(buffers.len().max(self.plan.buffers()), Zeroizing::default);
        resized(&mut buffers[self.plan.buffer(0)], self.input.len()).copy_from_slice(input);
        for (i, layer) in self.layers.iter().enumerate() {
            // A buffer is taken out while it is written, so that the others can be read.
            let mut output = std::mem::take(&mut buffers[self.plan.buffer(i + 1)]);
            let value = |value: usize| &buffers[self.plan.buffer(value)][..self.shape(value).len()];
            layer.run(value, resized(&mut output, layer.output.len()), padded, &convolve);
            buffers[self.plan.buffer(i + 1)] = output;
        }
        let tensor = |&value: &usize| {
            let shape = self.shape(value);
            Tensor { shape, values: &buffers[self.plan.buffer(value)][..shape.len()] }
        };
        self.outputs.iter().map(tensor).collect()
    }

    fn shape(&self, value: usize) -> Shape {
        value.checked_sub(1).map_or(self.input, |layer| self.layers[layer].output)
    }
}

impl std::fmt::Debug for Network {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Network").field("id", &self.id).field("input", &self.input).finish_non_exhaustive()
    }
}

impl Layer {
    fn run<'v>(
        &self,
        value: impl Fn(usize) -> &'v [f32],
        output: &mut [f32],
        padded: &mut Zeroizing<Vec<f32>>,
        convolve: impl Fn(Convolve<'_>),
    ) {
        let (input, residual) = (value(self.from), self.residual.map(value));
        match &self.operator {
            Operator::Conv(conv) => convolve(Convolve { conv, input: conv.pad(input, padded), residual, output }),
            Operator::Upsample => upsample(input, residual, output, self.output),
            Operator::Mean => mean(input, output),
        }
    }
}

/// Every value 2 × 2 times, plus the residual.
fn upsample(input: &[f32], residual: Option<&[f32]>, output: &mut [f32], Shape { width, channels, .. }: Shape) {
    let lines = input.chunks_exact(width / 2 * channels).flat_map(|line| [line, line]);
    let pixels = lines.flat_map(|line| line.chunks_exact(channels).flat_map(|pixel| [pixel, pixel]));
    output.chunks_exact_mut(channels).zip(pixels).for_each(|(to, from)| to.copy_from_slice(from));
    if let Some(residual) = residual {
        output.iter_mut().zip(residual).for_each(|(value, add)| *value += add);
    }
}

/// The mean of each channel.
fn mean(input: &[f32], output: &mut [f32]) {
    output.fill(0.0);
    let pixels = input.len() / output.len();
    for pixel in input.chunks_exact(output.len()) {
        output.iter_mut().zip(pixel).for_each(|(sum, value)| *sum += value);
    }
    output.iter_mut().for_each(|sum| *sum /= pixels as f32);
}

/// The first `length` values of a buffer, which is replaced where it is too small; what it held is wiped then.
fn resized(buffer: &mut Zeroizing<Vec<f32>>, length: usize) -> &mut [f32] {
    if buffer.len() < length {
        *buffer = Zeroizing::new(vec![0.0; length]);
    }
    &mut buffer[..length]
}
