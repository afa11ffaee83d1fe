//! Random networks: as the file that `palm` reads, and computed plainly in double precision.

// Each test binary uses some of these.
#![allow(dead_code)]

use sha2::{Digest, Sha256};

/// A network with random weights. Value 0 is the input, value i + 1 the output of layer i.
pub(crate) struct Drawn {
    layers: Vec<Layer>,
    /// Height, width and channels of every value.
    pub(crate) shapes: Vec<[usize; 3]>,
    pub(crate) outputs: Vec<usize>,
    random: Random,
}

enum Layer {
    Conv { from: usize, residual: Option<usize>, filter: Filter, weights: Vec<u16>, bias: Vec<f32> },
    Upsample { from: usize, residual: Option<usize> },
    Mean { from: usize },
}

/// What a convolution is, its weights aside.
#[derive(Clone, Copy)]
pub(crate) struct Filter {
    pub(crate) outputs: usize,
    pub(crate) kernel: usize,
    pub(crate) stride: usize,
    pub(crate) pad: usize,
    pub(crate) relu: bool,
}

/// SplitMix64 (Steele, Lea and Flood 2014).
pub(crate) struct Random(pub(crate) u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    pub(crate) fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    /// Even between −1 and 1.
    pub(crate) fn value(&mut self) -> f32 {
        (self.next() >> 40) as f32 / (1 << 23) as f32 - 1.0
    }
}

impl Drawn {
    pub(crate) fn new(seed: u64, height: usize, width: usize, channels: usize) -> Drawn {
        let shapes = vec![[height, width, channels]];
        Drawn { layers: Vec::new(), shapes, outputs: Vec::new(), random: Random(seed) }
    }

    /// Some layers of every kind over sizes and channel counts that fit no register.
    pub(crate) fn random(seed: u64) -> Drawn {
        let mut random = Random(seed);
        let mut net = Drawn::new(random.next(), 5 + random.below(20), 5 + random.below(20), 1 + random.below(5));
        for _ in 0..3 + random.below(6) {
            let from = random.below(net.shapes.len());
            let [height, width, channels] = net.shapes[from];
            let kernel = [1, 1, 2, 3, 3, 5, 9][random.below(7)];
            let filter = Filter {
                outputs: [1, 3, 16, 17, 33, 48, 70][random.below(7)],
                kernel,
                stride: 1 + random.below(2),
                pad: kernel.saturating_sub(height.min(width)).max(random.below(kernel)),
                relu: random.below(2) == 0,
            };
            match random.below(5) {
                0 if height * width < 500 => {
                    let doubled = [2 * height, 2 * width, channels];
                    let residual = net.shapes.iter().position(|&shape| shape == doubled);
                    net.upsample(from, residual);
                }
                1 => {
                    // A block: its input, or what a 1 × 1 convolution makes of it, is added after two convolutions.
                    let inner = net.conv(from, None, Filter { kernel: 3, pad: 1, ..filter });
                    let skip = net.conv(from, None, Filter { kernel: 1, pad: 0, relu: false, ..filter });
                    net.conv(inner, Some(skip), Filter { kernel: 3, pad: 1, stride: 1, ..filter });
                }
                _ => _ = net.conv(from, None, filter),
            }
        }
        let last = net.shapes.len() - 1;
        let mean = net.mean(last);
        net.outputs = vec![mean, last, random.below(last)];
        net
    }

    /// The size of network that an extractor is.
    pub(crate) fn extractor() -> Drawn {
        let mut net = Drawn::new(1, 64, 64, 1);
        let filter = |outputs, kernel, stride| Filter { outputs, kernel, stride, pad: kernel / 2, relu: true };
        let mut at = net.conv(0, None, filter(48, 9, 1));
        at = net.conv(at, None, filter(48, 3, 2));
        for (width, stride) in [(48, 1), (96, 2), (192, 2)] {
            let inner = net.conv(at, None, filter(width, 3, stride));
            let skip = match stride {
                1 => at,
                _ => net.conv(at, None, Filter { relu: false, ..filter(width, 1, stride) }),
            };
            at = net.conv(inner, Some(skip), filter(width, 3, 1));
            let inner = net.conv(at, None, filter(width, 3, 1));
            at = net.conv(inner, Some(at), filter(width, 3, 1));
        }
        at = net.conv(at, None, filter(32, 1, 1));
        at = net.conv(at, None, Filter { pad: 0, relu: false, ..filter(256, 8, 1) });
        net.outputs = vec![at];
        net
    }

