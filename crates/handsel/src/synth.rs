//! `handsel synth`: palms and hands that belong to nobody, as folders, a contact sheet or a video for a fake camera.

mod compare;

use anyhow::{Context, Result};
use handsel_synth::{Dataset, DrawnHand};
use indicatif::ProgressBar;
use std::{
    fs::File,
    io::{BufWriter, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

/// What to draw, and where to.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// How many palms, left and right in turn, each of another invented person.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    palms: u32,
    /// How many captures of each.
    #[arg(long, default_value_t = 6, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    captures: u32,
    /// What everything is drawn from; the same seed draws the same pixels.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The folder to write: DIR/hand/<palm>/1/<nn>.jpg with its ground truth beside it, DIR/roi/<palm>/1/<nn>.png.
    #[arg(long, required_unless_present_any = ["video", "contact_sheet", "compare"])]
    out: Option<PathBuf>,
    /// Instead of folders: the captures of the first palm as an uncompressed video (YUV4MPEG2, 640 × 480), which browsers
    /// take for a fake camera.
    #[arg(long, conflicts_with = "out")]
    video: Option<PathBuf>,
    /// Instead of folders: one PNG with palms in rows and their captures in columns, for a person to judge.
    #[arg(long, value_name = "FILE.png", conflicts_with_all = ["out", "video"])]
    contact_sheet: Option<PathBuf>,
    /// Instead of folders: measure drawn palms beside the regions of interest under DIR/<palm>/<session>/, and print both.
    #[arg(long, value_name = "DIR", conflicts_with_all = ["out", "video", "contact_sheet"])]
    compare: Option<PathBuf>,
    /// Captures as hard as those that training uses, not as a shop's.
    #[arg(long)]
    training: bool,
}

pub(crate) fn run(args: Args) -> Result<ExitCode> {
    let dataset = Dataset { seed: args.seed, training: args.training, ..Dataset::new(args.palms, args.captures) };
    if let Some(dir) = &args.compare {
        print!("{}", compare::table(dir, &dataset)?);
    } else if let Some(path) = &args.contact_sheet {
        std::fs::write(path, dataset.contact_sheet()).with_context(|| format!("cannot write {}", path.display()))?;
        println!("{} palms, {} captures of each, on {}", args.palms, args.captures, path.display());
    } else if let Some(path) = &args.video {
        let dataset = Dataset { size_px: (640, 480), ..dataset };
        write_video(path, &dataset).with_context(|| format!("cannot write {}", path.display()))?;
        println!("{} captures in {}", args.captures, path.display());
    } else if let Some(out) = &args.out {
        let bar = ProgressBar::new(u64::from(args.palms) * u64::from(args.captures));
        dataset
            .write(out, |done| bar.set_position(u64::from(done)))
            .with_context(|| format!("cannot write under {}", out.display()))?;
        bar.finish_and_clear();
        println!("{} palms, {} captures of each, in {}", args.palms, args.captures, out.display());
    }
    Ok(ExitCode::SUCCESS)
}

/// How long each capture is held, in frames at ten a second: long enough for a page to look at it.
const HELD_FRAMES: usize = 8;

fn write_video(path: &Path, dataset: &Dataset) -> std::io::Result<()> {
    let (width, height) = dataset.size_px;
    let mut file = BufWriter::new(File::create(path)?);
    writeln!(file, "YUV4MPEG2 W{width} H{height} F10:1 Ip A1:1 C420")?;
    let palm = dataset.palm(0);
    for capture in 0..dataset.captures {
        let planes = yuv420(&palm.draw_hand(&dataset.conditions(0, capture)));
        for _ in 0..HELD_FRAMES {
            file.write_all(b"FRAME\n")?;
            file.write_all(&planes)?;
        }
    }
    file.flush()
}

/// ITU-R BT.601, limited range, chroma from the mean of 2 × 2 pixels; even sizes only.
fn yuv420(hand: &DrawnHand) -> Vec<u8> {
    let (width, height) = (hand.width as usize, hand.height as usize);
    let pixel =
        |x: usize, y: usize| -> [f32; 3] { std::array::from_fn(|c| f32::from(hand.rgb[(y * width + x) * 3 + c])) };
    let mix = |offset: f32, weights: [f32; 3], [r, g, b]: [f32; 3]| {
        (offset + (weights[0] * r + weights[1] * g + weights[2] * b) / 256.0).round() as u8
    };
    let mut planes = Vec::with_capacity(width * height * 3 / 2);
    for y in 0..height {
        planes.extend((0..width).map(|x| mix(16.0, [65.738, 129.057, 25.064], pixel(x, y))));
    }
    for weights in [[-37.945, -74.494, 112.439], [112.439, -94.154, -18.285]] {
        for y in (0..height).step_by(2) {
            planes.extend((0..width).step_by(2).map(|x| {
                let four = [pixel(x, y), pixel(x + 1, y), pixel(x, y + 1), pixel(x + 1, y + 1)];
                mix(128.0, weights, std::array::from_fn(|c| four.iter().map(|one| one[c]).sum::<f32>() / 4.0))
            }));
        }
    }
    planes
}
