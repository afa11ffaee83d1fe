//! Draws a whole hand on a background.

use crate::{
    backdrop::Backdrop,
    conditions::{Conditions, Facing},
    crease::Point,
    drawn::DrawnHand,
    flesh,
    layer::Layer,
    noise::smooth_step,
    palm::Palm,
    pose::Pose,
    rng::Rng,
    roi::CORNERS,
    shape::{Gesture, Hand, Place, Shape},
    skin::Skin,
};

/// Draws a palm's hand under these conditions.
pub(crate) fn draw(palm: &Palm, conditions: &Conditions) -> DrawnHand {
    let rng = &mut Rng::new(conditions.seed, "hand");
    let view = View::new(palm, conditions, rng);
    let backdrop = Backdrop::draw(conditions.background, rng);
    let (width, height) = conditions.size();
    let scale = width.min(height) as f32 / 720.0;
    let mut layer = Layer::empty(width, height);
    backdrop.fill(&mut layer, scale);
    view.draw_on(&mut layer);
    let rgb = layer.lit(&conditions.light).photographed(conditions, scale, rng);
    DrawnHand { width: width as u32, height: height as u32, rgb, key_points: view.key_points() }
}

/// One hand in one pose, ready to be drawn.
pub(crate) struct View<'a> {
    palm: &'a Palm,
    skin: Skin,
    hand: Hand,
    pose: Pose,
    facing: Facing,
    cupping: f32,
    /// Linear reflectance of the sleeve, where there is one.
    sleeve: Option<[f32; 3]>,
    /// Bands around fingers and wrist.
    worn: Vec<Band>,
}

/// A ring or a watch: a band around a finger or the wrist.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Band {
    /// The finger, 1 to 4; `None` is the wrist.
    pub(crate) finger: Option<usize>,
    /// Where along the finger from its root, or how far below the wrist, it begins and ends, in the palm's units.
    pub(crate) along: (f32, f32),
    /// Linear reflectance.
    pub(crate) colour: [f32; 3],
    /// How glossy it is; 1 is skin.
    pub(crate) gloss: f32,
}

/// The reach of the soft shadow around a hand, in the palm's units.
const SHADOW: f32 = 0.45;
/// How far from the outline inwards the body of the hand rises, in the palm's units: about a finger's half width.
const BODY_REACH: f32 = 0.36;
/// The side of the cells in which pixels are mapped to the palm, in pixels; within one the map is interpolated.
const CELL: usize = 12;

impl<'a> View<'a> {
    pub(crate) fn new(palm: &'a Palm, conditions: &Conditions, rng: &mut Rng) -> View<'a> {
        View::held(palm, (&palm.shape, palm.skin), &Gesture::STRAIGHT, conditions, rng)
    }

    /// The palm's creases on a hand of another shape and colour, held in this gesture.
    pub(crate) fn held(
        palm: &'a Palm,
        (shape, skin): (&Shape, Skin),
        gesture: &Gesture,
        conditions: &Conditions,
        rng: &mut Rng,
    ) -> View<'a> {
        let mirrored = palm.thumb_on_right() != (conditions.facing == Facing::Back);
        let pose = Pose::of_hand(conditions, mirrored, rng);
        let hand = shape.pose(conditions.spread, gesture, rng);
        let cloth = std::array::from_fn(|_| rng.range(0.02, 0.30));
        let sleeve = conditions.sleeve.then_some(cloth);
        View { palm, skin, hand, pose, facing: conditions.facing, cupping: conditions.cupping, sleeve, worn: vec![] }
    }

