//! How fit a sample is for comparison, and why it is not.

mod edge;
mod judge;
mod measure;

pub(crate) use edge::edge_blur;
pub(crate) use judge::{Evidence, UNLIT, judge};
pub(crate) use measure::measure;

/// How fit a sample is for comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quality {
    /// 0 (useless) to 100 (ideal).
    pub score: u8,
    /// What lowers it, worst first; empty when nothing does.
    pub reasons: Vec<Reason>,
}

/// What lowers the quality of a sample, or keeps a frame from becoming one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reason {
    /// No hand was found.
    NoHand,
    /// More than one hand was found.
    SeveralHands,
    /// The back of a hand is shown, not its palm.
    BackOfHand,
    /// Part of the palm lies outside the frame.
    CutOff,
    /// The fingers touch, so their valleys cannot be found.
    FingersClosed,
    /// The palm is too small in the frame.
    TooFar,
    /// The palm fills more than the frame can show.
    TooClose,
    /// Too little light on the palm.
    TooDark,
    /// Too much light on the palm.
    TooBright,
    /// The palm is out of focus or moved.
    Blurred,
}

impl Reason {
    /// Every reason, in the order in which they are worth telling a person.
    pub const ALL: [Reason; 10] = [
        Reason::NoHand,
        Reason::SeveralHands,
        Reason::BackOfHand,
        Reason::CutOff,
        Reason::FingersClosed,
        Reason::TooFar,
        Reason::TooClose,
        Reason::TooDark,
        Reason::TooBright,
        Reason::Blurred,
    ];

    /// The stable snake-case code used in the API and in counts.
    pub fn code(self) -> &'static str {
        match self {
            Reason::NoHand => "no_hand",
            Reason::SeveralHands => "several_hands",
            Reason::BackOfHand => "back_of_hand",
            Reason::CutOff => "cut_off",
            Reason::FingersClosed => "fingers_closed",
            Reason::TooFar => "too_far",
            Reason::TooClose => "too_close",
            Reason::TooDark => "too_dark",
            Reason::TooBright => "too_bright",
            Reason::Blurred => "blurred",
        }
    }
}
