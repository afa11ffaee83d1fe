//! How public palm sets name their images: whose palm a file shows, and when it was taken.
//!
//! Which of these were checked against a public description is said in docs/EVALUATION.md.

/// A layout of folders and file names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Layout {
    /// `PALM/SESSION/IMAGE`; palms named `X-left` and `X-right` belong to one subject.
    Handsel,
    /// Tongji contactless: `session1/00001.bmp`, ten images of each palm in turn.
    Tongji,
    /// IIT Delhi touchless: `Left/001_1.bmp`, `Right/001_1.bmp`.
    Iitd,
    /// PolyU: `PolyU_001_F_01.bmp` or `P_F_1_1.bmp`, F first and S second session.
    Polyu,
    /// CASIA: `0001/0001_m_l_01.jpg`, or without the folders.
    Casia,
    /// XJTU-UP: `huawei/Flash/L_001/IMG_0001.JPG`, or one device's folder.
    XjtuUp,
    /// MPD: `001_1_h_l_01.jpg`: subject, period, phone, side, image.
    Mpd,
}

/// Whose palm an image shows, and when it was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) subject: String,
    pub(crate) palm: String,
    /// From the whole to its parts, separated by `/`.
    pub(crate) session: String,
}

impl Layout {
    /// What a path under the folder says, part by part; `None` when it does not fit.
    pub(crate) fn place(self, path: &[&str]) -> Option<Place> {
        let (file, folders) = path.split_last()?;
        let stem = file.rsplit_once('.').map_or(*file, |(stem, _)| stem);
        let fields: Vec<&str> = stem.split('_').collect();
        match (self, folders, fields.as_slice()) {
            (Layout::Handsel, [palm, session], _) => Some(Place {
                subject: subject_of(palm).to_owned(),
                palm: (*palm).to_owned(),
                session: (*session).to_owned(),
            }),
            (Layout::Tongji, [session], [index]) => {
                let session = session.to_ascii_lowercase().strip_prefix("session").and_then(number)?;
                let palm = number(index)?.checked_sub(1)? / 10;
                Some(paired(palm, session))
            }
            (Layout::Iitd, [hand], [subject, image]) => {
                number(image)?;
                sided(number(subject)?, hand, "1".into())
            }
            (Layout::Polyu, [], ["PolyU", palm, session, image] | ["P", session, palm, image]) => {
                number(image)?;
                let session = ["F", "S"].iter().position(|s| s == session)? + 1;
                Some(paired(number(palm)?.checked_sub(1)?, session))
            }
            (Layout::Casia, [] | [_], [subject, "m" | "f", side, image]) => {
                let subject = number(subject)?;
                number(image)?;
                if folders.first().is_some_and(|folder| number(folder) != Some(subject)) {
                    return None;
                }
                sided(subject, side, "1".into())
            }
            (Layout::XjtuUp, [device @ .., light, palm], _) if device.len() <= 1 => {
                let (side, subject) = palm.split_once('_')?;
                sided(number(subject)?, side, [device, &[*light]].concat().join("/"))
            }
            (Layout::Mpd, _, [subject, period, phone, side, image]) => {
                number(image)?;
                sided(number(subject)?, side, format!("{}/{phone}", number(period)?))
            }
            _ => None,
        }
    }

    /// What a path should look like, for an error.
    pub(crate) fn expected(self) -> &'static str {
        match self {
            Layout::Handsel => "<palm>/<session>/<image>",
            Layout::Tongji => "session1/00001.bmp and session2/00001.bmp",
            Layout::Iitd => "Left/001_1.bmp and Right/001_1.bmp",
            Layout::Polyu => "PolyU_001_F_01.bmp or P_F_1_1.bmp",
            Layout::Casia => "0001/0001_m_l_01.jpg or 0001_m_l_01.jpg",
            Layout::XjtuUp => "huawei/Flash/L_001/<image> or Flash/L_001/<image>",
            Layout::Mpd => "001_1_h_l_01.jpg",
        }
    }
}

/// The subject of a palm by its name: `X-left` and `X-right` belong to one, and any other palm is its own.
pub(crate) fn subject_of(palm: &str) -> &str {
    palm.strip_suffix("-left").or_else(|| palm.strip_suffix("-right")).unwrap_or(palm)
}

