//! The shape of one person's hand, and its outline in one pose.

use crate::{crease::Point, noise::smooth_step, rng::Rng};

/// The proportions of one person's hands, in the palm's units (about 29 mm).
#[derive(Debug, Clone)]
pub(crate) struct Shape {
    /// Index, middle, ring and little finger: lengths from the crease at the root.
    pub(crate) finger_lengths: [f32; 4],
    /// Half the width of each at its root.
    pub(crate) finger_widths: [f32; 4],
    /// How much each bends sideways, at rest.
    bends: [f32; 4],
    thumb_length: f32,
    thumb_width: f32,
    /// The palm's breadth as a share of the mean.
    breadth: f32,
    /// The palm's length as a share of the mean.
    length: f32,
    wrist: f32,
}

/// What the numbers of [`Shape`] are multiplied by, and then lowered by, so that the region of interest is 1.25 times the
/// distance between the index–middle and the ring–little valley and begins 0.15 of it below, as the localiser cuts it.
const TO_PALM_UNITS: (f32, f32) = (1.07, 0.14);

/// Where a fingertip's rounding begins before the end of the axis, and how long it is, in half widths.
const TIP_BACK: f32 = 0.86;
const TIP_ROUND: f32 = 1.12;

/// How the fingers are held besides being spread: thumb, index, middle, ring and little finger.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Gesture {
    /// Turned towards the little finger, in degrees.
    pub(crate) turns_deg: [f32; 5],
    /// How much of its length each shows: less than 1 when it bends towards the camera or away.
    pub(crate) shown: [f32; 5],
}

impl Gesture {
    /// Straight fingers, none turned.
    pub(crate) const STRAIGHT: Gesture = Gesture { turns_deg: [0.0; 5], shown: [1.0; 5] };

    /// Fingers bent together or one by one, turned and crossed a little, the thumb in or out.
    pub(crate) fn draw(rng: &mut Rng) -> Gesture {
        let loose = rng.unit() * rng.unit();
        let together = 1.0 - 0.35 * loose * rng.unit();
        let mut gesture = Gesture {
            turns_deg: std::array::from_fn(|_| rng.around(0.0, 1.0 + 4.0 * loose)),
            shown: std::array::from_fn(|_| together * (1.0 - 0.25 * loose * rng.unit())),
        };
        gesture.turns_deg[0] = rng.range(-12.0, 14.0) + if rng.chance(0.15) { rng.range(0.0, 25.0) } else { 0.0 };
        if rng.chance(0.12) {
            let bent = rng.count(1, 4);
            gesture.shown[bent] *= rng.range(0.45, 0.8);
        }
        gesture
    }
}

/// One finger in one pose: an axis with a half width along it.
#[derive(Debug, Clone)]
pub(crate) struct Finger {
    pub(crate) root: Point,
    along: Point,
    pub(crate) length: f32,
    /// Half the width at the root.
    pub(crate) width: f32,
    bend: f32,
    thumb: bool,
}

/// A hand in one pose, thumb on the left.
#[derive(Debug, Clone)]
pub(crate) struct Hand {
    /// Thumb, index, middle, ring and little finger.
    pub(crate) fingers: [Finger; 5],
    bones: [(Point, f32, Point, f32); 8],
    /// How far fingers beside each other melt together: only where they touch.
    touch: f32,
    pub(crate) wrist_y: f32,
}

/// A place on a hand.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    /// Signed distance from the outline: negative inside.
    pub(crate) distance: f32,
    /// The distance to the nearest finger's outline, which may be far inside the palm.
    pub(crate) to_finger: f32,
    /// The nearest finger, with the place along it from its root, across it, and the half width there.
    pub(crate) finger: Option<(usize, f32, f32, f32)>,
}

