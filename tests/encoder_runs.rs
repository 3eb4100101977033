//! The benchmark of encoders: continued after a sudden end, in shards, and refused where it would mix scores.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;
use untrained_core::record::Record;
use untrained_tests::root;

use crate::runs::{ended, lines, untrained, values, wait_until};

/// Sizes at which an encoder takes a fraction of a second.
const SMALL: [&str; 8] = ["--vocabulary-size", "130", "--embedding", "16", "--batch", "2", "--sequence", "8"];

/// What is computed of every encoder.
pub const METRICS: [&str; 2] = ["activation_distance", "num_parameters"];

pub fn encoder_benchmark(out: &Path, arguments: &[&str]) -> Command {
    let mut command = untrained(&["benchmark", "nas-bench-bert", "--out"]);
    let metrics = METRICS.iter().flat_map(|metric| ["--metric", metric]);
    command.arg(out).args(metrics).args(SMALL).args(arguments);
    command
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

#[test]
fn a_killed_run_goes_on_with_nothing_lost_or_doubled() {
    let folder = TempDir::new().unwrap();
    let (complete, killed) = (folder.path().join("complete.jsonl"), folder.path().join("killed.jsonl"));
    assert_eq!(ended(encoder_benchmark(&complete, &["--limit", "2"])).0, Some(0));
    assert_eq!(values(&complete).len(), 2 * METRICS.len());
    // All 500 encoders take long enough to be killed among the first of them.
    let mut child = encoder_benchmark(&killed, &[]).stderr(Stdio::null()).spawn().unwrap();
    wait_until("the first record", || fs::metadata(&killed).is_ok_and(|known| known.len() > 0));
    child.kill().unwrap();
    child.wait().unwrap();
    let there = lines(&killed).len();
    assert!((1..500 * METRICS.len()).contains(&there), "{there}");
    let (code, _, said) = ended(encoder_benchmark(&killed, &["--limit", "2"]));
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains(&format!(", {there} records already there")), "{said}");
    let first = |(architecture, ..): &(String, String, u64)| architecture.parse::<u32>().unwrap() < 2;
    let found: Vec<_> = values(&killed).into_iter().filter(first).collect();
    assert_eq!(found, values(&complete));
}

#[test]
fn shards_merge_into_one_run_and_are_judged() {
    let folder = TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name);
    assert_eq!(ended(encoder_benchmark(&path("all.jsonl"), &["--limit", "2"])).0, Some(0));
    for (name, shard) in [("first.jsonl", "1/2"), ("second.jsonl", "2/2")] {
        let (code, _, said) = ended(encoder_benchmark(&path(name), &["--limit", "1", "--shard", shard]));
        assert_eq!(code, Some(0), "{said}");
    }
    let (first, second, merged) = (path("first.jsonl"), path("second.jsonl"), path("merged.jsonl"));
    let (code, _, said) = ended(untrained(&["merge", text(&first), text(&second), "--out", text(&merged)]));
    assert_eq!(code, Some(3), "{said}");
    assert!(said.contains("498 of 500 architectures of nas-bench-bert lack 996 scores: 2, 3, "), "{said}");
    assert_eq!(values(&merged), values(&path("all.jsonl")));
    // What was merged can be continued.
    let (code, _, said) = ended(encoder_benchmark(&merged, &["--limit", "2"]));
    assert!(code == Some(0) && said.contains("0 architectures to score, 4 records already there"), "{said}");

    let correlate = |benchmark: &str| {
        let judged = ["correlate", text(&merged), "--benchmark", benchmark, "--resamples", "0", "--format", "jsonl"];
        ended(untrained(&judged))
    };
    let (code, printed, said) = correlate("nas-bench-bert");
    assert_eq!(code, Some(0), "{said}");
    let rows: Vec<serde_json::Value> = printed.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for metric in METRICS {
        let row = rows.iter().find(|row| row["metric"] == metric).unwrap();
        assert_eq!(row["rows"], 2, "{row}");
    }
    let (code, _, said) = correlate("nas-bench-nlp");
    assert!(code == Some(2) && said.contains("they are of nas-bench-bert, not of nas-bench-nlp"), "{said}");
}

