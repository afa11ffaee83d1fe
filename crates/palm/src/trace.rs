//! Looking at every intermediate of the pipeline.

/// Is shown each stage's result, in order, under a stable key.
pub trait Trace {
    /// One stage's result.
    fn stage(&mut self, key: &'static str, view: View<'_>);
}

/// What a stage made.
#[derive(Clone, Copy)]
pub enum View<'a> {
    /// 8-bit grey, row-major.
    Grey {
        /// In pixels.
        width: usize,
        /// In pixels.
        height: usize,
        /// `width × height` values.
        pixels: &'a [u8],
    },
    /// Points in pixels of the stage's image, x right, y down, each with its name.
    Points(&'a [(&'static str, f32, f32)]),
    /// Named numbers.
    Numbers(&'a [(&'static str, f64)]),
}

/// Looks at nothing and costs nothing.
pub struct NoTrace;

impl Trace for NoTrace {
    fn stage(&mut self, _: &'static str, _: View<'_>) {}
}
