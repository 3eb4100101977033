//! Effects of a terminal, a pipe or a supervisor: signals, readers that leave, devices that are full.

#![cfg(target_os = "linux")]

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;
use untrained_core::record::Record;
use untrained_tests::golden;

use crate::encoder_runs::{METRICS, encoder_benchmark};
use crate::runs::{SMALL, benchmark, ended, lines, outcome, untrained, values, wait_until};

/// Whether a process handles SIGTERM.
fn handles_signals(process: u32) -> bool {
    const TERM: u64 = 1 << (15 - 1);
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
    caught.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).is_some_and(|mask| mask & TERM != 0)
}

fn terminate(process: u32) {
    assert!(Command::new("kill").args(["-TERM", &process.to_string()]).status().unwrap().success());
}

/// Starts a command, and ends it so many milliseconds after it can be ended.
fn terminated(mut command: Command, after: u64) -> (Option<i32>, String, String) {
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    wait_until("the first moment", || handles_signals(child.id()));
    std::thread::sleep(Duration::from_millis(after));
    terminate(child.id());
    outcome(&child.wait_with_output().unwrap())
}

/// A benchmark that takes several seconds, and less than a tenth for a network.
fn long(out: &Path) -> Command {
    let mut command = untrained(&["benchmark", "--metric", "jacobian_cosine", "--device", "cpu", "--out"]);
    command.arg(out).args("--embedding 100 --hidden 100 --layers 3 --batch 20 --steps 20".split(' '));
    command
}

#[test]
fn a_signal_ends_any_command_at_any_moment_with_130() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("out.jsonl");
    for after in [0, 0, 20, 50, 100, 200, 300, 500, 800] {
        let (code, _, stderr) = terminated(long(&out), after);
        assert_eq!(code, Some(130), "after {after} ms: {stderr}");
        assert!(stderr.contains("stopp"), "after {after} ms: {stderr}");
        let has_reason = |record: &Record| record.value.is_finite() || record.why.is_some();
        assert!(!out.exists() || lines(&out).iter().all(has_reason));
    }
    // What was written before each end is what a run gives that nothing ends: a stopped pass leaves no record.
    let whole = folder.path().join("whole.jsonl");
    let mut uninterrupted = long(&whole);
    let (code, _, stderr) = outcome(&uninterrupted.args(["--limit", "100"]).output().unwrap());
    assert_eq!(code, Some(0), "{stderr}");
    let whole = values(&whole);
    let architectures: BTreeSet<&str> = whole.iter().map(|(architecture, ..)| architecture.as_str()).collect();
    let written = if out.exists() { values(&out) } else { Vec::new() };
    for value in written.iter().filter(|(architecture, ..)| architectures.contains(architecture.as_str())) {
        assert!(whole.contains(value), "{value:?}");
    }
    let score = ["score", "recurrent", "--cell", "lstm", "--hidden", "2000", "--embedding", "2000", "--device"];
    for (device, after) in [("cpu", 0), ("cpu", 300), ("auto", 0), ("auto", 100), ("auto", 600)] {
        let (code, printed, stderr) = terminated(untrained(&[&score[..], &[device]].concat()), after);
        assert_eq!((code, printed.as_str()), (Some(130), ""), "{device}, after {after} ms: {stderr}");
        assert!(stderr.contains("stopped by a signal"), "{stderr}");
    }
    for command in [&["space", "recurrent", "--seeds", "0..4000000000"][..], &["devices"]] {
        assert_eq!(terminated(untrained(command), 0).0, Some(130), "{command:?}");
    }
}

#[test]
fn signals_are_handled_before_the_output_is_created() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("out.jsonl");
    let child = benchmark(&out, &[]).stderr(Stdio::piped()).spawn().unwrap();
    wait_until("the first moment", || handles_signals(child.id()));
    terminate(child.id());
    let (code, _, stderr) = outcome(&child.wait_with_output().unwrap());
    assert_eq!(code, Some(130), "{stderr}");
    assert!(!out.exists() || fs::read(&out).unwrap().is_empty());
}

/// Encoders are scored one after another: the one that is being scored when the signal comes is still written.
#[test]
fn a_run_of_encoders_ends_with_what_is_finished() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("out.jsonl");
    let child = encoder_benchmark(&out, &[]).stderr(Stdio::piped()).spawn().unwrap();
    wait_until("the first record", || fs::metadata(&out).is_ok_and(|known| known.len() > 0));
    terminate(child.id());
    let (code, _, stderr) = outcome(&child.wait_with_output().unwrap());
    assert_eq!(code, Some(130), "{stderr}");
    assert!(stderr.contains("keeps what is finished, and the same command goes on"), "{stderr}");
    let architectures: Vec<String> = lines(&out).into_iter().map(|record| record.architecture).collect();
    let expected: Vec<String> = (0..architectures.len()).map(|at| (at / METRICS.len()).to_string()).collect();
    assert_eq!(architectures, expected, "an encoder was left out or is not complete");
}

fn full() -> File {
    File::options().write(true).open("/dev/full").unwrap()
}

