//! Reads a network file. Nothing is believed: every size is checked before it is used.

use super::conv::{Conv, Geometry};
use super::{Layer, Operator, Shape};
use sha2::{Digest, Sha256};

const MAGIC: &[u8; 8] = b"HSLNET01";
const CHECKSUM_BYTES: usize = 32;

/// Why bytes are not a network that can be run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NetworkError {
    /// Another kind of file, or another version of this one.
    #[error("not a network file of version 1, which begins with HSLNET01")]
    Magic,
    /// Something was changed or lost on the way.
    #[error("the network file is damaged, its checksum is wrong: take it again from where it was made")]
    Checksum,
    /// The file says that it has more than it has.
    #[error("the network file ends early")]
    Truncated,
    /// The file has more than it says.
    #[error("the network file has {0} bytes after its end")]
    Trailing(usize),
    /// The input is empty or too large.
    #[error("the network's input of {} × {} × {} values (height, width, channels) is empty or too large", .0[0], .0[1], .0[2])]
    Input([u32; 3]),
    /// A layer does not fit what came before it.
    #[error("layer {layer} of the network file, counted from 0: {fault}")]
    Layer {
        /// Its index.
        layer: usize,
        /// What is wrong with it.
        fault: Fault,
    },
    /// An output that no layer makes, or no output at all.
    #[error("the network file names an output that it does not compute, or none")]
    Output,
    /// Together the values between the layers are too many.
    #[error("the network needs more than {} MiB for its values", (super::MAX_VALUES * size_of::<f32>()) >> 20)]
    TooLarge,
}

/// What can be wrong with a layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// An operator that this version does not have.
    #[error("there is no operator {0}")]
    Operator(u32),
    /// An activation that this version does not have.
    #[error("there is no activation {0}")]
    Activation(u32),
    /// It takes a value that is not computed before it.
    #[error("it takes value {0}, which is not computed before it")]
    Source(u32),
    /// It takes more or fewer channels than its source has.
    #[error("it takes {takes} channels, but its source has {has}")]
    Channels {
        /// Channels it was made for.
        takes: u32,
        /// Channels there are.
        has: usize,
    },
    /// Its filter is larger than its padded input, its stride is zero, or its output is empty or too large.
    #[error("its filter does not fit its input, or its output is empty or too large")]
    Size,
    /// The residual has another shape than the output.
    #[error("its residual has another shape than its output")]
    Residual,
    /// A weight is infinite or not a number.
    #[error("a weight or bias is not a finite number")]
    Weight,
}

/// What a network file says.
pub(super) struct File {
    pub(super) input: Shape,
    pub(super) layers: Vec<Layer>,
    pub(super) outputs: Vec<usize>,
    pub(super) checksum: [u8; CHECKSUM_BYTES],
}

/// Reads a whole file.
pub(super) fn read(bytes: &[u8]) -> Result<File, NetworkError> {
    if !bytes.starts_with(MAGIC) {
        return Err(NetworkError::Magic);
    }
    let (body, checksum) = bytes.split_last_chunk().ok_or(NetworkError::Truncated)?;
    if Sha256::digest(body)[..] != checksum[..] {
        return Err(NetworkError::Checksum);
    }
    let mut rest = Reader(body.strip_prefix(MAGIC).ok_or(NetworkError::Truncated)?);
    let [channels, height, width] = rest.words()?;
    let input = Shape::new(height as usize, width as usize, channels as usize)
        .ok_or(NetworkError::Input([height, width, channels]))?;
    let (mut shapes, mut layers) = (vec![input], Vec::new());
    for layer in 0..rest.word()? as usize {
        let read = self::layer(&mut rest, &shapes)?.map_err(|fault| NetworkError::Layer { layer, fault })?;
        shapes.push(read.output);
        layers.push(read);
    }
    let mut outputs = Vec::new();
    for _ in 0..rest.word()? {
        outputs.push(rest.word()? as usize);
    }
    match (rest.0.len(), outputs.is_empty() || outputs.iter().any(|&output| output >= shapes.len())) {
        (0, false) => Ok(File { input, layers, outputs, checksum: *checksum }),
        (0, true) => Err(NetworkError::Output),
        (trailing, _) => Err(NetworkError::Trailing(trailing)),
    }
}

/// Reads one layer. The outer error is the file's, the inner one the layer's.
fn layer(rest: &mut Reader, shapes: &[Shape]) -> Result<Result<Layer, Fault>, NetworkError> {
    Ok(match rest.word()? {
        0 => {
            let [from, residual, takes, channels, kernel, stride, pad, activation] = rest.words()?;
            let weights = [channels, kernel, kernel, takes].iter().try_fold(1usize, |n, &m| n.checked_mul(m as usize));
            let weights = rest.halves(weights.ok_or(NetworkError::Truncated)?)?;
            let bias = rest.singles(channels as usize)?;
            let geometry = Geometry { kernel: kernel as usize, stride: stride as usize, pad: pad as usize };
            conv(shapes, [from, residual, takes, channels, activation], geometry, &weights, &bias)
        }
        1 => upsample(shapes, rest.words()?),
        2 => mean(shapes, rest.word()?),
        kind => Err(Fault::Operator(kind)),
    })
}

