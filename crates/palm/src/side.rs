//! Which hand of the body a palm belongs to.

/// Left or right hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Side {
    /// The left hand: seen from the palm with the fingers up, its thumb points to the viewer's left.
    Left,
    /// The right hand: seen from the palm with the fingers up, its thumb points to the viewer's right.
    Right,
}

impl Side {
    /// The lower-case English word used in the API, in SQL and in logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Side::Left => "left",
            Side::Right => "right",
        }
    }
}
