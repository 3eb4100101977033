//! Runs that meet with trouble: torn files, file systems without locks, outputs that go away.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use assert_cmd::cargo::cargo_bin;
use tempfile::TempDir;
use untrained_core::record::Record;
use untrained_tests::{root, skip};

/// Sizes at which a network takes milliseconds.
pub const SMALL: [&str; 12] =
    ["--embedding", "8", "--hidden", "8", "--layers", "1", "--vocabulary-size", "30", "--batch", "4", "--steps", "6"];

/// As long as anything may take here.
const PATIENCE: Duration = Duration::from_secs(120);

pub fn untrained(arguments: &[&str]) -> Command {
    let mut command = Command::new(cargo_bin("untrained"));
    command.args(arguments).stdin(Stdio::null());
    command
}

pub fn benchmark(out: &Path, arguments: &[&str]) -> Command {
    let mut command = untrained(&["benchmark", "--metric", "hidden_covariance_layer_1", "--metric", "depth", "--out"]);
    command.arg(out).args(SMALL).args(arguments);
    command
}

/// Exit code, standard output and standard error.
pub fn ended(mut command: Command) -> (Option<i32>, String, String) {
    outcome(&command.output().unwrap())
}

pub fn outcome(output: &Output) -> (Option<i32>, String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

pub fn lines(path: &Path) -> Vec<Record> {
    fs::read_to_string(path).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Architecture, metric and value of every record, sorted.
pub fn values(path: &Path) -> Vec<(String, String, u64)> {
    let value = |record: Record| (record.architecture, record.metric, record.value.to_bits());
    let mut values: Vec<_> = lines(path).into_iter().map(value).collect();
    values.sort();
    values
}

pub fn wait_until(what: &str, done: impl Fn() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < PATIENCE, "{what} takes too long");
        std::thread::sleep(Duration::from_millis(2));
    }
}

fn length(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |known| known.len())
}

// A last line torn anywhere; every byte is tried in `record` of core.

#[test]
fn a_torn_number_or_zeros_at_the_end_are_left_out_and_the_run_continues() {
    let folder = TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name);
    assert_eq!(ended(benchmark(&path("whole.jsonl"), &["--limit", "4"])).0, Some(0));
    let bytes = fs::read(path("whole.jsonl")).unwrap();
    let value = bytes.windows(8).rposition(|eight| eight == b"\"value\":").unwrap();
    let point = value + 1 + bytes[value..].iter().position(|byte| *byte == b'.').unwrap();
    let sign = bytes.windows(2).rposition(|two| two == b":-").unwrap() + 2;
    let ends = [(point, 0), (sign, 0), (0, 3), (bytes.len(), 700), (point, 5), (bytes.len() - 1, 0), (7, 0)];
    let settings = fs::read(path("whole.jsonl.settings")).unwrap();
    for (cut, zeros) in ends {
        let torn = path("torn.jsonl");
        fs::write(&torn, [&bytes[..cut], &vec![0; zeros]].concat()).unwrap();
        fs::write(path("torn.jsonl.settings"), &settings).unwrap();
        let merge =
            ["merge", torn.to_str().unwrap(), "--out", path("merged.jsonl").to_str().unwrap()].map(str::to_owned);
        let (code, _, stderr) = ended(untrained(&merge.each_ref().map(String::as_str)));
        assert_eq!(code, Some(3), "{stderr}");
        let kept = bytes[..cut].split(|byte| *byte == b'\n').filter(|line| line.ends_with(b"}")).count();
        assert_eq!(lines(&path("merged.jsonl")).len(), kept, "cut after {cut}, {zeros} zeros: {stderr}");
        let (code, _, stderr) = ended(benchmark(&torn, &["--limit", "4"]));
        assert_eq!(code, Some(0), "cut after {cut}, {zeros} zeros: {stderr}");
        assert!(stderr.contains(&format!(", {kept} records already there")), "{stderr}");
        assert_eq!(values(&torn), values(&path("whole.jsonl")));
    }
}

#[test]
fn half_a_record_is_ours_only_with_its_settings_file() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("image.bin");
    for content in [&b"\0\0\0\0"[..], b"{", b"{\"architecture\":\"0\",\"met"] {
        fs::write(&path, content).unwrap();
        let (code, _, stderr) = ended(benchmark(&path, &["--limit", "1"]));
        assert_eq!(code, Some(2), "{stderr}");
        assert!(stderr.contains("has no settings next to it"), "{stderr}");
        assert_eq!(fs::read(&path).unwrap(), content);
    }
}

#[test]
fn scores_with_a_torn_end_are_correlated() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("scores.jsonl");
    let line = |id: u32| format!("{{\"architecture\":\"{id}\",\"metric\":\"depth\",\"value\":{id}}}\n");
    let whole: String = (3..40).map(line).collect();
    let correlate = |content: &[u8]| {
        fs::write(&path, content).unwrap();
        ended(untrained(&["correlate", path.to_str().unwrap(), "--benchmark", "nas-bench-nlp", "--resamples", "0"]))
    };
    let expected = correlate(whole.as_bytes());
    assert_eq!(expected.0, Some(0), "{}", expected.2);
    for torn in
        [&b"{\"architecture\":\"4\",\"metric\":\"depth\",\"value\":-9."[..], b"{\"architecture\":\"\xed\x95", b"\0\0"]
    {
        assert_eq!(correlate(&[whole.as_bytes(), torn].concat()).1, expected.1);
    }
    let middle = [&b"{\"architecture\":\"4\",\"metric\":\"depth\",\"value\":-9.\n"[..], whole.as_bytes()].concat();
    let (code, _, stderr) = correlate(&middle);
    assert!(code == Some(2) && stderr.contains("line 1: no record of a score"), "{stderr}");
}

