//! A palm that belongs to nobody.

use crate::{
    conditions::Conditions,
    drawn::DrawnHand,
    hand, lines,
    noise::Noise,
    rng::Rng,
    roi,
    shape::Shape,
    skin::Skin,
    statistics::{self, PrincipalLine},
    surface::Surface,
};
use handsel_palm::Side;

/// A palm that belongs to nobody, drawn from a seed.
///
/// Left and right palms of one seed belong to one invented person: hand shape and skin are shared, creases are not.
pub struct Palm {
    side: Side,
    pub(crate) skin: Skin,
    pub(crate) shape: Shape,
    pub(crate) surface: Surface,
    /// The mottling of fingers and back.
    pub(crate) grain: Noise,
    lines: [PrincipalLine; 3],
}

impl Palm {
    /// The palm of this seed and side: the same seed draws the same palm on every machine.
    ///
    /// Its skin is drawn when a drawing first asks for it: once for regions of interest, once for whole hands.
    pub fn from_seed(seed: u64, side: Side) -> Palm {
        Palm::sibling(seed, seed, side)
    }

    /// The palm of `seed`, but with the courses of the principal lines of `lines_of`'s palm: a hard negative, which only
    /// what runs beside and between those lines tells from the other.
    pub fn sibling(seed: u64, lines_of: u64, side: Side) -> Palm {
        let person = &mut Rng::new(seed, "person");
        let (skin, shape) = (Skin::draw(person), Shape::draw(person));
        let lines = statistics::principal_lines(&mut Rng::new(lines_of, side.as_str()));
        let rng = &mut Rng::new(seed, &format!("finer {}", side.as_str()));
        let surface = Surface::palmar(lines::creases(&lines, rng), rng);
        Palm { side, skin, shape, surface, grain: Noise::new(rng), lines }
    }

    /// Which hand it is.
    pub fn side(&self) -> Side {
        self.side
    }

    /// The colours of its skin.
    pub fn skin(&self) -> &Skin {
        &self.skin
    }

    /// Its life, head and heart line.
    pub fn principal_lines(&self) -> &[PrincipalLine; 3] {
        &self.lines
    }

    /// Draws the aligned square: `handsel_palm::Roi::SIDE_PX²` grey values, in the region of interest's orientation.
    pub fn draw_roi(&self, conditions: &Conditions) -> Vec<u8> {
        roi::draw(self, conditions)
    }

    /// Draws the whole hand.
    pub fn draw_hand(&self, conditions: &Conditions) -> DrawnHand {
        hand::draw(self, conditions)
    }

    /// Whether the thumb lies on the right of the palm seen with the fingers up.
    ///
    /// Anatomy: with the palm to the viewer and the fingers up, a left hand's thumb points to the viewer's left.
    pub(crate) fn thumb_on_right(&self) -> bool {
        self.side == Side::Right
    }
}

impl std::fmt::Debug for Palm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Palm").field("side", &self.side).finish_non_exhaustive()
    }
}