    /// Adds a convolution with weights that keep values about as large as they are.
    pub(crate) fn conv(&mut self, from: usize, residual: Option<usize>, filter: Filter) -> usize {
        let [height, width, channels] = self.shapes[from];
        let taps = filter.kernel * filter.kernel * channels;
        let random = &mut self.random;
        let scale = (3.0 / taps as f32).sqrt();
        let weights = (0..filter.outputs * taps).map(|_| to_half(scale * random.value())).collect();
        let bias = (0..filter.outputs).map(|_| 0.1 * random.value()).collect();
        let along = |side: usize| (side + 2 * filter.pad - filter.kernel) / filter.stride + 1;
        let shape = [along(height), along(width), filter.outputs];
        self.add(Layer::Conv { from, residual, filter, weights, bias }, shape)
    }

    pub(crate) fn upsample(&mut self, from: usize, residual: Option<usize>) -> usize {
        let [height, width, channels] = self.shapes[from];
        self.add(Layer::Upsample { from, residual }, [2 * height, 2 * width, channels])
    }

    pub(crate) fn mean(&mut self, from: usize) -> usize {
        let [_, _, channels] = self.shapes[from];
        self.add(Layer::Mean { from }, [1, 1, channels])
    }

    fn add(&mut self, layer: Layer, shape: [usize; 3]) -> usize {
        self.layers.push(layer);
        self.shapes.push(shape);
        self.layers.len()
    }

    /// Values for its input.
    pub(crate) fn input(&mut self) -> Vec<f32> {
        (0..self.shapes[0].iter().product()).map(|_| 3.0 * self.random.value()).collect()
    }

    /// Multiplications and additions of one run.
    pub(crate) fn operations(&self) -> usize {
        let of = |(layer, shape): (&Layer, &[usize; 3])| match layer {
            Layer::Conv { weights, .. } => 2 * shape[0] * shape[1] * weights.len(),
            Layer::Upsample { .. } | Layer::Mean { .. } => 0,
        };
        self.layers.iter().zip(&self.shapes[1..]).map(of).sum()
    }

    /// As a network file.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let [height, width, channels] = self.shapes[0];
        let mut body = b"HSLNET01".to_vec();
        words(&mut body, &[channels, height, width, self.layers.len()]);
        for layer in &self.layers {
            match layer {
                Layer::Conv { from, residual, filter, weights, bias } => {
                    let &Filter { outputs, kernel, stride, pad, relu } = filter;
                    let residual = residual.map_or(0, |value| value + 1);
                    let channels = self.shapes[*from][2];
                    words(&mut body, &[0, *from, residual, channels, outputs, kernel, stride, pad, usize::from(relu)]);
                    body.extend(weights.iter().flat_map(|weight| weight.to_le_bytes()));
                    body.extend(bias.iter().flat_map(|bias| bias.to_le_bytes()));
                }
                Layer::Upsample { from, residual } => {
                    words(&mut body, &[1, *from, residual.map_or(0, |value| value + 1)]);
                }
                Layer::Mean { from } => words(&mut body, &[2, *from]),
            }
        }
        words(&mut body, &[self.outputs.len()]);
        words(&mut body, &self.outputs);
        sealed(body)
    }

    /// The outputs, computed plainly in double precision.
    pub(crate) fn run(&self, input: &[f32]) -> Vec<Vec<f64>> {
        let mut values: Vec<Vec<f64>> = vec![input.iter().map(|&value| value.into()).collect()];
        for (layer, shape) in self.layers.iter().zip(&self.shapes[1..]) {
            let value = match layer {
                Layer::Conv { from, residual, filter, weights, bias } => {
                    let sum = convolve(&values[*from], self.shapes[*from], filter, weights, bias, *shape);
                    let sum = sum.iter().enumerate().map(|(i, sum)| sum + residual.map_or(0.0, |r| values[r][i]));
                    sum.map(|sum| if filter.relu { sum.max(0.0) } else { sum }).collect()
                }
                Layer::Upsample { from, residual } => {
                    let [_, width, channels] = *shape;
                    let at = |i: usize| {
                        let (y, x, channel) = (i / channels / width, i / channels % width, i % channels);
                        let source = (y / 2 * (width / 2) + x / 2) * channels + channel;
                        values[*from][source] + residual.map_or(0.0, |r| values[r][i])
                    };
                    (0..shape.iter().product()).map(at).collect()
                }
                Layer::Mean { from } => {
                    let pixels = values[*from].len() / shape[2];
                    let channel = |c| values[*from].iter().skip(c).step_by(shape[2]).sum::<f64>() / pixels as f64;
                    (0..shape[2]).map(channel).collect()
                }
            };
            values.push(value);
        }
        self.outputs.iter().map(|&output| values[output].clone()).collect()
    }
}