fn conv(
    shapes: &[Shape],
    [from, residual, takes, channels, activation]: [u32; 5],
    geometry: Geometry,
    weights: &[f32],
    bias: &[f32],
) -> Result<Layer, Fault> {
    let (from, input) = source(shapes, from)?;
    if input.channels != takes as usize {
        return Err(Fault::Channels { takes, has: input.channels });
    }
    let [padded, output] = geometry.shapes(input, channels as usize).ok_or(Fault::Size)?;
    let relu = match activation {
        0 => false,
        1 => true,
        other => return Err(Fault::Activation(other)),
    };
    if !weights.iter().chain(bias).all(|weight| weight.is_finite()) {
        return Err(Fault::Weight);
    }
    let operator = Operator::Conv(Conv::new(geometry, [padded, output], relu, weights, bias));
    Ok(Layer { from, residual: self::residual(shapes, residual, output)?, operator, output })
}

fn upsample(shapes: &[Shape], [from, residual]: [u32; 2]) -> Result<Layer, Fault> {
    let (from, Shape { height, width, channels }) = source(shapes, from)?;
    let output = Shape::new(2 * height, 2 * width, channels).ok_or(Fault::Size)?;
    Ok(Layer { from, residual: self::residual(shapes, residual, output)?, operator: Operator::Upsample, output })
}

fn mean(shapes: &[Shape], from: u32) -> Result<Layer, Fault> {
    let (from, Shape { channels, .. }) = source(shapes, from)?;
    let output = Shape { height: 1, width: 1, channels };
    Ok(Layer { from, residual: None, operator: Operator::Mean, output })
}

fn source(shapes: &[Shape], value: u32) -> Result<(usize, Shape), Fault> {
    let shape = shapes.get(value as usize).ok_or(Fault::Source(value))?;
    Ok((value as usize, *shape))
}

/// A residual is written as the value's index + 1; 0 is none.
fn residual(shapes: &[Shape], written: u32, output: Shape) -> Result<Option<usize>, Fault> {
    let Some(value) = written.checked_sub(1) else { return Ok(None) };
    let (value, shape) = source(shapes, value)?;
    if shape == output { Ok(Some(value)) } else { Err(Fault::Residual) }
}

/// What is left to read.
struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn word(&mut self) -> Result<u32, NetworkError> {
        self.words().map(|[word]| word)
    }

    fn words<const N: usize>(&mut self) -> Result<[u32; N], NetworkError> {
        let mut words = [0; N];
        for (word, bytes) in words.iter_mut().zip(self.take(N)?) {
            *word = u32::from_le_bytes(*bytes);
        }
        Ok(words)
    }

    fn singles(&mut self, count: usize) -> Result<Vec<f32>, NetworkError> {
        Ok(self.take(count)?.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect())
    }

    fn halves(&mut self, count: usize) -> Result<Vec<f32>, NetworkError> {
        Ok(self.take(count)?.iter().map(|bytes| half(u16::from_le_bytes(*bytes))).collect())
    }

    /// The next `count` pieces of `N` bytes.
    fn take<const N: usize>(&mut self, count: usize) -> Result<&[[u8; N]], NetworkError> {
        let length = count.checked_mul(N).ok_or(NetworkError::Truncated)?;
        let (taken, rest) = self.0.split_at_checked(length).ok_or(NetworkError::Truncated)?;
        self.0 = rest;
        Ok(taken.as_chunks().0)
    }
}

/// An IEEE 754 half precision number: 1 bit sign, 5 bits exponent, 10 bits fraction.
fn half(bits: u16) -> f32 {
    let (sign, exponent, fraction) = (u32::from(bits >> 15) << 31, u32::from(bits >> 10 & 31), u32::from(bits & 1023));
    let magnitude = match exponent {
        0 => fraction as f32 / (1 << 24) as f32,
        31 => f32::from_bits(255 << 23 | fraction << 13),
        _ => f32::from_bits((exponent + 127 - 15) << 23 | fraction << 13),
    };
    f32::from_bits(magnitude.to_bits() | sign)
}

#[cfg(test)]
mod tests {
    use super::half;

    #[test]
    fn every_half_is_the_number_it_stands_for() {
        for bits in 0..=u16::MAX {
            let (exponent, fraction) = (i32::from(bits >> 10 & 31), f64::from(bits & 1023) / 1024.0);
            let magnitude = match exponent {
                0 => fraction * 2f64.powi(-14),
                31 if fraction > 0.0 => f64::NAN,
                31 => f64::INFINITY,
                _ => (1.0 + fraction) * 2f64.powi(exponent - 15),
            };
            let expected = if bits < 0x8000 { magnitude } else { -magnitude };
            let read = f64::from(half(bits));
            assert!(read == expected || (read.is_nan() && expected.is_nan()), "{bits:#06x}: {read}, not {expected}");
            assert_eq!(half(bits).is_sign_negative(), bits >= 0x8000);
        }
    }
}
