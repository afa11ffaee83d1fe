use super::*;
use crate::set::made_up;

/// A set whose scores tell every pair apart, read and written back in a format.
fn round_trip(format: Format) -> (Set, Set) {
    let score = |p: &crate::set::Sample, r: &crate::set::Sample, mated: bool| {
        let of = |name: &str| name.bytes().map(f32::from).sum::<f32>();
        (of(&p.name) * 3.0 + of(&r.name)) / 10_000.0 + if mated { 0.3 } else { 0.0 }
    };
    let set = made_up::set(3, 3, score);
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("scores.txt");
    write(&path, format, &set).unwrap();
    let files = match format {
        Format::Pyeer => vec![pyeer::beside(&path, "genuine"), pyeer::beside(&path, "impostor")],
        Format::PyeerCmc => vec![path.clone(), pyeer::beside(&path, "pairs")],
        _ => vec![path],
    };
    let read = read(&files, format).unwrap();
    (set, read)
}

#[test]
fn what_is_written_is_read_again() {
    for format in [Format::Csv, Format::Bob4, Format::Bob5, Format::Pyeer, Format::PyeerCmc] {
        let (set, read) = round_trip(format);
        assert_eq!(read.counts(), set.counts(), "{format:?}");
        let scores = |set: &Set| {
            let mut all: Vec<(bool, u32)> = set.comparisons.iter().map(|c| (c.mated, c.score.to_bits())).collect();
            all.sort_unstable();
            all
        };
        assert_eq!(scores(&read), scores(&set), "{format:?}");
    }
}

#[test]
fn names_palms_and_subjects_survive_where_the_format_has_them() {
    for format in [Format::Csv, Format::Bob5] {
        let (set, read) = round_trip(format);
        assert_eq!(read.fingerprint(), set.fingerprint(), "{format:?}");
        assert_eq!((&read.palms, &read.subjects), (&set.palms, &set.subjects), "{format:?}");
    }
    let (set, read) = round_trip(Format::Bob4);
    assert_eq!((&read.palms, &read.subjects), (&set.palms, &set.subjects));
    let (set, read) = round_trip(Format::PyeerCmc);
    assert_eq!(read.palms.len(), set.palms.len(), "mated pairs tell the palms");
    assert!(round_trip(Format::Pyeer).1.subjects.is_empty());
}

/// Reads texts as the files of a format.
fn read_text(format: Format, texts: &[&[u8]]) -> Result<Set, EvalError> {
    let dir = tempfile::tempdir().unwrap();
    let files: Vec<PathBuf> = (0..texts.len()).map(|i| dir.path().join(format!("file{i}.txt"))).collect();
    for (path, text) in files.iter().zip(texts) {
        std::fs::write(path, text).unwrap();
    }
    read(&files, format)
}

#[test]
fn foreign_bytes_are_an_error_with_file_and_line() {
    let cases: &[(Format, &[&[u8]], &str)] = &[
        (Format::Bob4, &[b"a a p 0.5\na b p"], "file0.txt:2: 3 fields"),
        (Format::Bob4, &[b"# note\n\na a p NaN"], "file0.txt:3: the score \"NaN\" is not finite"),
        (Format::Bob4, &[b"a a p inf"], "file0.txt:1: the score \"inf\" is not finite"),
        (Format::Bob5, &[b"a m a p 0.5\r\na m a p high"], "file0.txt:2: \"high\" is not a score"),
        (Format::Bob5, &[b""], "file0.txt:1: the file holds nothing"),
        (Format::Pyeer, &[b"0.5", b"0.5\n\x00\xff\xfe"], "file1.txt:2:"),
        (Format::Pyeer, &[b"0.5"], "takes 2 score file(s), not 1"),
        (Format::Bob4, &[b"0.5", b"0.5"], "takes 1 score file(s), not 2"),
        (Format::PyeerCmc, &[b"q t 0.5", b"q"], "file1.txt:1: expected `query template`"),
        (Format::PyeerCmc, &[b"q t", b"q t"], "file0.txt:1: expected `query template score`"),
        (Format::PyeerCmc, &[b"q t 1\nq u 1\nr t 1\nr u 1", b"q t\nq u\nr u"], "file0.txt:3: a pair that"),
        (Format::Csv, &[b"a,b,1,0.5"], "file0.txt:1: expected the header"),
        (Format::Csv, &[b"probe,reference,mated,score\na,b,yes,0.5"], "file0.txt:2: mated is 1 or 0, not \"yes\""),
        (Format::Csv, &[b"probe,reference,mated,score\n\"a,b,1,0.5"], "file0.txt:2: a quoted field"),
        (Format::Csv, &[b"probe,reference,mated,score\na,b,1,nan"], "file0.txt:2: the score \"nan\" is not finite"),
        (Format::Csv, &[b"probe,reference,mated,score\na,b,1,0.5,x"], "file0.txt:2: 5 fields"),
    ];
    for (format, texts, said) in cases {
        let error = read_text(*format, texts).unwrap_err().to_string();
        assert!(error.contains(said), "{format:?}: {error}");
    }
}