/// The definition of a convolution, a tap at a time.
fn convolve(
    input: &[f64],
    [height, width, channels]: [usize; 3],
    filter: &Filter,
    weights: &[u16],
    bias: &[f32],
    shape: [usize; 3],
) -> Vec<f64> {
    let &Filter { outputs, kernel, stride, pad, .. } = filter;
    let output = |i: usize| {
        let (y, x, output) = (i / outputs / shape[1], i / outputs % shape[1], i % outputs);
        let mut sum = f64::from(bias[output]);
        for tap in 0..kernel * kernel * channels {
            let (row, column, channel) = (tap / channels / kernel, tap / channels % kernel, tap % channels);
            let (y, x) = ((y * stride + row).wrapping_sub(pad), (x * stride + column).wrapping_sub(pad));
            if y < height && x < width {
                let weight = from_half(weights[output * kernel * kernel * channels + tap]);
                sum += weight * input[(y * width + x) * channels + channel];
            }
        }
        sum
    };
    (0..shape.iter().product()).map(output).collect()
}

/// Writes NAME.net and NAME.input, as `training/oracle.py` reads them.
pub(crate) fn write(net: &Drawn, input: &[f32], name: &std::path::Path) {
    let input: Vec<u8> = input.iter().flat_map(|value| value.to_le_bytes()).collect();
    std::fs::write(name.with_extension("net"), net.bytes()).expect("the network is written");
    std::fs::write(name.with_extension("input"), input).expect("its input is written");
}

/// Appends little-endian words.
pub(crate) fn words(body: &mut Vec<u8>, words: &[usize]) {
    body.extend(words.iter().flat_map(|&word| (word as u32).to_le_bytes()));
}

/// Appends the checksum.
pub(crate) fn sealed(mut body: Vec<u8>) -> Vec<u8> {
    let checksum = Sha256::digest(&body);
    body.extend(checksum);
    body
}

/// A number below 1 as a half, cut off; 0 for the smallest.
fn to_half(value: f32) -> u16 {
    let bits = value.to_bits();
    match bits >> 23 & 255 {
        exponent @ 113.. => ((bits >> 16 & 0x8000) | (exponent - 112) << 10 | (bits >> 13 & 1023)) as u16,
        _ => 0,
    }
}

/// A half that [`to_half`] gave.
fn from_half(bits: u16) -> f64 {
    let magnitude = match bits >> 10 & 31 {
        0 => 0.0,
        exponent => (1.0 + f64::from(bits & 1023) / 1024.0) * 2f64.powi(i32::from(exponent) - 15),
    };
    if bits < 0x8000 { magnitude } else { -magnitude }
}
