//! Arguments and output: data on standard output, one sentence on standard error, the exit code.

use std::path::Path;

use assert_cmd::Command;
use assert_cmd::assert::Assert;
use assert_cmd::cargo::cargo_bin;
use predicates::prelude::*;
use predicates::str::{contains, is_empty};
use untrained_core::benchmark::BENCHMARKS;
use untrained_core::family::Family;
use untrained_core::metric::{self, METRICS};
use untrained_core::record::Record;
use untrained_tests::golden;

/// Sizes at which everything is quick.
const SMALL: [&str; 12] = [
    "--embedding",
    "16",
    "--hidden",
    "24",
    "--layers",
    "3",
    "--vocabulary-size",
    "100",
    "--batch",
    "6",
    "--steps",
    "5",
];

pub fn untrained(arguments: &[&str]) -> Assert {
    Command::new(cargo_bin("untrained")).args(arguments).assert()
}

fn small(command: &[&str], arguments: &[&str]) -> Assert {
    untrained(&[command, &SMALL, arguments].concat())
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// Exit code 2, one sentence that names the place, nothing on standard output.
pub fn refused(assert: Assert, sentence: &str) {
    let output = assert.code(2).stdout(is_empty()).stderr(contains(sentence)).get_output().clone();
    let stderr = text(&output.stderr);
    assert!(stderr.starts_with("untrained: ") || stderr.starts_with("error: "), "{stderr}");
    assert!(stderr.starts_with("error: ") || stderr.trim_end().lines().count() == 1, "more than one line: {stderr}");
}

pub fn records(output: &[u8]) -> Vec<Record> {
    text(output).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn the_lists_come_straight_from_the_code() {
    for metric in METRICS {
        untrained(&["metrics"]).success().stdout(contains(metric.about().id)).stderr(is_empty());
    }
    for benchmark in BENCHMARKS {
        untrained(&["benchmarks", "--format", "json"]).success().stdout(contains(benchmark.about().id));
    }
}

#[test]
fn a_golden_file_is_a_recipe_and_inputs() {
    let (json, weights) = (golden("rnn_6880.json"), golden("rnn_6880.safetensors"));
    let (json, weights) = (json.to_str().unwrap(), weights.to_str().unwrap());
    let score = [
        "score",
        "recurrent",
        "--recipe",
        json,
        "--inputs",
        json,
        "--weights",
        weights,
        "--format",
        "jsonl",
        "--device",
        "cpu",
    ];
    let records = records(&untrained(&score).success().get_output().stdout);
    assert_eq!(records.len(), metric::of(Family::Recurrent).len());
    let of = |id: &str| records.iter().find(|record| record.metric == id).unwrap();
    assert!((of("hidden_covariance_layer_1").value + 139_233.566).abs() < 1.0);
    assert_eq!(of("activation_distance").value, f64::NEG_INFINITY);
    assert!(of("activation_distance").why.as_ref().unwrap().contains("singular"));
}

#[test]
fn formats_agree() {
    let score = |format| small(&["score", "recurrent", "--cell", "gru", "--metric", "depth"], &["--format", format]);
    score("table").success().stdout(contains("depth")).stderr(contains("gru, seed 0: scored in"));
    score("csv").success().stdout(predicate::str::starts_with(
        "architecture,metric,value,why,seconds,operations,seed,device,version,space,",
    ));
    let json: Vec<Record> = serde_json::from_slice(&score("json").success().get_output().stdout).unwrap();
    assert_eq!((json[0].metric.as_str(), json[0].value), ("depth", 6.0));
}

#[test]
fn a_cell_by_its_id_is_the_cell_by_its_recipe() {
    let line = text(&untrained(&["space", "recurrent", "--benchmark"]).success().get_output().stdout);
    assert_eq!(line.lines().count(), 14_208);
    let line = line.lines().find(|line| line.starts_with(r#"{"recipe_id":1000889,"#)).unwrap().to_owned();
    let score = |cell: [&str; 2], input: String| {
        let mut command = Command::new(cargo_bin("untrained"));
        command.args([&["score", "recurrent", "--format", "jsonl", "--device", "cpu"][..], &cell, &SMALL].concat());
        records(&command.write_stdin(input).assert().success().get_output().stdout)
    };
    let (by_id, by_recipe) = (score(["--id", "889"], String::new()), score(["--recipe", "-"], line));
    for (a, b) in by_id.iter().zip(&by_recipe) {
        assert_eq!((&a.metric, a.value.to_bits()), (&b.metric, b.value.to_bits()));
    }
}

#[test]
fn samples_are_drawn_with_any_setting() {
    let drawn =
        untrained(&["space", "recurrent", "--states", "2", "--budget", "5", "--seeds", "0..50", "--order", "0,1"]);
    assert!(text(&drawn.success().get_output().stdout).lines().count() > 5);
}

#[test]
fn wrong_arguments_are_refused_with_the_reason() {
    refused(untrained(&["score", "recurrent", "--cell", "lstn"]), "did you mean 'lstm'?");
    refused(untrained(&["score", "recurrent", "--id", "14208"]), "run from 0 to 14207");
    refused(untrained(&["score", "recurrent", "--cell", "gru", "--metric", "dept"]), "did you mean 'depth'?");
    refused(untrained(&["benchmark", "nas-bench-nlq", "--out", "x.jsonl"]), "did you mean 'nas-bench-nlp'?");
    refused(untrained(&["space", "recurrent", "--seeds", "9..3"]), "'9..3' is empty");
    refused(untrained(&["space", "recurrent", "--states", "3000000000"]), "size states = 3000000000");
    refused(untrained(&["benchmark", "nas-bench-nlp", "--out", "x.jsonl", "--shard", "5/4"]), "'5/4' is no shard");
    refused(untrained(&["reproduce", "scores"]), "Penn Treebank");
}

#[test]
fn impossible_sizes_are_refused_with_the_reason() {
    for (size, sentence) in
        [("--hidden=0", "size hidden = 0"), ("--steps=900000000", "size steps"), ("--layers=99", "size layers = 99")]
    {
        refused(untrained(&["score", "recurrent", "--cell", "gru", size]), sentence);
    }
    refused(untrained(&["score", "recurrent", "--cell", "gru", "--layers", "2"]), "a metric reads layer 3");
}

#[test]
fn unusable_files_are_refused_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, content: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let score = |arguments: &[&str]| small(&["score", "recurrent", "--device", "cpu"], arguments);
    refused(score(&["--recipe", "no/such/file"]), "recipe no/such/file: no such file");
    refused(score(&["--recipe", &file("bad.json", "{\n  \"a\": [")]), "recipe, line 2 column");
    refused(
        score(&["--cell", "rnn", "--corpus", &file("short.txt", "a b\nc\n")]),
        "too few for a batch of 6 samples and 5 steps",
    );
    let (corpus, words) = (file("corpus.txt", &"a b\n".repeat(50)), file("words.txt", "a\n<eos>\n"));
    refused(score(&["--cell", "rnn", "--corpus", &corpus, "--vocabulary", &words]), "corpus, line 1: the word 'b'");
    let ragged = file("ragged.json", r#"{"tokens": [[1, 2], [3]]}"#);
    let given = |inputs: &str| {
        untrained(&["score", "recurrent", "--cell", "rnn", "--vocabulary-size", "100", "--inputs", inputs])
    };
    refused(given(&ragged), "step 1: 1 tokens, where step 0 has 2");
    let range = file("range.json", r#"{"tokens": [[1, 200]]}"#);
    refused(given(&range), "step 0 sample 1: id 200 is outside a vocabulary of 100");
    let weighed = |path: &str| untrained(&["score", "recurrent", "--cell", "gru", "--weights", path]);
    refused(weighed(golden("rnn_889.safetensors").to_str().unwrap()), "weights, rnns.0.r.bias: missing");
    refused(weighed(&file("torn.safetensors", "abc")), "weights, file:");
    let out = folder.path().join("none/scores.jsonl");
    refused(small(&["benchmark", "nas-bench-nlp", "--out", out.to_str().unwrap()], &[]), "no such file or directory");
}

fn benchmark(out: &Path, arguments: &[&str]) -> Assert {
    let metrics = ["--metric", "hidden_covariance_layer_1", "--metric", "depth"];
    let out = ["benchmark", "nas-bench-nlp", "--out", out.to_str().unwrap()];
    small(&[&out[..], &metrics].concat(), arguments)
}

/// Without what differs between any two runs.
fn values(path: &Path) -> Vec<(String, String, u64)> {
    let all = records(&std::fs::read(path).unwrap());
    let mut values: Vec<_> =
        all.into_iter().map(|record| (record.architecture, record.metric, record.value.to_bits())).collect();
    values.sort();
    values
}

#[test]
fn a_torn_run_continues_with_nothing_lost_or_doubled() {
    let folder = tempfile::tempdir().unwrap();
    let (whole, torn) = (folder.path().join("whole.jsonl"), folder.path().join("torn.jsonl"));
    benchmark(&whole, &["--limit", "20"]).success();
    assert_eq!(values(&whole).len(), 40);
    benchmark(&torn, &["--limit", "20"]).success();
    let bytes = std::fs::read(&torn).unwrap();
    for length in [0, 1, 700, bytes.len() / 2, bytes.len() - 1] {
        std::fs::write(&torn, &bytes[..length]).unwrap();
        benchmark(&torn, &["--limit", "20"]).success();
        assert_eq!(values(&torn), values(&whole), "torn after {length} bytes");
    }
    benchmark(&torn, &["--limit", "20"])
        .success()
        .stderr(contains("0 architectures to score, 40 records already there"));
    refused(benchmark(&torn, &["--limit", "20", "--seed", "1"]), "was begun with another seed");
}

/// The processes are killed while they work, at moments that differ from run to run.
#[test]
fn a_killed_run_continues_with_nothing_lost_or_doubled() {
    let folder = tempfile::tempdir().unwrap();
    let (whole, killed) = (folder.path().join("whole.jsonl"), folder.path().join("killed.jsonl"));
    benchmark(&whole, &["--limit", "300"]).success();
    for milliseconds in [600, 700, 800] {
        let mut child = std::process::Command::new(cargo_bin("untrained"))
            .args([
                "benchmark",
                "nas-bench-nlp",
                "--limit",
                "300",
                "--metric",
                "hidden_covariance_layer_1",
                "--metric",
                "depth",
                "--out",
            ])
            .arg(&killed)
            .args(SMALL)
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(std::time::Duration::from_millis(milliseconds));
        child.kill().unwrap();
        child.wait().unwrap();
    }
    benchmark(&killed, &["--limit", "300"]).success();
    assert_eq!(values(&killed), values(&whole));
}

#[test]
fn shards_merge_into_one_run() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    benchmark(&path("whole.jsonl"), &["--limit", "12"]).success();
    benchmark(&path("first.jsonl"), &["--limit", "6", "--shard", "1/2"]).success();
    benchmark(&path("second.jsonl"), &["--limit", "6", "--shard", "2/2"]).success();
    let name = |name: &str| path(name).to_str().unwrap().to_owned();
    untrained(&["merge", &name("first.jsonl"), &name("second.jsonl"), "--out", &name("merged.jsonl")])
        .code(3)
        .stderr(contains("of 4,322 architectures of nas-bench-nlp lack"));
    assert_eq!(values(&path("merged.jsonl")), values(&path("whole.jsonl")));
    untrained(&["correlate", &name("merged.jsonl"), "--benchmark", "nas-bench-nlp", "--resamples", "20"]).success();
    std::fs::write(
        path("other.jsonl"),
        std::fs::read_to_string(path("first.jsonl")).unwrap().replace("\"value\":5.0", "\"value\":6.0"),
    )
    .unwrap();
    refused(
        untrained(&["merge", &name("first.jsonl"), &name("other.jsonl"), "--out", &name("x.jsonl")]),
        "but 5 in another line",
    );
    assert!(!path("x.jsonl").exists());
}

#[test]
fn foreign_files_are_never_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, content: &str| {
        std::fs::write(folder.path().join(name), content).unwrap();
        folder.path().join(name)
    };
    let foreign = file("config.json", "{\"my\": \"config\"}");
    refused(benchmark(&foreign, &["--limit", "1"]), "no record of a score");
    assert_eq!(std::fs::read_to_string(&foreign).unwrap(), "{\"my\": \"config\"}");
    refused(benchmark(Path::new("/dev/null"), &["--limit", "1"]), "is not a regular file");
    let records = file("records.jsonl", "");
    refused(untrained(&["merge", records.to_str().unwrap(), "--out", "/dev/null"]), "is not a regular file");
    let deep = folder.path().join("deep.jsonl");
    let layers = ["benchmark", "nas-bench-nlp", "--out", deep.to_str().unwrap(), "--layers", "1"];
    refused(untrained(&layers), "a metric reads layer 3");
    assert!(!deep.exists());
}

#[test]
fn scores_are_correlated_from_standard_input_without_a_torn_line() {
    let correlate = |input: &str, arguments: &[&str]| {
        let mut command = Command::new(cargo_bin("untrained"));
        command.args([&["correlate", "-", "--benchmark", "nas-bench-nlp", "--resamples", "0"], arguments].concat());
        command.write_stdin(input.to_owned()).assert()
    };
    let line = |id: u32| format!("{{\"architecture\":\"{id}\",\"metric\":\"depth\",\"value\":{id}}}\n");
    let whole: String = (3..40).map(line).collect();
    let printed = |assert: Assert| text(&assert.success().get_output().stdout);
    let expected = printed(correlate(&whole, &[]));
    assert!(expected.contains("depth"));
    assert_eq!(printed(correlate(&format!("{whole}{{\"architecture\":\"4"), &[])), expected);
    refused(correlate(&whole, &["--metric", "jacobian_cosine"]), "unknown metric 'jacobian_cosine'");
    refused(correlate("", &[]), "the file holds no score");
    refused(correlate("architecture,depth\n3,1\n", &[]), "at least 2 are needed");
    refused(correlate("architecture,mine\n3,1\n", &[]), "at least 2 are needed");
    refused(correlate("architecture,depth\n3,deep\n", &[]), "line 2: depth is 'deep', which is no number");
    refused(
        correlate(&format!("{whole}{{\"my\": 1}}\n"), &[]),
        "records standard input, line 38: no record of a score",
    );
    refused(
        untrained(&["correlate", "--published", "--benchmark", "nas-bench-bert", "--by", "states"]),
        "there are layers",
    );
}

/// Whatever `score` prints but the table for a person, `correlate` reads.
#[test]
fn printed_scores_can_be_correlated() {
    let folder = tempfile::tempdir().unwrap();
    for format in ["json", "jsonl", "csv"] {
        let printed: Vec<String> = ["3", "4", "5"]
            .map(|id| {
                let arguments = ["--id", id, "--metric", "depth", "--format", format];
                text(&small(&["score", "recurrent"], &arguments).success().get_output().stdout)
            })
            .into();
        let path = folder.path().join(format);
        let file = match format {
            "json" => printed.concat().replace("]\n[", ","),
            "csv" => printed
                .iter()
                .flat_map(|one| one.lines().skip(1))
                .fold(printed[0].lines().next().unwrap().to_owned(), |file, line| format!("{file}\n{line}")),
            _ => printed.concat(),
        };
        std::fs::write(&path, file).unwrap();
        let correlate = ["correlate", path.to_str().unwrap(), "--benchmark", "nas-bench-nlp", "--resamples", "0"];
        untrained(&correlate).success().stdout(contains("depth"));
    }
}

#[test]
fn benchmarks_are_not_mixed_up() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cells.jsonl");
    benchmark(&path, &["--limit", "3"]).success();
    let file = path.to_str().unwrap();
    refused(untrained(&["correlate", file, "--benchmark", "nas-bench-bert"]), "they are of nas-bench-nlp");
    refused(untrained(&["benchmark", "nas-bench-bert", "--out", file]), "was begun with another benchmark");
    refused(untrained(&["benchmark", "hw-gpt-s", "--out", file]), "architectures of hw-gpt-s cannot be built here");
    refused(untrained(&["correlate", file, "--benchmark", "lts", "--all-networks"]), "were measured otherwise");
    refused(
        untrained(&["benchmark", "nas-bench-nlp", "--out", file, "--limit", "0"]),
        "must be a whole number, at least 1",
    );
}

#[test]
fn what_dominates_a_score_is_remarked() {
    let remarked = |arguments: &[&str], remark: &str| {
        small(&["score", "recurrent"], arguments).success().stderr(contains(remark));
    };
    let sizes = ["--embedding", "8", "--hidden", "40", "--vocabulary-size", "50", "--batch", "6", "--steps", "5"];
    let short = ["score", "recurrent", "--cell", "lstm", "--metric", "hidden_covariance_layer_1"];
    untrained(&[&short[..], &sizes].concat())
        .success()
        .stderr(contains("layer 1: at least 16 of 40 eigenvalues are zero"));
    let blind = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(&blind, r#"{"h_new_0": {"op": "linear", "input": ["h_prev_0", "h_prev_0"]}}"#).unwrap();
    remarked(&["--recipe", blind.path().to_str().unwrap(), "--metric", "depth"], "no node of the cell reads x");
    let quiet = ["--cell", "lstm", "--metric", "depth", "--format", "csv"];
    small(&["score", "recurrent"], &quiet).success().stderr(is_empty());
}

#[test]
fn shards_with_other_settings_do_not_merge() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let name = |name: &str| path(name).to_str().unwrap().to_owned();
    benchmark(&path("first.jsonl"), &["--limit", "3", "--shard", "1/2"]).success();
    benchmark(&path("second.jsonl"), &["--limit", "3", "--shard", "2/2", "--seed", "1"]).success();
    let merge = |second: &str| untrained(&["merge", &name("first.jsonl"), &name(second), "--out", &name("all.jsonl")]);
    refused(merge("second.jsonl"), "made with another seed than");
    assert!(!path("all.jsonl").exists());
    benchmark(&path("third.jsonl"), &["--limit", "3", "--shard", "2/2"]).success();
    merge("third.jsonl").code(3);
    // A merged file can be continued.
    benchmark(&path("all.jsonl"), &["--limit", "6"]).success().stderr(contains("12 records already there"));
}

#[test]
fn noise_of_another_shape_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("inputs.json");
    std::fs::write(&path, r#"{"tokens": [[1, 2]], "noise": [[[0.5, 0.5, 0.5, 0.5]]]}"#).unwrap();
    let score = ["score", "recurrent", "--cell", "rnn", "--embedding", "2", "--inputs", path.to_str().unwrap()];
    refused(untrained(&score), "inputs, noise, step 0: 1 entries, where the sizes require 2");
}