    /// The same with these bands around fingers and wrist.
    pub(crate) fn wearing(self, worn: Vec<Band>) -> View<'a> {
        View { worn, ..self }
    }

    /// Draws the hand over what the layer shows.
    pub(crate) fn draw_on(&self, layer: &mut Layer) {
        for top in (0..layer.height).step_by(CELL) {
            for left in (0..layer.width).step_by(CELL) {
                let corner = |dx: usize, dy: usize| self.pose.palm_of([(left + dx) as f32, (top + dy) as f32]);
                let corners = [corner(0, 0), corner(CELL, 0), corner(0, CELL), corner(CELL, CELL)];
                let middle = mix(mix(corners[0], corners[1], 0.5), mix(corners[2], corners[3], 0.5), 0.5);
                let reach = 0.9 * CELL as f32 / self.pose.px_per_unit;
                let there = self.place(middle);
                if there.distance > SHADOW + reach {
                    continue;
                }
                // Deep inside the palm the outline does not matter: one place serves the whole cell.
                let deep = there.distance < -(BODY_REACH + 2.0 * reach) && there.to_finger > 0.15 + 2.0 * reach;
                let there = deep.then_some(there);
                for y in top..(top + CELL).min(layer.height) {
                    let t = (y - top) as f32 + 0.5;
                    let t = t / CELL as f32;
                    let (start, end) = (mix(corners[0], corners[2], t), mix(corners[1], corners[3], t));
                    for x in left..(left + CELL).min(layer.width) {
                        let point = mix(start, end, ((x - left) as f32 + 0.5) / CELL as f32);
                        let place = there.unwrap_or_else(|| self.place(point));
                        self.draw_pixel(layer, y * layer.width + x, point, &place);
                    }
                }
            }
        }
    }

    fn draw_pixel(&self, layer: &mut Layer, i: usize, point: Point, place: &Place) {
        let px = self.pose.px_per_unit;
        let cover = smooth_step(0.75, -0.75, place.distance * px);
        let behind = layer.colours[i];
        let shade = 1.0 - 0.22 * (1.0 - smooth_step(-0.1, SHADOW, place.distance));
        if cover <= 0.0 {
            layer.colours[i] = behind.map(|c| c * shade);
            return;
        }
        // The rounded body: a quarter circle from the outline inwards, as high as a finger is thick.
        let inwards = (1.0 - (-place.distance / BODY_REACH).clamp(0.0, 1.0)).min(1.0);
        let body = 0.24 * (1.0 - inwards * inwards).max(0.0).sqrt();
        let (colour, height, gloss) = match self.sleeve_at(point) {
            Some(cloth) => (cloth, body + 0.12, 0.0),
            None => {
                let flesh = self.flesh(point, place);
                let firm = smooth_step(0.0, 0.12, -place.distance);
                match self.band_at(point, place) {
                    Some(band) => (band.colour, body + 0.05, band.gloss),
                    None => (flesh.colour, body + firm * flesh.height, flesh.gloss),
                }
            }
        };
        layer.heights[i] = layer.heights[i].max(px * height);
        layer.gloss[i] = gloss;
        layer.colours[i] = std::array::from_fn(|c| behind[c] * shade * (1.0 - cover) + colour[c] * cover);
        layer.cover[i] = layer.cover[i].max(cover);
    }

    fn flesh(&self, point: Point, place: &Place) -> flesh::Flesh {
        let palm = self.palm;
        match self.facing {
            Facing::Palm => {
                let print = palm.surface.at(point, self.pose.px_per_unit);
                flesh::of_front(place, print, &self.hand, &self.skin, &palm.grain, self.cupping)
            }
            Facing::Back => flesh::of_back(point, place, &self.hand, &self.skin, &palm.grain),
        }
    }

    /// The place of a point on the hand, where the sleeve widens the forearm.
    fn place(&self, point: Point) -> Place {
        let mut place = self.hand.place(point);
        if self.sleeve.is_some() && point[1] < self.sleeve_y(point[0]) {
            place.distance -= 0.16;
        }
        place
    }

    fn sleeve_at(&self, point: Point) -> Option<[f32; 3]> {
        let below = self.sleeve_y(point[0]) - point[1];
        let cloth = self.sleeve.filter(|_| below > 0.0)?;
        // A hem, and the weave.
        let hem = if below < 0.22 { 0.8 } else { 1.0 };
        let weave = 1.0 + 0.12 * self.palm.grain.at(30.0 * point[0], 30.0 * point[1]);
        Some(cloth.map(|c| c * hem * weave))
    }

    fn band_at(&self, point: Point, place: &Place) -> Option<&Band> {
        self.worn.iter().find(|band| {
            let at = match band.finger {
                None => self.hand.wrist_y - point[1],
                Some(finger) => place.finger.filter(|on| on.0 == finger).map_or(f32::NAN, |on| on.1),
            };
            at > band.along.0 && at < band.along.1
        })
    }

    fn sleeve_y(&self, x: f32) -> f32 {
        self.hand.wrist_y - 0.45 - 0.05 * x * x
    }

    /// Whether the thumb is seen on the right of the upright hand.
    pub(crate) fn thumb_on_right(&self) -> bool {
        self.pose.mirrored
    }

    /// The key points in pixels, in the order of [`crate::KEY_POINTS`].
    pub(crate) fn key_points(&self) -> Vec<(&'static str, f32, f32)> {
        let hand = &self.hand;
        let tip = |i: usize| hand.fingers[i].tip();
        let [wrist_thumb, wrist_little] = hand.wrist_ends();
        let on_palm = [
            ("tip_thumb", tip(0)),
            ("tip_index", tip(1)),
            ("tip_middle", tip(2)),
            ("tip_ring", tip(3)),
            ("tip_little", tip(4)),
            ("valley_thumb_index", hand.valley(0)),
            ("valley_index_middle", hand.valley(1)),
            ("valley_middle_ring", hand.valley(2)),
            ("valley_ring_little", hand.valley(3)),
            ("palm_centre", [0.0, -0.3]),
            ("wrist_thumb", wrist_thumb),
            ("wrist_little", wrist_little),
        ];
        let to_pixel = |(name, point): (&'static str, Point)| {
            let [x, y] = self.pose.pixel_of(point);
            (name, x, y)
        };
        on_palm.into_iter().chain(CORNERS).map(to_pixel).collect()
    }
}

fn mix(a: Point, b: Point, t: f32) -> Point {
    [a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t]
}