// File systems without locks.

/// A library that takes the locks away, built in `folder`; `None` where there is no C compiler: the test is skipped.
fn without_locks(folder: &Path) -> Option<PathBuf> {
    let library = folder.join("no_lock.so");
    let mut compiler = Command::new("cc");
    compiler.args(["-shared", "-fPIC", "-o"]).arg(&library).arg(root().join("tests/cases/no_lock.c"));
    if cfg!(target_os = "linux") && compiler.status().is_ok_and(|status| status.success()) {
        return Some(library);
    }
    skip("c-compiler", "there is no C compiler, or this is not Linux");
    None
}

#[test]
fn a_run_continues_where_files_cannot_be_locked() {
    let folder = TempDir::new().unwrap();
    let Some(library) = without_locks(folder.path()) else { return };
    // ENOSYS, EOPNOTSUPP, ENOLCK, EINVAL
    for number in ["38", "95", "37", "22"] {
        let out = folder.path().join(format!("{number}.jsonl"));
        let locked = |mut command: Command| {
            command.env("LD_PRELOAD", &library).env("FLOCK_ERRNO", number);
            ended(command)
        };
        for there in [0, 4] {
            let (code, _, stderr) = locked(benchmark(&out, &["--limit", "2"]));
            assert_eq!(code, Some(0), "{stderr}");
            assert_eq!(stderr.matches("it cannot be locked here").count(), 1, "{stderr}");
            assert!(stderr.contains(&format!("{there} records already there")), "{stderr}");
        }
        let merged = locked(untrained(&["merge", out.to_str().unwrap(), "--out", out.to_str().unwrap()]));
        assert_eq!((merged.0, lines(&out).len()), (Some(3), 4), "{}", merged.2);
    }
    // EWOULDBLOCK, and the error of CIFS in its place.
    for number in ["11", "13"] {
        let mut command = benchmark(&folder.path().join("busy.jsonl"), &["--limit", "2"]);
        command.env("LD_PRELOAD", &library).env("FLOCK_ERRNO", number);
        let (code, _, stderr) = ended(command);
        assert!(code == Some(2) && stderr.contains("another run is writing it"), "{stderr}");
    }
}

#[test]
fn a_file_that_another_run_writes_is_refused() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("out.jsonl");
    fs::write(&out, "").unwrap();
    let held = File::open(&out).unwrap();
    held.lock().unwrap();
    let (code, _, stderr) = ended(benchmark(&out, &["--limit", "1"]));
    assert!(code == Some(2) && stderr.contains("another run is writing it"), "{stderr}");
    assert_eq!(length(&out), 0);
}

// Outputs that go away while a run writes them.

/// Starts a long run into `out` and waits until it has written something.
fn writing(out: &Path) -> Child {
    let child = benchmark(out, &[]).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    wait_until("the first record", || length(out) > 0);
    child
}

fn noticed(child: Child, sentence: &str) {
    let (code, _, stderr) = outcome(&child.wait_with_output().unwrap());
    assert_eq!(code, Some(1), "{stderr}");
    assert!(stderr.contains(sentence) && stderr.contains("no more is written"), "{stderr}");
    assert_eq!(stderr.lines().filter(|line| line.starts_with("untrained: ")).count(), 1, "{stderr}");
}

#[test]
fn an_output_that_is_removed_or_renamed_is_noticed() {
    let folder = TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name);
    let child = writing(&path("a.jsonl"));
    fs::remove_file(path("a.jsonl")).unwrap();
    noticed(child, "was removed or renamed");
    assert!(!path("a.jsonl").exists());

    let child = writing(&path("b.jsonl"));
    fs::rename(path("b.jsonl"), path("c.jsonl")).unwrap();
    noticed(child, "was removed or renamed");
    assert!(!lines(&path("c.jsonl")).is_empty() && !path("b.jsonl").exists());

    let child = writing(&path("d.jsonl"));
    fs::write(path("other"), "other\n").unwrap();
    fs::rename(path("other"), path("d.jsonl")).unwrap();
    noticed(child, "was replaced by another file");
    assert_eq!(fs::read_to_string(path("d.jsonl")).unwrap(), "other\n");
}

#[test]
fn an_output_that_is_cut_or_written_by_others_is_noticed() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("out.jsonl");
    for length in [0, 10] {
        let child = writing(&out);
        File::options().write(true).open(&out).unwrap().set_len(length).unwrap();
        noticed(child, "was cut by another program");
        assert!(!fs::read(&out).unwrap().contains(&0));
        fs::remove_file(&out).unwrap();
    }
    let child = writing(&out);
    std::io::Write::write_all(&mut File::options().append(true).open(&out).unwrap(), b"\n").unwrap();
    noticed(child, "was written to by another program");
    lines_or_empty(&out);
}

/// Every line that is not empty is a complete record.
fn lines_or_empty(path: &Path) {
    for line in fs::read_to_string(path).unwrap().lines().filter(|line| !line.is_empty()) {
        serde_json::from_str::<Record>(line).unwrap();
    }
}

#[test]
fn a_finished_output_is_preserved() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("out.jsonl");
    assert_eq!(ended(benchmark(&out, &["--limit", "1"])).0, Some(0));
    // Nothing is left to score: the file is opened, preserved and checked once more.
    assert_eq!(ended(benchmark(&out, &["--limit", "1"])).0, Some(0));
    assert_eq!(lines(&out).len(), 2);
}