impl Shape {
    /// A hand drawn around adult proportions.
    pub(crate) fn draw(rng: &mut Rng) -> Shape {
        let long = rng.around(1.0, 0.05);
        let slim = rng.around(1.0, 0.045);
        // Means from anthropometry's round figures: 72, 80, 74, 58 mm long and 18.5, 18.5, 17.5, 15.5 mm wide.
        let finger_lengths = [2.50, 2.78, 2.58, 2.05].map(|mean| mean * long * rng.around(1.0, 0.025));
        let finger_widths = [0.340, 0.342, 0.322, 0.276].map(|mean| mean * slim * rng.around(1.0, 0.015));
        Shape {
            finger_lengths,
            finger_widths,
            bends: [0.06, 0.01, -0.03, -0.08].map(|mean| rng.around(mean, 0.035)),
            thumb_length: 2.12 * long * rng.around(1.0, 0.04),
            thumb_width: 0.395 * slim * rng.around(1.0, 0.03),
            breadth: 0.5 + 0.5 * slim * rng.around(1.0, 0.03),
            length: rng.around(1.0, 0.035),
            wrist: rng.around(1.0, 0.05),
        }
    }

    /// A hand further from adult proportions than people's are, for what must not be taken for granted.
    pub(crate) fn draw_varied(rng: &mut Rng) -> Shape {
        let mut shape = Shape::draw(rng);
        let (long, slim) = (rng.around(1.0, 0.05), rng.around(1.0, 0.07));
        shape.finger_lengths = shape.finger_lengths.map(|length| length * long * rng.around(1.0, 0.02));
        shape.finger_widths = shape.finger_widths.map(|width| width * slim * rng.around(1.0, 0.02));
        shape.thumb_length *= long * rng.around(1.0, 0.05);
        shape.thumb_width *= slim * rng.around(1.0, 0.05);
        shape.breadth *= rng.around(1.0, 0.03);
        shape.length *= rng.around(1.0, 0.04);
        shape.wrist *= rng.around(1.0, 0.07);
        shape
    }

    /// The hand with its fingers spread: 0 closed, 1 comfortably open, 1.5 as wide as they go.
    pub(crate) fn pose(&self, spread: f32, gesture: &Gesture, rng: &mut Rng) -> Hand {
        let (b, l) = (self.breadth, self.length);
        let roots = [[-1.02 * b, 1.22], [-0.34 * b, 1.42], [0.35 * b, 1.33], [0.97 * b, 1.03]];
        // Degrees from upright, towards the little finger: closed, and what a spread of 1 adds.
        let closed = [4.6, 0.9, -3.2, -8.0];
        let opened = [-16.5, -4.5, 10.0, 25.0];
        let finger = |i: usize, rng: &mut Rng| {
            let wobble = 1.1 * rng.range(-1.0, 1.0) * spread.min(1.0);
            let angle = (closed[i] + spread * opened[i] + wobble + gesture.turns_deg[i + 1]).to_radians();
            let along = [libm::sinf(angle), libm::cosf(angle)];
            // The joint lies below the crease at the root: a spread finger's root moves sideways with it.
            let root = [roots[i][0] + 0.45 * along[0], roots[i][1] - 0.45 + 0.45 * along[1]];
            let (length, width) = (self.finger_lengths[i] * gesture.shown[i + 1], self.finger_widths[i]);
            Finger { root, along, length, width, bend: self.bends[i], thumb: false }
        };
        let [index, middle, ring, little] = std::array::from_fn(|i| finger(i, rng));
        let out = (-(20.0 + 29.0 * spread.min(1.2)) + rng.range(-4.0, 4.0) + gesture.turns_deg[0]).to_radians();
        let along = [libm::sinf(out), libm::cosf(out)];
        let thumb_root = [-1.50 * b - 0.05 * spread, -0.52 * l];
        let thumb = Finger {
            root: thumb_root,
            along,
            length: self.thumb_length * gesture.shown[0],
            width: self.thumb_width,
            bend: -0.07 - 0.04 * spread,
            thumb: true,
        };
        let w = self.wrist;
        let bones = [
            ([-0.45, -1.95 * l], 0.55 * w, [-0.97 * b, 0.86], 0.48 * b),
            ([-0.10, -2.05 * l], 0.60 * w, [-0.33 * b, 1.03], 0.45 * b),
            ([0.25, -2.05 * l], 0.60 * w, [0.35 * b, 0.95], 0.45 * b),
            ([0.45, -1.95 * l], 0.55 * w, [0.97 * b, 0.62], 0.46 * b),
            // The thumb's metacarpal under its mount, and the mount of the little finger.
            ([-0.62, -1.75 * l], 0.52, thumb_root, self.thumb_width + 0.07),
            ([-0.72, -1.25 * l], 0.66, [-b, -0.25], 0.52),
            ([0.76 * b, -1.48 * l], 0.56, [0.99 * b, 0.10], 0.455 * b),
            // The forearm.
            ([0.0, -2.5 * l], 0.94 * w, [0.0, -40.0], 2.3 * w),
        ];
        let touch = 0.004 + 0.08 * (1.0 - spread / 0.2).max(0.0);
        Hand { fingers: [thumb, index, middle, ring, little], bones, touch, wrist_y: -2.42 * l }.in_palm_units()
    }
}

