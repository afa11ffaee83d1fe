//! Tiny drawn folders in the layout of each public set.

mod common;

use common::{measure, write};
use handsel_eval::{Layout, Protocol};
use std::path::Path;

/// Two subjects with two palms each, two sessions where the set has them, two captures of each.
fn files(layout: Layout) -> Vec<(String, u64, u32)> {
    let mut files = Vec::new();
    for (subject, hand, session, capture) in (0..2u64)
        .flat_map(|s| (0..2u64).flat_map(move |h| (1..3u32).flat_map(move |t| (1..3u32).map(move |c| (s, h, t, c)))))
    {
        let (palm, s) = (2 * subject + hand, subject + 1);
        let (letter, word) = [("l", "Left"), ("r", "Right")][hand as usize];
        let nth = 2 * (session - 1) + capture;
        let name = match layout {
            Layout::Handsel => format!("{s}-{}/{session}/{capture}.png", word.to_lowercase()),
            Layout::Tongji => format!("session{session}/{:05}.bmp", 10 * palm + u64::from(capture)),
            Layout::Iitd => format!("{word}/{s:03}_{nth}.bmp"),
            Layout::Polyu => format!("PolyU_{:03}_{}_{capture:02}.bmp", palm + 1, ["F", "S"][session as usize - 1]),
            Layout::Casia => format!("{s:04}/{s:04}_m_{letter}_{nth:02}.png"),
            Layout::XjtuUp => {
                let light = ["Flash", "Nature"][session as usize - 1];
                format!("huawei/{light}/{}_{s:03}/IMG_{capture}.png", letter.to_uppercase())
            }
            Layout::Mpd => format!("{s:03}_{session}_h_{letter}_{capture:02}.png"),
        };
        files.push((name, palm, nth));
    }
    files
}

fn draw(dir: &Path, layout: Layout) {
    for (name, palm, capture) in files(layout) {
        write(&dir.join(name), palm, capture);
    }
}

const ALL: [Layout; 7] =
    [Layout::Handsel, Layout::Tongji, Layout::Iitd, Layout::Polyu, Layout::Casia, Layout::XjtuUp, Layout::Mpd];

#[test]
fn every_layout_gives_the_same_palms_subjects_and_pairs() {
    for layout in ALL {
        let dir = tempfile::tempdir().unwrap();
        draw(dir.path(), layout);
        let report = measure(dir.path(), layout, Protocol::default()).unwrap().report;
        assert_eq!((report.captures, report.palms, report.subjects), (16, 4, 2), "{layout:?}");
        assert_eq!(report.failed_to_acquire, 0, "{layout:?}: {:?}", report.failures);
        // Four captures of each palm; a pair of two subjects is non-mated, one of two palms of one is neither.
        assert_eq!((report.mated, report.non_mated, report.same_subject_left_out), (24, 64, 32), "{layout:?}");
        assert!(report.eer <= 0.05, "{layout:?}: the names say whose palm is shown: {}", report.eer);
    }
}

#[test]
fn sessions_are_told_apart_where_the_names_tell_them() {
    for (layout, enrol, probe) in [
        (Layout::Handsel, "1", "2"),
        (Layout::Tongji, "1", "2"),
        (Layout::Polyu, "1", "2"),
        (Layout::XjtuUp, "huawei/Flash", "huawei/Nature"),
        (Layout::Mpd, "1", "2"),
    ] {
        let dir = tempfile::tempdir().unwrap();
        draw(dir.path(), layout);
        let protocol = Protocol { sessions: Some((enrol.into(), probe.into())), ..Protocol::default() };
        let report = measure(dir.path(), layout, protocol).unwrap().report;
        assert_eq!((report.mated, report.non_mated), (16, 32), "{layout:?}");
    }
}

#[test]
fn a_folder_in_another_layout_is_refused_by_name() {
    let dir = tempfile::tempdir().unwrap();
    draw(dir.path(), Layout::Tongji);
    for layout in ALL.into_iter().filter(|l| !matches!(l, Layout::Tongji)) {
        let error = measure(dir.path(), layout, Protocol::default()).err().expect("it does not fit").to_string();
        assert!(error.contains("00001.bmp") && error.contains("--layout"), "{layout:?}: {error}");
    }
}