/// Digits only, so that neither sign nor space passes for a number.
fn number(text: impl AsRef<str>) -> Option<usize> {
    let text = text.as_ref();
    text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok())?
}

/// Palms numbered from 0, two of each subject in turn, whichever comes first.
fn paired(palm: usize, session: usize) -> Place {
    let subject = format!("{:03}", palm / 2 + 1);
    Place { palm: format!("{subject}-{}", ["a", "b"][palm % 2]), subject, session: session.to_string() }
}

/// A palm whose side is told by a word or letter.
fn sided(subject: usize, side: &str, session: String) -> Option<Place> {
    let side = match side.trim().to_ascii_lowercase().trim_end_matches("hand").trim_end() {
        "l" | "left" => "left",
        "r" | "right" => "right",
        _ => return None,
    };
    let subject = format!("{subject:04}");
    Some(Place { palm: format!("{subject}-{side}"), subject, session })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_set_says_whose_palm_it_is() {
        let cases = [
            (Layout::Handsel, "a-left/1/x.png", "a", "a-left", "1"),
            (Layout::Handsel, "007/2/x", "007", "007", "2"),
            (Layout::Tongji, "session1/00001.bmp", "001", "001-a", "1"),
            (Layout::Tongji, "session1/00010.bmp", "001", "001-a", "1"),
            (Layout::Tongji, "session2/00011.bmp", "001", "001-b", "2"),
            (Layout::Tongji, "session2/06000.bmp", "300", "300-b", "2"),
            (Layout::Iitd, "Left/001_3.bmp", "0001", "0001-left", "1"),
            (Layout::Iitd, "Right Hand/230_1.bmp", "0230", "0230-right", "1"),
            (Layout::Iitd, "Left  Hand/230_1.JPG", "0230", "0230-left", "1"),
            (Layout::Polyu, "PolyU_001_F_01.bmp", "001", "001-a", "1"),
            (Layout::Polyu, "PolyU_386_S_17.bmp", "193", "193-b", "2"),
            (Layout::Polyu, "P_F_102_7.bmp", "051", "051-b", "1"),
            (Layout::Casia, "0001/0001_m_l_01.jpg", "0001", "0001-left", "1"),
            (Layout::Casia, "0301_f_r_12.jpg", "0301", "0301-right", "1"),
            (Layout::XjtuUp, "huawei/Flash/L_001/IMG_1.JPG", "0001", "0001-left", "huawei/Flash"),
            (Layout::XjtuUp, "Nature/R_100/IMG_1.JPG", "0100", "0100-right", "Nature"),
            (Layout::Mpd, "001_1_h_l_01.jpg", "0001", "0001-left", "1/h"),
            (Layout::Mpd, "original palms/200_2_m_r_10.jpg", "0200", "0200-right", "2/m"),
        ];
        for (layout, path, subject, palm, session) in cases {
            let parts: Vec<&str> = path.split('/').collect();
            let place = Place { subject: subject.into(), palm: palm.into(), session: session.into() };
            assert_eq!(layout.place(&parts), Some(place), "{layout:?} {path}");
        }
    }

    #[test]
    fn what_does_not_fit_is_nobodys() {
        let cases = [
            (Layout::Handsel, "x.png"),
            (Layout::Handsel, "a/1/2/x.png"),
            (Layout::Tongji, "session1/00000.bmp"),
            (Layout::Tongji, "first/00001.bmp"),
            (Layout::Tongji, "session1/+0001.bmp"),
            (Layout::Tongji, "session1/99999999999999999999999.bmp"),
            (Layout::Iitd, "Leftover/001_1.bmp"),
            (Layout::Iitd, "Left/001.bmp"),
            (Layout::Polyu, "PolyU_001_T_01.bmp"),
            (Layout::Polyu, "PolyU_000_F_01.bmp"),
            (Layout::Casia, "0002/0001_m_l_01.jpg"),
            (Layout::Casia, "0001_x_l_01.jpg"),
            (Layout::XjtuUp, "all/huawei/Flash/L_001/1.JPG"),
            (Layout::XjtuUp, "Flash/X_001/1.JPG"),
            (Layout::Mpd, "001_1_h_l.jpg"),
        ];
        for (layout, path) in cases {
            assert_eq!(layout.place(&path.split('/').collect::<Vec<_>>()), None, "{layout:?} {path}");
        }
    }
}
