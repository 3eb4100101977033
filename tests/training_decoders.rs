//! Training of decoders from outside: killed and continued, scored, trained further, refused.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;

use crate::runs::{outcome, untrained};
use crate::training::{goes_on_after_kills, log, run};

/// A GPT-2 of two layers of 16 units.
const CONFIG: &str =
    r#"{"model_type": "gpt2", "vocab_size": 60, "n_positions": 20, "n_embd": 16, "n_layer": 2, "n_head": 2}"#;

const TINY: &str = "--batch 8 --sequence 16 --rate 0.01 --validation-words 1000";

struct Files(TempDir);

impl Files {
    fn new() -> Self {
        let files = Self(TempDir::new().unwrap());
        fs::write(files.path("decoder.json"), CONFIG).unwrap();
        files
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn command(&self, words: &str) -> Command {
        let mut command = untrained(&words.split_whitespace().collect::<Vec<_>>());
        command.current_dir(&self.0);
        command
    }

    fn train(&self, out: &str, options: &str) -> Command {
        self.command(&format!("train decoder --config decoder.json {options} --out {out}"))
    }

    /// The loss of the decoder in a folder after ids that follow each other.
    fn loss(&self, decoder: &str) -> f64 {
        let ids: Vec<u32> = (0..16).map(|place| place % 3).collect();
        fs::write(self.path("ids.json"), format!("{{\"input_ids\": [{ids:?}]}}")).unwrap();
        let score = format!("score decoder {decoder} --inputs ids.json --metric loss --format jsonl");
        let (code, printed, stderr) = outcome(&self.command(&score).output().unwrap());
        assert_eq!(code, Some(0), "{stderr}");
        let record: serde_json::Value = serde_json::from_str(printed.lines().next().unwrap()).unwrap();
        record["value"].as_f64().unwrap()
    }
}

/// `kill -9` twice, with dropout: the same command goes on, and ends with the log and the weights of a run in one go,
/// bit for bit.
#[test]
fn a_killed_training_goes_on_as_if_nothing_had_happened() {
    let files = Files::new();
    let options = format!("{TINY} --dropout 0.1 --steps 150 --checkpoint-every 10 --validate-every 50");
    let stderr = goes_on_after_kills(&files.path(""), [15, 80], |out| files.train(out, &options));
    let last = log(&files.path("whole")).last().unwrap().clone();
    let value = |name: &str| last[name].as_f64().unwrap();
    let (loss, perplexity) = (value("validation_loss"), value("validation_perplexity"));
    assert!((loss.exp() / perplexity - 1.0).abs() < 1e-12 && loss < 60_f64.ln() - 0.3, "{loss}, {perplexity}");
    assert!(stderr.contains("perplexity") && stderr.contains("the best possible loss is"), "{stderr}");
    assert!(stderr.contains("150 to do on cpu, about ") && stderr.contains(" │"), "{stderr}");
}

/// From a corpus of three words in turn: learnt, scored from its folder and by its weights, and trained further.
#[test]
fn a_trained_decoder_is_scored_and_trained_further() {
    let files = Files::new();
    fs::write(files.path("corpus.txt"), "a b c a b c a b\n".repeat(120).replace('\n', " c\n")).unwrap();
    let text = "--corpus corpus.txt --batch 8 --sequence 16 --rate";
    let (code, stderr) = run(files.train("first", &format!("{text} 0.02 --steps 30")));
    assert_eq!(code, Some(0), "{stderr}");
    let untrained = files.loss("--config decoder.json");
    let trained = files.loss("--checkpoint first");
    assert!((untrained - 60_f64.ln()).abs() < 0.2 && trained < 0.8 * untrained, "{untrained}, {trained}");
    let weights = files.loss("--config first/config.json --weights first/model.safetensors");
    assert!((weights - trained).abs() < 1e-12, "{weights}, {trained}");
    let further = format!("train decoder --checkpoint first {text} 0.001 --steps 30 --out second");
    let (code, stderr) = run(files.command(&further));
    assert_eq!(code, Some(0), "{stderr}");
    let first_loss = |out: &str| log(&files.path(out))[0]["loss"].as_f64().unwrap();
    assert!(first_loss("second") < 0.8 * first_loss("first"), "{}", first_loss("second"));
    // Other weights begin another run.
    let (code, stderr) = run(files.train("second", &format!("{text} 0.001 --steps 30")));
    assert!(code == Some(2) && stderr.contains("was begun with another"), "{stderr}");
}

/// LTS' settings: its optimiser learns, and what is given counts more than the preset.
#[test]
fn published_settings_have_a_name() {
    let files = Files::new();
    let (code, stderr) = run(files.train("lts", &format!("{TINY} --preset lts --steps 120 --seed 0")));
    assert_eq!(code, Some(0), "{stderr}");
    let lines = log(&files.path("lts"));
    // A tenth of the steps is warm-up, to the rate that was given and not to 0.01; half a cosine ends near a tenth of it.
    let rate = |step: usize| lines[step - 1]["rate"].as_f64().unwrap();
    assert!((rate(1) - 0.01 / 12.0).abs() < 1e-12 && (rate(12) - 0.01).abs() < 1e-12, "{}", rate(1));
    assert!((rate(120) - 1e-3).abs() < 1e-5, "{}", rate(120));
    let (first, last) = (&lines[0], lines.last().unwrap());
    let loss = |line: &serde_json::Value| line["loss"].as_f64().unwrap();
    assert!(loss(last) < loss(first) - 0.1, "{first} {last}");
}

/// One sentence, exit code 2, and nothing written.
#[test]
fn what_cannot_be_trained_is_refused() {
    let files = Files::new();
    fs::write(files.path("short.txt"), "a b c\n").unwrap();
    fs::write(files.path("many.txt"), (0..200).map(|word| format!("w{word} ")).collect::<String>()).unwrap();
    for (options, problem) in [
        ("--sequence 21", "size sequence = 21: longer than the 20 positions"),
        ("--corpus short.txt", "4 tokens are too few for a sequence of 20 and what follows it"),
        ("--corpus many.txt", "id 60 is outside the decoder's vocabulary of 60"),
        ("--rate 0", "'0' is not a number above 0"),
        ("--dropout 1", "'1' is not a number of at least 0 and below 1"),
        ("--batch 0", "'0' must be a whole number, at least 1"),
        ("--hours 1", "cannot be used with"),
        ("--preset bert", "invalid value 'bert'"),
        ("--weights none.safetensors", "none.safetensors: no such file"),
        ("--device cuda", "device cuda"),
    ] {
        let (code, stderr) = run(files.train("run", &format!("--steps 3 {options}")));
        assert_eq!(code, Some(2), "{options}: {stderr}");
        assert!(stderr.contains(problem), "{options}: {stderr}");
        assert!(!files.path("run").exists(), "{options}");
    }
}

/// Whether there is enough memory is known before anything is allocated.
#[test]
fn a_decoder_that_is_too_large_is_refused() {
    let files = Files::new();
    let huge = r#"{"model_type": "gpt2", "n_embd": 160000, "n_layer": 90, "n_head": 10}"#;
    fs::write(files.path("decoder.json"), huge).unwrap();
    let (code, stderr) = run(files.train("run", "--steps 3"));
    assert!(code == Some(2) && stderr.contains("the training of the decoder needs about"), "{code:?} {stderr}");
    assert!(!files.path("run").exists());
}

/// The number of steps decides the learning rates, and so belongs to the settings.
#[test]
fn other_settings_of_decoders_are_refused_by_name() {
    let files = Files::new();
    assert_eq!(run(files.train("run", &format!("{TINY} --steps 4"))).0, Some(0));
    let steps = format!("{TINY} --steps 4");
    for (options, difference) in [
        (format!("{TINY} --steps 6"), "--steps 4, and learning rates fall towards the last step"),
        (format!("{steps} --warm-up 2"), "other settings of training"),
        (format!("{steps} --attention-dropout 0.1"), "other settings of training"),
        (steps.replace("--sequence 16", "--sequence 17"), "other sizes"),
    ] {
        let (code, stderr) = run(files.train("run", &options));
        assert!(code == Some(2) && stderr.contains(&format!("was begun with {difference}")), "{options}: {stderr}");
    }
    let (code, stderr) = run(files.train("run", &steps));
    assert!(code == Some(0) && stderr.contains("all 4 steps are done"), "{stderr}");
}
