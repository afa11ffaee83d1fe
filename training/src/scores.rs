//! What calibration is fitted to: every comparison among drawn palms, as the shop would see them.

use anyhow::{Context, Result, ensure};
use handsel_palm::{Probe, Roi, Side, Template};
use handsel_synth::{Conditions, Palm};
use std::{
    io::{BufWriter, Write},
    sync::atomic::{AtomicU32, Ordering},
    sync::mpsc,
};

/// Comparisons of drawn palms: the first capture of each is enrolled, the others are compared with all of them.
#[derive(clap::Args)]
pub(crate) struct Scores {
    /// How many palms.
    #[arg(long, default_value_t = 1_500)]
    palms: u32,
    /// How many captures of each, the enrolled one counted in.
    #[arg(long, default_value_t = 2)]
    captures: u32,
    /// What everything is drawn from.
    #[arg(long, default_value_t = 0x0ca1_1b8a)]
    seed: u64,
}

impl Scores {
    /// Writes a record for each comparison: { palm u32, other u32, cosine f32, agreement f32 }.
    pub(crate) fn write(&self) -> Result<()> {
        ensure!(self.palms > 1 && self.captures > 1, "there must be at least two palms, and two captures of each");
        let templates =
            (0..self.palms).map(|p| Ok(Template::extract(&self.square(p, 0)?))).collect::<Result<Vec<_>>>()?;
        let probes = self.palms * (self.captures - 1);
        let next = AtomicU32::new(0);
        let (sender, receiver) = mpsc::sync_channel(16);
        std::thread::scope(|scope| {
            for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
                let (sender, next, templates) = (sender.clone(), &next, &templates);
                scope.spawn(move || {
                    loop {
                        let i = next.fetch_add(1, Ordering::Relaxed);
                        if i >= probes || sender.send(self.compared(i, templates)).is_err() {
                            break;
                        }
                    }
                });
            }
            drop(sender);
            let mut out = BufWriter::new(std::io::stdout().lock());
            for records in receiver {
                out.write_all(&records?)?;
            }
            Ok(out.flush()?)
        })
    }

    fn compared(&self, index: u32, templates: &[Template]) -> Result<Vec<u8>> {
        let (palm, capture) = (index % self.palms, 1 + index / self.palms);
        let probe = Probe::build(&self.square(palm, capture)?);
        let mut out = Vec::with_capacity(16 * templates.len());
        for (other, template) in templates.iter().enumerate() {
            if let (Some(cosine), Some(agreement)) = (probe.cosine(template), probe.agreement(template)) {
                out.extend(palm.to_le_bytes());
                out.extend((other as u32).to_le_bytes());
                out.extend(cosine.to_le_bytes());
                out.extend(agreement.to_le_bytes());
            }
        }
        Ok(out)
    }

    fn square(&self, palm: u32, capture: u32) -> Result<Roi> {
        let seed = self.seed.wrapping_add(u64::from(palm));
        let side = if palm.is_multiple_of(2) { Side::Left } else { Side::Right };
        let conditions = Conditions::of_capture(seed, capture);
        Roi::from_grey(Palm::from_seed(seed, side).draw_roi(&conditions)).context("a drawn square has its size")
    }
}