#[test]
fn other_settings_are_refused_by_name() {
    let folder = TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name);
    let out = path("out.jsonl");
    assert_eq!(ended(encoder_benchmark(&out, &["--limit", "1"])).0, Some(0));
    let (documents, vocabulary) = corpus();
    let read = ["--corpus", &documents, "--vocabulary", &vocabulary];
    let cases: [(&[&str], &str); 4] = [
        (&["--seed", "1"], "another seed"),
        (&["--positions", "64"], "other sizes"),
        (&["--as-published"], "another choice of --as-published"),
        (&read, "another text"),
    ];
    for (arguments, difference) in cases {
        let (code, _, said) = ended(encoder_benchmark(&out, &[arguments, &["--limit", "1"]].concat()));
        assert_eq!(code, Some(2), "{said}");
        assert!(said.contains(&format!("was begun with {difference}; choose another file")), "{said}");
    }
    let (code, _, said) = ended(untrained(&["benchmark", "--metric", "depth", "--out", text(&out)]));
    assert!(code == Some(2) && said.contains("was begun with another benchmark"), "{said}");
    let other = path("other.jsonl");
    assert_eq!(ended(encoder_benchmark(&other, &["--limit", "1", "--seed", "1"])).0, Some(0));
    let merge = ["merge", text(&out), text(&other), "--out", text(&path("merged.jsonl"))].map(str::to_owned);
    let (code, _, said) = ended(untrained(&merge.each_ref().map(String::as_str)));
    assert!(code == Some(2) && said.contains("made with another seed than"), "{said}");
    assert!(!path("merged.jsonl").exists());
}

/// Documents, and a list of word pieces.
fn corpus() -> (String, String) {
    let case = |name: &str| text(&root().join("tests/cases").join(name)).to_owned();
    (case("short-documents.txt"), case("uncased/vocab.txt"))
}

/// The benchmark, and `score encoder` of one encoder, are the same job: values and everything that records say.
#[test]
fn an_encoder_has_the_score_that_it_has_alone() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("out.jsonl");
    let (documents, vocabulary) = corpus();
    let read = ["--corpus", &documents, "--vocabulary", &vocabulary, "--as-published", "--device", "cpu"];
    let (code, _, said) = ended(encoder_benchmark(&out, &[&read[..], &["--shard", "8/500"]].concat()));
    assert_eq!(code, Some(0), "{said}");
    let alone = ["score", "encoder", "--id", "7", "--format", "jsonl"];
    let metrics: Vec<&str> = METRICS.iter().flat_map(|metric| ["--metric", metric]).collect();
    let (code, printed, said) = ended(untrained(&[&alone[..], &metrics, &SMALL, &read].concat()));
    assert_eq!(code, Some(0), "{said}");
    let without_time = |record: Record| Record { seconds: 0.0, ..record };
    let mut alone: Vec<Record> = printed.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    alone.sort_by(|a, b| a.metric.cmp(&b.metric));
    let mut found = lines(&out);
    found.sort_by(|a, b| a.metric.cmp(&b.metric));
    assert_eq!(found.len(), METRICS.len());
    assert_eq!(
        found.into_iter().map(without_time).collect::<Vec<_>>(),
        alone.into_iter().map(without_time).collect::<Vec<_>>()
    );
}

#[test]
fn options_that_do_not_apply_are_refused_by_name() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("out.jsonl");
    let (documents, vocabulary) = corpus();
    let cases: [(&[&str], &str); 6] = [
        (&["nas-bench-bert", "--hidden", "8"], "--hidden is an option for cells, and nas-bench-bert holds encoders"),
        (&["--sequence", "8"], "--sequence is an option for encoders and decoders, and nas-bench-nlp holds cells"),
        (&["nas-bench-bert", "--corpus", &documents], "a corpus is read with a vocabulary"),
        (
            &["nas-bench-bert", "--corpus", &documents, "--vocabulary", &vocabulary, "--vocabulary", &vocabulary],
            "give --vocabulary once",
        ),
        (&["nas-bench-bert", "--metric", "depth"], "metric depth is one of recurrent networks, not of encoders"),
        (&["nas-bench-bert", "--batch", "90000000"], "more memory than there is"),
    ];
    for (arguments, sentence) in cases {
        let mut command = untrained(&["benchmark", "--out", text(&out)]);
        command.args(arguments);
        let (code, printed, said) = ended(command);
        assert_eq!((code, printed.as_str()), (Some(2), ""), "{arguments:?}: {said}");
        assert!(said.contains(sentence) && said.lines().count() == 1, "{said}");
        assert!(!out.exists());
    }
}
