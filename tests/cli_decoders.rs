//! Spaces and published decoders from outside.

use std::fs;

use serde_json::Value;
use tempfile::TempDir;

use crate::runs::{ended, untrained};

/// What a command prints, and what it says.
fn run(words: &str) -> (Option<i32>, String, String) {
    ended(untrained(&words.split_whitespace().collect::<Vec<_>>()))
}

/// A drawn decoder is scored from its line, and is of its space alone.
#[test]
fn a_space_is_drawn_from_and_checked() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("decoder.json");
    let file = file.to_str().unwrap();
    for (space, other) in [("lts-gpt2", "lts-xl"), ("lts-xl", "lts-gpt2"), ("hw-gpt-s", "hw-gpt-l")] {
        let (code, printed, stderr) = run(&format!("space decoder {space} --seed 3 --count 2"));
        assert!(code == Some(0) && stderr.contains(&format!("decoders of {space}")), "{stderr}");
        let lines: Vec<&str> = printed.lines().collect();
        assert!(lines.len() == 2 && lines[0] != lines[1], "{printed}");
        fs::write(file, lines[1]).unwrap();
        let (code, printed, stderr) = run(&format!("score decoder --config {file} --metric layers --format jsonl"));
        assert_eq!(code, Some(0), "{stderr}");
        let (config, record): (Value, Value) =
            (serde_json::from_str(lines[1]).unwrap(), serde_json::from_str(&printed).unwrap());
        assert_eq!(record["value"].as_f64(), config["n_layer"].as_f64());
        let (code, printed, stderr) = run(&format!("space decoder {space} --check {file}"));
        assert!(code == Some(0) && printed.is_empty() && stderr.contains("is of the space"), "{stderr}");
        let (code, _, stderr) = run(&format!("space decoder {other} --check {file}"));
        assert!(code == Some(2) && stderr.contains(&format!("is not in the space {other}")), "{stderr}");
    }
    let (code, _, stderr) = run("space decoder lts-gpt");
    assert!(code == Some(2) && stderr.contains("did you mean 'lts-gpt2'?"), "{stderr}");
    let (code, _, stderr) = run("space decoder");
    assert!(code == Some(2) && stderr.contains("<SPACE>"), "{stderr}");
}

/// The first rows of two published tables, counted; the line that `space` prints of one is that decoder.
#[test]
fn published_decoders_have_ids() {
    let counted = |decoder: &str| {
        let (code, printed, stderr) = run(&format!("score decoder {decoder} --metric parameters --format jsonl"));
        assert_eq!(code, Some(0), "{stderr}");
        let record: Value = serde_json::from_str(&printed).unwrap();
        (record["value"].as_f64().unwrap(), record["architecture"].clone(), record["benchmark"].clone())
    };
    assert_eq!(counted("--id lts/0"), (8_505_006.0, "0".into(), "lts".into()));
    assert_eq!(counted("--id lts/400"), (41_443_618.0, "400".into(), "lts".into()));
    // Those that searches found are no rows of the benchmark.
    assert_eq!(counted("--id lts/885"), (32_369_496.0, "885".into(), Value::Null));
    let (_, printed, _) = run("space decoder --benchmark");
    assert_eq!(printed.lines().count(), 1_121);
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("line.json");
    fs::write(&file, printed.lines().nth(400).unwrap()).unwrap();
    assert_eq!(counted(&format!("--config {}", file.display())).0, 41_443_618.0);
    for (id, problem) in [
        ("lts/1121", "unknown id lts/1121; they run from lts/0 to lts/1120"),
        ("lts", "'lts' is not a decoder such as lts/37"),
        ("nas-bench-nlp/3", "'nas-bench-nlp/3' is not a decoder such as lts/37"),
    ] {
        let (code, _, stderr) = run(&format!("score decoder --id {id}"));
        assert!(code == Some(2) && stderr.contains(problem), "{stderr}");
    }
}

/// Text through a tokenizer is the same as its ids; what cannot be read is said.
#[test]
fn a_decoder_reads_text_through_a_tokenizer() {
    let folder = TempDir::new().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let tokenizer = r#"{"version": "1.0", "truncation": null, "padding": null, "added_tokens": [], "normalizer": null,
        "pre_tokenizer": {"type": "Whitespace"}, "post_processor": null, "decoder": null,
        "model": {"type": "WordLevel", "vocab": {"a": 0, "b": 1, "c": 7, "?": 2}, "unk_token": "?"}}"#;
    let tokenizer = write("tokenizer.json", tokenizer);
    let config = r#"{"model_type": "gpt2", "n_layer": 2, "n_embd": 8, "n_head": 2, "vocab_size": 5, "n_positions": 8}"#;
    let (config, corpus) = (write("config.json", config), write("corpus.txt", "a b\n\nb x\na c\n"));
    let inputs = write("inputs.json", r#"{"input_ids": [[0, 1], [1, 2]]}"#);
    let run = |arguments: &[&str]| {
        let given = ["score", "decoder", "--config", &config, "--metric", "loss", "--format", "jsonl"];
        let (code, printed, said) = ended(untrained(&[&given, arguments].concat()));
        let value = printed.lines().next().map(|line| serde_json::from_str::<Value>(line).unwrap()["value"].clone());
        (code, value, said)
    };
    let sizes = ["--batch", "2", "--sequence", "2"];
    let text = ["--corpus", &corpus, "--vocabulary", &tokenizer];
    let (code, read, said) = run(&[&text[..], &sizes].concat());
    assert!(code == Some(0) && read.is_some(), "{said}");
    assert_eq!(read, run(&["--inputs", &inputs]).1);
    let refused = |arguments: &[&str], sentence: &str| {
        let (code, value, said) = run(arguments);
        assert_eq!((code, value), (Some(2), None), "{said}");
        assert!(said.contains(sentence) && said.lines().count() == 1, "{said}");
    };
    refused(&[&text[..], &["--batch", "3", "--sequence", "2"]].concat(), "id 7, but the decoder has 5 words");
    refused(&[&text[..], &["--batch", "4", "--sequence", "2"]].concat(), "6 tokens, and 8 are read");
    refused(&[&text[..2], &sizes].concat(), "a corpus is read with a tokenizer.json; give one with --vocabulary");
    let damaged = write("damaged.json", "{");
    refused(&[&text[..2], &["--vocabulary", &damaged], &sizes].concat(), "damaged.json");
}