impl Finger {
    /// A point in the finger's own terms: along it from its root, and across it.
    pub(crate) fn local(&self, p: Point) -> (f32, f32) {
        let (dx, dy) = (p[0] - self.root[0], p[1] - self.root[1]);
        let u = dx * self.along[0] + dy * self.along[1];
        let share = (u / self.length).clamp(0.0, 1.2);
        (u, dx * self.along[1] - dy * self.along[0] - self.bend * self.length * share * share)
    }

    /// The point this far along the finger's axis.
    pub(crate) fn axis(&self, u: f32) -> Point {
        let share = (u / self.length).clamp(0.0, 1.2);
        let v = self.bend * self.length * share * share;
        [self.root[0] + u * self.along[0] + v * self.along[1], self.root[1] + u * self.along[1] - v * self.along[0]]
    }

    /// The outermost point of the finger.
    pub(crate) fn tip(&self) -> Point {
        let end = self.half_width(self.length);
        self.axis(self.length + (TIP_ROUND - TIP_BACK) * end)
    }

    /// Where the creases at the joints lie, as shares of the length.
    pub(crate) fn joints(&self) -> [f32; 2] {
        if self.thumb { [0.0, 0.50] } else { [0.41, 0.71] }
    }

    /// Half the width at a place along the finger: fuller between the joints and at them, narrowing to the tip.
    pub(crate) fn half_width(&self, u: f32) -> f32 {
        let share = (u / self.length).clamp(-0.3, 1.0);
        if self.thumb {
            let joint = 1.0 - ((share - 0.50) / 0.11).abs().min(1.0);
            let pad = 1.0 - ((share - 0.76) / 0.26).abs().min(1.0);
            return self.width * (1.04 - 0.16 * share.max(0.0) + 0.03 * ease(joint) + 0.08 * ease(pad));
        }
        let first = 1.0 - ((share - 0.41) / 0.12).abs().min(1.0);
        let second = 1.0 - ((share - 0.71) / 0.10).abs().min(1.0);
        let root = 1.0 - ((share - 0.10) / 0.25).abs().min(1.0);
        self.width * (1.0 - 0.20 * share.max(0.0) + 0.035 * ease(first) + 0.03 * ease(second) + 0.02 * ease(root))
    }

    /// Signed distance from the finger's outline at a place along and across it.
    fn distance(&self, u: f32, v: f32) -> f32 {
        let cap = self.length - TIP_BACK * self.half_width(self.length);
        if u > cap {
            let t = (u - cap) / TIP_ROUND;
            let r = self.half_width(cap);
            return (t * t + v * v).sqrt() - r;
        }
        let start = if self.thumb { -0.1 } else { -0.5 };
        let below = (start - u).max(0.0);
        (v * v + below * below).sqrt() - self.half_width(u.max(start))
    }
}

impl Hand {
    fn in_palm_units(mut self) -> Hand {
        let (scale, lower) = TO_PALM_UNITS;
        let place = |p: Point| [scale * p[0], scale * p[1] - lower];
        for finger in &mut self.fingers {
            finger.root = place(finger.root);
            finger.length *= scale;
            finger.width *= scale;
        }
        for (a, ra, b, rb) in &mut self.bones {
            (*a, *ra, *b, *rb) = (place(*a), scale * *ra, place(*b), scale * *rb);
        }
        self.wrist_y = scale * self.wrist_y - lower;
        self
    }

