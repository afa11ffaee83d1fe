//! What the extractor says of drawn palms, to turn its directions so that the leading ones hold the most.

use crate::output::Output;
use anyhow::{Context, Result};
use handsel_palm::{Roi, Side, Template};
use handsel_synth::{Conditions, Palm};

/// The vectors of drawn palms.
#[derive(clap::Args)]
pub(crate) struct Vectors {
    /// How many palms, each drawn once.
    #[arg(long, default_value_t = 10_000)]
    palms: u32,
    /// What everything is drawn from.
    #[arg(long, default_value_t = 0x0011_7a7e)]
    seed: u64,
}

impl Vectors {
    /// Writes a record for each palm that has features: 256 × i8.
    pub(crate) fn write(&self) -> Result<()> {
        let mut out = Output::new();
        for palm in 0..self.palms {
            let seed = self.seed.wrapping_add(u64::from(palm));
            let side = if palm.is_multiple_of(2) { Side::Left } else { Side::Right };
            let square = Palm::from_seed(seed, side).draw_roi(&Conditions::of_training(seed, 0));
            let template = Template::extract(&Roi::from_grey(square).context("a drawn square has its size")?);
            let Some(vector) = template.vector() else { continue };
            if !out.write(&vector.map(|step| step as u8))? {
                break;
            }
        }
        out.finish()
    }
}
