//! Draws hands and palms that belong to nobody, with ground truth.
//!
//! ```text
//! seed ─► Palm: principal lines, finer creases, skin, shape ─┐
//!                                                            ├─► draw_roi   the aligned square, grey
//! seed ─► Conditions: pose, stretch, light, blur, noise ─────┴─► draw_hand  a whole hand, with its key points
//! ```
//!
//! Both draw from one palm's skin, so all captures of a palm share its creases. The same seed draws the same
//! pixels on every machine.

mod backdrop;
mod blocks;
mod clutter;
pub mod conditions;
mod crease;
pub mod dataset;
mod drawn;
mod flesh;
mod grey;
mod hand;
mod layer;
mod lines;
pub mod measure;
mod noise;
mod palm;
mod pixels;
mod pose;
mod rng;
mod roi;
pub mod scene;
mod shape;
mod sheet;
pub mod skin;
pub mod statistics;
mod surface;
mod texture;
mod warp;
pub mod wild;

pub use conditions::{Background, Conditions, Facing, Light, Misalignment, Plaster, Shadow};
pub use dataset::Dataset;
pub use drawn::{DrawnHand, KEY_POINTS};
pub use palm::Palm;
pub use scene::Scene;