#[test]
fn any_bytes_whatever_are_read_or_refused_without_a_panic() {
    let mut draw = crate::draw::Draw::new(5);
    let alphabet = b"01.eE+-naNif,\"# \n\r\tq\x00\xff\xc3";
    for round in 0..400 {
        let text: Vec<u8> = (0..round % 60).map(|_| alphabet[draw.below(alphabet.len())]).collect();
        for format in [Format::Csv, Format::Bob4, Format::Bob5] {
            let _ = read_text(format, &[&text]);
        }
        let with_header = [b"probe,reference,mated,score\n", &text[..]].concat();
        let _ = read_text(Format::Csv, &[&with_header]);
        for format in [Format::Pyeer, Format::PyeerCmc] {
            let _ = read_text(format, &[&text, &text]);
        }
    }
}

#[test]
fn bob_means_one_palm_by_an_identity_and_one_subject_by_its_stem() {
    let text = b"s-left s-left p1 0.9\ns-right s-left p1 0.4\nt-left s-left p1 0.2";
    let set = read_text(Format::Bob4, &[text]).unwrap();
    assert_eq!((set.counts(), set.same_subject), ((1, 1), 1));
    assert_eq!(set.subjects, ["s", "t"]);
}

#[test]
fn a_name_with_anything_in_it_survives_our_own_file() {
    let mut set = made_up::set(2, 2, |_, _, mated| f32::from(u8::from(mated)));
    for (sample, name) in set.samples.iter_mut().zip(["a, b", "\"q\"", " x ", "#5", "plain", "é", "a\"b", "2"]) {
        sample.name = name.into();
    }
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("f.csv");
    write(&path, Format::Csv, &set).unwrap();
    assert_eq!(read(&[path], Format::Csv).unwrap().fingerprint(), set.fingerprint());
}

#[test]
fn qualities_belong_to_samples_by_name() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("q.csv");
    let mut set = made_up::set(1, 2, |_, _, _| 0.5);
    let give = |text: &str, set: &mut Set| {
        std::fs::write(&path, text).unwrap();
        qualities(&path, set)
    };
    let all = "name,quality\n000-left/1/0,1\n000-left/1/1,2.5\n000-right/1/0,3\n000-right/1/1,4\n";
    give(all, &mut set).unwrap();
    assert_eq!(set.samples.iter().map(|s| s.quality.unwrap()).collect::<Vec<_>>(), [1.0, 2.5, 3.0, 4.0]);
    for (text, said) in [
        ("000-left/1/0,1", "without a quality of"),
        ("nobody,1", ":1: no sample is named \"nobody\""),
        ("000-left/1/0,NaN", "not finite"),
        ("000-left/1/0", "expected name,quality"),
    ] {
        let error = give(text, &mut set).unwrap_err().to_string();
        assert!(error.contains(said), "{error}");
    }
}