/// Commands that write messages to standard error, and end with 0.
fn with_messages(folder: &Path) -> Vec<Vec<String>> {
    let name = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let scores = name("scores.jsonl");
    fs::write(
        &scores,
        (3..40)
            .map(|id| format!("{{\"architecture\":{id},\"metric\":\"depth\",\"value\":{id}}}\n"))
            .collect::<String>(),
    )
    .unwrap();
    let small = [&["score", "recurrent", "--cell", "gru", "--metric", "depth"][..], &SMALL].concat();
    let run = benchmark(&folder.join("run.jsonl"), &["--limit", "2"]);
    vec![
        run.get_args().map(|word| word.to_str().unwrap().to_owned()).collect(),
        words(&small),
        words(&[
            "score",
            "encoder",
            "--config",
            golden("bert_dct.json").to_str().unwrap(),
            "--inputs",
            golden("bert_dct.json").to_str().unwrap(),
        ]),
        words(&["merge", &scores, "--out", &name("merged.jsonl")]),
        words(&["correlate", &scores, "--benchmark", "nas-bench-nlp", "--resamples", "0"]),
        words(&["space", "recurrent"]),
        words(&["reproduce", "tables", "--out", &name("tables")]),
        words(&["devices"]),
        words(&["--version"]),
    ]
}

#[test]
fn messages_that_cannot_be_written_are_dropped() {
    let folder = TempDir::new().unwrap();
    for command in with_messages(folder.path()) {
        let mut run = untrained(&command.iter().map(String::as_str).collect::<Vec<_>>());
        let output = run.stderr(full()).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{command:?}");
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut run = untrained(&command.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(run.stderr(writer).stdout(Stdio::null()).status().unwrap().code(), Some(0), "{command:?}");
    }
    assert_eq!(lines(&folder.path().join("run.jsonl")).len(), 4);
    for wrong in [&["score", "recurrent", "--cell", "lstn"][..], &["score", "--nonsense"]] {
        assert_eq!(untrained(wrong).stderr(full()).status().unwrap().code(), Some(2), "{wrong:?}");
    }
}

#[test]
fn answers_that_cannot_be_written_are_an_error_and_a_reader_that_leaves_is_none() {
    let folder = TempDir::new().unwrap();
    let silent = ["benchmark", "merge"];
    for command in with_messages(folder.path()).iter().filter(|command| !silent.contains(&command[0].as_str())) {
        let arguments: Vec<&str> = command.iter().map(String::as_str).collect();
        let (code, _, stderr) = outcome(
            &untrained(&arguments).stdout(full()).stderr(Stdio::piped()).spawn().unwrap().wait_with_output().unwrap(),
        );
        assert_eq!(code, Some(1), "{command:?}: {stderr}");
        assert!(stderr.contains("untrained: standard output: no space left on device"), "{command:?}: {stderr}");
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let run = untrained(&arguments).stdout(writer).stderr(Stdio::piped()).spawn().unwrap();
        let (code, _, stderr) = outcome(&run.wait_with_output().unwrap());
        assert!(code == Some(0) && !stderr.contains("untrained: "), "{command:?}: {stderr}");
    }
}

#[test]
fn the_companion_serves_with_a_full_standard_error() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut command = untrained(&["explore", "--device", "cpu", "--port", &port.to_string()]);
    let mut companion = command.stderr(full()).stdout(Stdio::null()).spawn().unwrap();
    wait_until("the companion", || {
        ureq::get(format!("http://127.0.0.1:{port}/api/health")).call().is_ok_and(|answer| answer.status() == 200)
    });
    terminate(companion.id());
    assert_eq!(companion.wait().unwrap().code(), Some(0));
}

#[test]
fn looking_for_gpus_prints_nothing() {
    let bare = |arguments: &[&str]| {
        let mut command = untrained(arguments);
        for name in ["XDG_RUNTIME_DIR", "DISPLAY", "WAYLAND_DISPLAY"] {
            command.env_remove(name);
        }
        ended(command)
    };
    let (code, printed, stderr) = bare(&["devices", "--format", "json"]);
    assert_eq!((code, stderr.as_str()), (Some(0), ""));
    let rows: serde_json::Value = serde_json::from_str(&printed).unwrap();
    assert_eq!(rows[0]["device"], "cpu");
    let score = ["score", "recurrent", "--cell", "rnn", "--format", "csv", "--metric", "synaptic_saliency"];
    for sizes in [&[][..], &SMALL] {
        let (code, _, stderr) = bare(&[&score[..], sizes].concat());
        assert_eq!((code, stderr.as_str()), (Some(0), ""));
    }
}

#[test]
fn a_small_job_is_scored_on_the_cpu_without_looking_for_gpus() {
    let quick =
        [&["score", "recurrent", "--cell", "gru", "--format", "jsonl"][..], &["--metric", "synaptic_saliency"], &SMALL]
            .concat();
    let time = |device: &str| {
        let start = Instant::now();
        let (code, printed, stderr) = ended(untrained(&[&quick[..], &["--device", device]].concat()));
        assert_eq!(code, Some(0), "{stderr}");
        let record: Record = serde_json::from_str(&printed).unwrap();
        assert_eq!(record.device, "cpu");
        start.elapsed()
    };
    let best = |device: &str| (0..5).map(|_| time(device)).min().unwrap();
    let (auto, cpu) = (best("auto"), best("cpu"));
    assert!(auto < 2 * cpu + Duration::from_millis(100), "{auto:?} with auto, {cpu:?} with cpu");
}