    /// Where a point lies on the hand.
    pub(crate) fn place(&self, p: Point) -> Place {
        let mut palm = f32::INFINITY;
        for (i, &(a, ra, b, rb)) in self.bones.iter().enumerate() {
            let softness = if i == 7 { 0.60 } else { 0.34 };
            palm = soft_min(palm, bone_distance(p, a, ra, b, rb), softness);
        }
        let (mut distance, mut finger, mut nearest) = (palm, None, 0.10);
        let mut to_finger = f32::INFINITY;
        for (i, f) in self.fingers.iter().enumerate() {
            let (u, v) = f.local(p);
            if u < -0.9 || u > f.length + 0.7 || v.abs() > f.width + 0.8 {
                continue;
            }
            let d = f.distance(u, v);
            // The webs: wide at the thumb, narrow between fingers, gone further up so that closed fingers stay apart.
            let softness = (if i == 0 { 0.34 } else { 0.13 }) * (1.0 - smooth_step(0.2, 0.8, u)) + self.touch;
            distance = soft_min(distance, d, softness);
            to_finger = to_finger.min(d);
            if d < nearest {
                nearest = d;
                finger = Some((i, u, v, f.half_width(u)));
            }
        }
        Place { distance, to_finger, finger }
    }

    /// The deepest point of the web between two neighbouring fingers (0 is between thumb and index).
    pub(crate) fn valley(&self, between: usize) -> Point {
        let (a, b) = (&self.fingers[between], &self.fingers[between + 1]);
        // Down the middle of the gap from half way up the fingers, until the skin.
        let reach = if between == 0 { 0.75 } else { 0.55 };
        let (high_a, high_b) = (a.axis(reach * a.length), b.axis(reach * b.length));
        let low = |f: &Finger| f.axis(if between == 0 { -0.2 } else { -0.3 });
        let (low_a, low_b) = (low(a), low(b));
        let middle = |p: Point, q: Point| [0.5 * (p[0] + q[0]), 0.5 * (p[1] + q[1])];
        let (high, low) = (middle(high_a, high_b), middle(low_a, low_b));
        let at = |t: f32| [low[0] + (high[0] - low[0]) * t, low[1] + (high[1] - low[1]) * t];
        // The least distance along the way up is where the gap opens; closed fingers have no gap, so the first rise.
        let steps = 400;
        let first = (0..=steps).find(|i| self.place(at(*i as f32 / steps as f32)).distance > -0.004);
        at(first.unwrap_or(steps / 4) as f32 / steps as f32)
    }

    /// Where the outline crosses the wrist: thumb's side, little finger's side.
    pub(crate) fn wrist_ends(&self) -> [Point; 2] {
        [-1.0, 1.0].map(|side: f32| {
            let edge = (0..300).map(|i| side * i as f32 * 0.01).find(|x| self.place([*x, self.wrist_y]).distance > 0.0);
            [edge.unwrap_or(side), self.wrist_y]
        })
    }
}

/// Signed distance from a bone: a segment with a radius at each end.
fn bone_distance(p: Point, a: Point, ra: f32, b: Point, rb: f32) -> f32 {
    let (ab, ap) = ([b[0] - a[0], b[1] - a[1]], [p[0] - a[0], p[1] - a[1]]);
    let t = ((ap[0] * ab[0] + ap[1] * ab[1]) / (ab[0] * ab[0] + ab[1] * ab[1])).clamp(0.0, 1.0);
    let (dx, dy) = (ap[0] - t * ab[0], ap[1] - t * ab[1]);
    (dx * dx + dy * dy).sqrt() - (ra + (rb - ra) * t)
}

/// The smaller of two distances, rounded where they meet within `softness`.
fn soft_min(a: f32, b: f32, softness: f32) -> f32 {
    let h = (softness - (a - b).abs()).max(0.0) / softness;
    a.min(b) - 0.25 * h * h * softness
}

fn ease(t: f32) -> f32 {
    crate::noise::ease(t)
}
