//! `handsel inspect`: every stage of the pipeline, written where a person can look at it.

use anyhow::{Context, Result, bail};
use handsel_palm::{
    Capture, Frame, Quality, capture_traced,
    trace::{Trace, View},
};
use serde_json::{Map, Value, json};
use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

/// What to look at, and where to write what is seen.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// A JPEG, PNG or WebP frame of a whole hand.
    frame: PathBuf,
    /// The folder each stage is written to: images as PNG, and all numbers and points in `stages.json`. These files
    /// show the hand; they are yours to delete.
    #[arg(long)]
    out: PathBuf,
}

pub(crate) fn run(args: Args) -> Result<ExitCode> {
    let bytes = std::fs::read(&args.frame).with_context(|| format!("cannot read {}", args.frame.display()))?;
    let frame = Frame::decode(&bytes).with_context(|| format!("{} is not a frame", args.frame.display()))?;
    std::fs::create_dir_all(&args.out).with_context(|| format!("cannot make {}", args.out.display()))?;

    let mut files = Files { folder: &args.out, stages: Vec::new(), working: None, failed: None };
    let outcome = match capture_traced(&frame, &mut files) {
        Capture::Accepted(sample) => {
            json!({ "accepted": true, "side": sample.side.as_str(), "quality": quality(&sample.quality) })
        }
        Capture::Rejected(why) => json!({ "accepted": false, "quality": quality(&why) }),
    };
    if let Some(error) = files.failed {
        bail!("cannot write to {}: {error}", args.out.display());
    }
    let report = json!({ "outcome": outcome, "stages": files.stages });
    let path = args.out.join("stages.json");
    std::fs::write(&path, serde_json::to_vec_pretty(&report)?)
        .with_context(|| format!("cannot write {}", path.display()))?;
    println!("{}", serde_json::to_string_pretty(&outcome)?);
    println!("{} stages in {}", files.stages.len(), args.out.display());
    Ok(ExitCode::SUCCESS)
}

fn quality(quality: &Quality) -> Value {
    json!({ "score": quality.score, "reasons": quality.reasons.iter().map(|reason| reason.code()).collect::<Vec<_>>() })
}

/// Writes each stage as it comes: `01-working.png`, and the rest into `stages.json`.
struct Files<'a> {
    folder: &'a Path,
    stages: Vec<Value>,
    /// The first image, in whose pixels all points are given: width, height, grey.
    working: Option<(usize, usize, Vec<u8>)>,
    failed: Option<image::ImageError>,
}

impl Trace for Files<'_> {
    fn stage(&mut self, key: &'static str, view: View<'_>) {
        let number = self.stages.len() + 1;
        let mut stage = Map::from_iter([("stage".to_owned(), json!(key))]);
        match view {
            View::Grey { width, height, pixels } => {
                self.working.get_or_insert_with(|| (width, height, pixels.to_vec()));
                let name = format!("{number:02}-{key}.png");
                let (w, h) = (width as u32, height as u32);
                let written = image::save_buffer(self.folder.join(&name), pixels, w, h, image::ExtendedColorType::L8);
                self.failed = self.failed.take().or(written.err());
                stage.insert("image".to_owned(), json!(name));
            }
            View::Points(points) => {
                if let Some((width, height, grey)) = &self.working {
                    let name = format!("{number:02}-{key}.png");
                    let marked = marked(grey, *width, *height, points);
                    let written = image::save_buffer(
                        self.folder.join(&name),
                        &marked,
                        *width as u32,
                        *height as u32,
                        image::ExtendedColorType::Rgb8,
                    );
                    self.failed = self.failed.take().or(written.err());
                    stage.insert("image".to_owned(), json!(name));
                }
                let points = points.iter().map(|(name, x, y)| json!({ "name": name, "x": x, "y": y }));
                stage.insert("points".to_owned(), points.collect());
            }
            View::Numbers(numbers) => {
                let numbers = numbers.iter().map(|(name, value)| ((*name).to_owned(), json!(value)));
                stage.insert("numbers".to_owned(), Value::Object(numbers.collect()));
            }
        }
        self.stages.push(Value::Object(stage));
    }
}

/// The image with a red square of 5 × 5 px on each point, as RGB.
fn marked(grey: &[u8], width: usize, height: usize, points: &[(&str, f32, f32)]) -> Vec<u8> {
    let mut rgb: Vec<u8> = grey.iter().flat_map(|&value| [value; 3]).collect();
    for &(_, x, y) in points {
        let (x, y) = (x.round() as i64, y.round() as i64);
        for (x, y) in (y - 2..=y + 2).flat_map(|y| (x - 2..=x + 2).map(move |x| (x, y))) {
            if (0..width as i64).contains(&x) && (0..height as i64).contains(&y) {
                let at = 3 * (y as usize * width + x as usize);
                rgb[at..at + 3].copy_from_slice(&[230, 40, 40]);
            }
        }
    }
    rgb
}
