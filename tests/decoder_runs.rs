//! The benchmark of decoders: its 200 scored ones, in shards and correlated, and decoders of a file.

use std::fs;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use crate::runs::{ended, untrained, values};

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn benchmark(what: &str, out: &Path, arguments: &[&str]) -> Command {
    let mut command = untrained(&["benchmark", what, "--batch", "2", "--sequence", "4", "--out"]);
    command.arg(out).args(arguments);
    command
}

/// The number of parameters of every decoder is the published one, so its correlation is, too.
#[test]
fn counts_of_all_decoders_are_correlated_as_the_published_ones() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("counts.jsonl");
    let (code, _, said) = ended(benchmark("lts", &out, &["--metric", "decoder_parameters"]));
    assert!(code == Some(0) && said.contains("200 architectures to score"), "{said}");
    let correlated = ["correlate", text(&out), "--benchmark", "lts", "--resamples", "0", "--format", "jsonl"];
    let (code, printed, said) = ended(untrained(&correlated));
    assert_eq!(code, Some(0), "{said}");
    let rows = printed.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let taus: Vec<f64> =
        rows.filter(|row| row["metric"] == "decoder_parameters").map(|row| row["tau"].as_f64().unwrap()).collect();
    assert!(!taus.is_empty() && taus.iter().all(|tau| (tau + 0.8466).abs() < 5e-5), "{taus:?}");
}

#[test]
fn shards_merge_into_one_run() {
    let folder = TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name);
    let metric = ["--metric", "attention_confidence"];
    let run = |name: &str, shard: &str, limit: &str| {
        let arguments = [&metric[..], &["--shard", shard, "--limit", limit]].concat();
        let (code, _, said) = ended(benchmark("lts", &path(name), &arguments));
        assert_eq!(code, Some(0), "{said}");
    };
    run("all.jsonl", "1/1", "2");
    run("first.jsonl", "1/2", "1");
    run("second.jsonl", "2/2", "1");
    let merged = path("merged.jsonl");
    let parts =
        ["merge", text(&path("first.jsonl")), text(&path("second.jsonl")), "--out", text(&merged)].map(str::to_owned);
    let (code, _, said) = ended(untrained(&parts.each_ref().map(String::as_str)));
    assert!(code == Some(3) && said.contains("198 of 200 architectures of lts lack 198 scores"), "{said}");
    assert_eq!(values(&merged), values(&path("all.jsonl")));
}

/// As `space decoder` prints them, drawn or published, and of other kinds.
#[test]
fn decoders_of_a_file_are_scored() {
    let folder = TempDir::new().unwrap();
    let (file, out) = (folder.path().join("decoders.jsonl"), folder.path().join("scores.jsonl"));
    let (_, drawn, _) = ended(untrained(&["space", "decoder", "lts-gpt2", "--count", "1"]));
    let (_, published, _) = ended(untrained(&["space", "decoder", "--benchmark"]));
    let gpt2 = r#"{"name": "mine", "model_type": "gpt2", "n_layer": 2, "n_embd": 8, "n_head": 2, "vocab_size": 50}"#;
    let lines = [drawn.trim(), published.lines().nth(3).unwrap(), gpt2].join("\n");
    fs::write(&file, &lines).unwrap();
    let metrics = ["--metric", "layers", "--metric", "loss"];
    let (code, _, said) = ended(benchmark(text(&file), &out, &metrics));
    assert_eq!(code, Some(0), "{said}");
    let found = values(&out);
    let names: Vec<&str> = found.iter().map(|(architecture, ..)| architecture.as_str()).collect();
    assert_eq!(found.len(), 6);
    assert!(["line 1", "lts/3", "mine"].iter().all(|name| names.contains(name)), "{names:?}");

    fs::write(&file, format!("{lines}\n{}", gpt2.replace("\"n_head\": 2", "\"n_head\": 3").replace("mine", "odd")))
        .unwrap();
    let (code, _, said) = ended(benchmark(text(&file), &folder.path().join("none.jsonl"), &metrics));
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("line 4 of") && said.contains("heads"), "{said}");
    assert!(!folder.path().join("none.jsonl").exists());
}
