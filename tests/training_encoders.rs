//! Training of encoders from outside: killed and continued, refused, fine-tuned, exported; many in a benchmark.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::runs::{lines, outcome, untrained, wait_until};
use crate::training::{goes_on_after_kills, log, run};

/// An encoder of two layers of 16 units.
const CONFIG: &str = r#"{"hidden_size": 16, "nas_config": {"encoder_layers": [
    {"operation_type": "SA", "operation_parameter": "SDP", "num_operation_heads": 2, "feed_forward_dimension": 32,
     "num_feed_forward": 1},
    {"operation_type": "SA", "operation_parameter": "SDP", "num_operation_heads": 2, "feed_forward_dimension": 32,
     "num_feed_forward": 1}]}}"#;

/// On made-up text of 60 tokens.
const TINY: &str = "--vocabulary-size 60 --embedding 12 --positions 40 --batch 8 --sequence 16 --rate 0.005 \
                    --validation-sequences 40";

const WORDS: [&str; 13] =
    ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "good", "bad", "film", "a", "plot", "with", "the", "."];

struct Files(TempDir);

impl Files {
    fn new() -> Self {
        let files = Self(TempDir::new().unwrap());
        fs::write(files.path("encoder.json"), CONFIG).unwrap();
        fs::write(files.path("vocab.txt"), WORDS.join("\n")).unwrap();
        files
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn train(&self, out: &str, options: &str) -> Command {
        let config = self.path("encoder.json");
        let mut command = untrained(&["train", "encoder", "--config", config.to_str().unwrap()]);
        command.args(options.split_whitespace()).arg("--out").arg(self.path(out)).current_dir(&self.0);
        command
    }

    /// A film is good or bad, and so is the review; the words around say nothing.
    fn reviews(&self) {
        let around = ["a", "plot", "with", "the", "film", "."];
        let sentence = |index: usize| {
            let word = |place: usize| around[(index * 7 + place * 5) % around.len()];
            let judged = ["bad", "good"][index % 2];
            format!("{} {} {judged} {} {}", word(0), word(1), word(2), word(3))
        };
        let row = |index: usize| format!("{}\t{}\n", sentence(index), index % 2);
        let table = |rows: usize| format!("sentence\tlabel\n{}", (0..rows).map(row).collect::<String>());
        fs::create_dir_all(self.path("data/SST-2")).unwrap();
        fs::write(self.path("data/SST-2/train.tsv"), table(300)).unwrap();
        fs::write(self.path("data/SST-2/dev.tsv"), table(40)).unwrap();
        fs::write(self.path("corpus.txt"), (0..400).map(|index| sentence(index) + "\n").collect::<String>()).unwrap();
    }
}

/// `kill -9` twice: the same command goes on, and ends with the log and the weights of a run in one go, bit for bit.
#[test]
fn a_killed_pre_training_goes_on_as_if_nothing_had_happened() {
    let files = Files::new();
    let options = format!("{TINY} --steps 120 --checkpoint-every 10 --validate-every 50");
    let stderr = goes_on_after_kills(&files.path(""), [15, 70], |out| files.train(out, &options));
    assert!(stderr.contains("validation loss") && stderr.contains("discriminator"), "{stderr}");
}

/// An encoder of 16 units learns which tokens are frequent, and more.
#[test]
fn both_objectives_learn_made_up_text() {
    let files = Files::new();
    for (objective, name) in [("electra", "validation_generator_loss"), ("masked-language-model", "validation_loss")] {
        let options = format!("{TINY} --steps 2000 --objective {objective}");
        let (code, stderr) = run(files.train(objective, &options));
        assert_eq!(code, Some(0), "{stderr}");
        let log = log(&files.path(objective));
        let last = log.last().unwrap()[name].as_f64().unwrap();
        assert!(last < 56_f64.ln() - 0.3, "{objective}: {last}");
        assert!(stderr.contains("2000 steps of 2000 to do on cpu, about ") && stderr.contains(" │"), "{stderr}");
    }
}

/// The number of steps decides the learning rates, and so belongs to the settings.
#[test]
fn other_settings_of_pre_training_are_refused_by_name() {
    let files = Files::new();
    assert_eq!(run(files.train("run", &format!("{TINY} --steps 4"))).0, Some(0));
    let refused = |options: &str| {
        let (code, stderr) = run(files.train("run", options));
        assert_eq!(code, Some(2), "{options}: {stderr}");
        stderr
    };
    let problem = refused(&format!("{TINY} --steps 6"));
    assert!(problem.contains("was begun with --steps 4, and learning rates fall towards the last step"), "{problem}");
    let steps = format!("{TINY} --steps 4");
    assert!(refused(&format!("{steps} --seed 1")).contains("was begun with"));
    assert!(refused(&steps.replace("--sequence 16", "--sequence 17")).contains("other sizes"));
    assert!(refused(&format!("{steps} --as-published")).contains("another choice of --as-published"));
    let (code, stderr) = run(files.train("run", &steps));
    assert!(code == Some(0) && stderr.contains("all 4 steps are done"), "{stderr}");
}

/// From a corpus to a task: the encoder is pre-trained, its folder has all that fine-tuning needs, and the task is
/// learnt; a second run has nothing to do.
#[test]
fn a_trained_encoder_is_fine_tuned_on_a_task() {
    let files = Files::new();
    files.reviews();
    let text = "--corpus corpus.txt --vocabulary vocab.txt --vocabulary-size 20";
    let options = format!("{text} --embedding 12 --positions 40 --batch 8 --sequence 16 --steps 30");
    let (code, stderr) = run(files.train("encoder", &options));
    assert_eq!(code, Some(0), "{stderr}");
    for file in ["model.safetensors", "config.json", "encoder.json", "vocab.txt", "curve.svg"] {
        assert!(files.path("encoder").join(file).is_file(), "{file}");
    }
    let glue = |further: &str| {
        let mut command =
            untrained(&["train", "glue", "sst", "--from", "encoder", "--data", "data", "--sequence", "16"]);
        command.args(further.split_whitespace()).args(["--out", "glue"]).current_dir(&files.0);
        outcome(&command.output().unwrap())
    };
    let (code, printed, stderr) = glue("--steps 120");
    assert_eq!(code, Some(0), "{stderr}");
    let results = fs::read_to_string(files.path("glue/results.csv")).unwrap();
    let value: f64 = results.lines().nth(1).unwrap().split(',').nth(2).unwrap().parse().unwrap();
    assert!(results.starts_with("task,measure,value,loss,steps,seconds\nsst,accuracy,"), "{results}");
    assert!(value > 90.0 && printed.contains("SST-2  accuracy"), "{printed}{stderr}");
    let predictions = fs::read_to_string(files.path("glue/sst/predictions.tsv")).unwrap();
    assert_eq!(predictions.lines().count(), 41);
    let (code, again, stderr) = glue("--steps 120");
    assert!(code == Some(0) && again == printed && stderr.contains("all 120 steps are done"), "{stderr}");
    let (code, _, stderr) = glue("--steps 120 --seed 1");
    assert!(code == Some(2) && stderr.contains("was begun with"), "{stderr}");
    // The score command reads the folder as a checkpoint.
    let mut score =
        untrained(&["score", "encoder", "--checkpoint", "encoder", "--corpus", "corpus.txt", "--batch", "4"]);
    score.args(["--sequence", "16", "--metric", "attention_confidence"]).current_dir(&files.0);
    let (code, printed, stderr) = outcome(&score.output().unwrap());
    assert!(code == Some(0) && printed.contains("attention_confidence"), "{printed}{stderr}");
}

/// Three encoders of a file: scored, trained in two shards, and correlated.
#[test]
fn encoders_of_a_file_are_trained_and_evaluated() {
    let files = Files::new();
    let layers = |count: usize| {
        let layer = r#"{"operation_type": "SA", "operation_parameter": "SDP", "num_operation_heads": 2,
                        "feed_forward_dimension": 32, "num_feed_forward": 1}"#;
        let layers = vec![layer.replace('\n', ""); count].join(", ");
        format!(r#"{{"name": "{count} layers", "hidden_size": 16, "nas_config": {{"encoder_layers": [{layers}]}}}}"#)
    };
    let list = [1, 2, 3].map(|count| layers(count) + "\n").concat();
    fs::write(files.path("encoders.jsonl"), list).unwrap();
    let command = |words: &str| {
        let mut command = untrained(&words.split_whitespace().collect::<Vec<_>>());
        command.current_dir(&files.0);
        outcome(&command.output().unwrap())
    };
    let train = format!("train benchmark encoders.jsonl --out run --steps 6 --validate-at 3 {TINY}");
    for shard in ["--shard 1/2", "--shard 2/2", ""] {
        let (code, _, stderr) = command(&format!("{train} {shard}"));
        assert_eq!(code, Some(0), "{stderr}");
    }
    let records = lines(&files.path("run/records.jsonl"));
    // Training losses after 1, 2, 3, 5 and 6 steps, validation losses after 3 and 6.
    assert_eq!(records.len(), 3 * 7);
    assert!(records.iter().all(|record| record.value.is_finite() && record.operations.unwrap() > 0.0));
    let results = fs::read_to_string(files.path("run/results.csv")).unwrap();
    assert_eq!(results.lines().count(), 4, "{results}");
    let sizes = "--vocabulary-size 60 --embedding 12 --positions 40 --batch 8 --sequence 16";
    let score =
        format!("benchmark encoders.jsonl --out scores.jsonl --metric synaptic_diversity --metric layers {sizes}");
    let (code, _, stderr) = command(&score);
    assert_eq!(code, Some(0), "{stderr}");
    let correlate = "correlate scores.jsonl --against run/results.csv --target validation_loss --better lower";
    let (code, printed, stderr) = command(correlate);
    assert!(code == Some(0) && printed.contains("synaptic_diversity"), "{printed}{stderr}");
    let (code, _, stderr) = command(&format!("{train} --hidden 3"));
    assert!(code == Some(2) && stderr.contains("--hidden is an option for cells"), "{stderr}");
}

/// Encoders of a benchmark on a task, after 20 steps and after 40: what `train encoder` and `train glue` give, and the
/// same whether the run was killed in fine-tuning or not.
#[test]
fn encoders_are_judged_on_tasks_at_checkpoints() {
    let files = Files::new();
    files.reviews();
    fs::write(files.path("encoders.jsonl"), CONFIG.replace('\n', "").replacen('{', r#"{"name": "one", "#, 1)).unwrap();
    let pretraining = "--corpus corpus.txt --vocabulary vocab.txt --vocabulary-size 20 --embedding 12 --positions 40 \
                       --batch 8 --sequence 16 --steps 40";
    let benchmark = |out: &str, further: &str| {
        let words =
            format!("train benchmark encoders.jsonl {pretraining} --validate-at 20 --data data --task-steps 120");
        let mut command = untrained(&words.split_whitespace().collect::<Vec<_>>());
        command.args(further.split_whitespace()).arg("--out").arg(files.path(out)).current_dir(&files.0);
        command
    };
    let (code, stderr) = run(benchmark("whole", "--task sst"));
    assert_eq!(code, Some(0), "{stderr}");
    for (steps, at) in [("tasks-after-20", 10), ("tasks-after-40", 100)] {
        let mut child = benchmark("killed", "--task sst").stderr(Stdio::null()).spawn().unwrap();
        let log = files.path("killed/one").join(steps).join("sst/log.jsonl");
        wait_until("fine-tuning", || fs::read_to_string(&log).is_ok_and(|log| log.lines().count() >= at));
        child.kill().unwrap();
        assert!(!child.wait().unwrap().success(), "the run ended before it was killed");
    }
    let (code, stderr) = run(benchmark("killed", "--task sst"));
    assert_eq!(code, Some(0), "{stderr}");
    let values = |out: &str| crate::runs::values(&files.path(out).join("records.jsonl"));
    assert_eq!(values("killed"), values("whole"));
    let value = |metric: &str| {
        let records = lines(&files.path("whole/records.jsonl"));
        records.into_iter().find(|record| record.metric == metric).unwrap().value
    };
    assert!(value("sst_after_steps_20") > 90.0 && value("sst_after_steps_40") > 90.0);
    let results = fs::read_to_string(files.path("whole/results.csv")).unwrap();
    assert!(results.lines().next().unwrap().ends_with(",seconds,sst"), "{results}");
    assert!(results.trim_end().ends_with(&format!(",{}", value("sst_after_steps_40"))), "{results}");
    // The same by single commands.
    assert_eq!(run(files.train("encoder", pretraining)).0, Some(0));
    let glue = "train glue sst --from encoder --data data --sequence 16 --steps 120 --out glue";
    let mut glue = untrained(&glue.split_whitespace().collect::<Vec<_>>());
    assert_eq!(outcome(&glue.current_dir(&files.0).output().unwrap()).0, Some(0));
    let predictions = |folder: &str| fs::read_to_string(files.path(folder).join("sst/predictions.tsv")).unwrap();
    assert_eq!(predictions("glue"), predictions("whole/one/tasks-after-40"));
    // Other tasks are other settings.
    fs::rename(files.path("data/SST-2"), files.path("data/CoLA")).unwrap();
    let (code, stderr) = run(benchmark("whole", "--task sst"));
    assert!(code == Some(2) && stderr.contains("SST-2"), "{stderr}");
    fs::rename(files.path("data/CoLA"), files.path("data/SST-2")).unwrap();
    let (code, stderr) = run(benchmark("whole", "--task sst --task-steps 121"));
    assert!(code == Some(2) && stderr.contains("cannot be used multiple times"), "{stderr}");
    let (code, stderr) = run(benchmark("whole", "--task sst --seed 1"));
    assert!(code == Some(2) && stderr.contains("was begun with"), "{stderr}");
    let (code, stderr) = run(benchmark("late", "--validate-at 41"));
    assert!(code == Some(2) && stderr.contains("--validate-at 41 comes after the last step"), "{stderr}");
    let drawn = untrained(&["space", "recurrent", "--states", "1", "--seeds", "0..3"]).output().unwrap().stdout;
    fs::write(files.path("cells.jsonl"), drawn).unwrap();
    let cells = "train benchmark cells.jsonl --corpus corpus.txt --steps 2 --data data --out cells";
    let mut cells = untrained(&cells.split_whitespace().collect::<Vec<_>>());
    let (code, _, stderr) = outcome(&cells.current_dir(&files.0).output().unwrap());
    assert!(code == Some(2) && stderr.contains("--data is an option for encoders"), "{stderr}");
}

/// Pre-training, and fine-tuning from it, on a device give the losses of the CPU; all five operations are in the encoder
/// with id 0.
#[cfg(feature = "devices")]
#[test]
fn a_device_trains_as_the_cpu_does() {
    if crate::golden::devices::vulkan().is_none() {
        return;
    }
    let files = Files::new();
    files.reviews();
    let losses = |folder: &str| -> Vec<f64> {
        log(&files.path(folder)).iter().map(|line| line["loss"].as_f64().unwrap()).collect()
    };
    let run = |words: String| {
        let mut command = untrained(&words.split_whitespace().collect::<Vec<_>>());
        command.current_dir(&files.0);
        let (code, _, stderr) = outcome(&command.output().unwrap());
        assert_eq!(code, Some(0), "{words}: {stderr}");
    };
    let close = |what: &str, [device, cpu]: [Vec<f64>; 2]| {
        assert_eq!(device.len(), cpu.len());
        for (device, cpu) in device.iter().zip(&cpu) {
            assert!((device / cpu - 1.0).abs() < 1e-4, "{what}: {device}, not {cpu}");
        }
    };
    let sizes = "--vocabulary-size 20 --embedding 12 --positions 40 --batch 4 --sequence 16 --validation-sequences 8";
    let text = "--corpus corpus.txt --vocabulary vocab.txt";
    for device in ["cpu", "wgpu"] {
        for objective in ["electra", "masked-language-model"] {
            let out = format!("{objective}-{device}");
            run(format!(
                "train encoder --id 0 {sizes} {text} --objective {objective} --steps 3 --device {device} --out {out}"
            ));
        }
        let glue = "train glue sst --from electra-cpu --data data --sequence 16 --batch 4 --steps 3";
        run(format!("{glue} --device {device} --out glue-{device}"));
    }
    for what in ["electra", "masked-language-model"] {
        close(what, [losses(&format!("{what}-wgpu")), losses(&format!("{what}-cpu"))]);
    }
    close("glue", [losses("glue-wgpu/sst"), losses("glue-cpu/sst")]);
}

#[test]
fn what_cannot_train_an_encoder_is_refused() {
    let files = Files::new();
    files.reviews();
    let refused = |words: &str, problem: &str| {
        let mut command = untrained(&words.split_whitespace().collect::<Vec<_>>());
        command.current_dir(&files.0);
        let (code, _, stderr) = outcome(&command.output().unwrap());
        assert!(code == Some(2) && stderr.contains(problem), "{words}: {code:?} {stderr}");
        assert!(!files.path("out").join("log.jsonl").exists(), "{words}");
    };
    let encoder = "train encoder --config encoder.json --out out --steps 3";
    refused(&format!("{encoder} --vocabulary-size 4"), "size vocabulary-size = 4: made-up text has 4 special tokens");
    refused(&format!("{encoder} --sequence 4"), "size sequence = 4: an example for pre-training");
    refused(&format!("{encoder} --corpus corpus.txt"), "--vocabulary");
    let short = "--vocabulary vocab.txt --corpus vocab.txt";
    refused(&format!("{encoder} {short}"), "its text makes 1 examples");
    let words = "--vocabulary vocab.txt --corpus corpus.txt --vocabulary-size 5";
    refused(&format!("{encoder} {words}"), "size vocabulary-size = 5: the vocabulary has 13 tokens");
    fs::write(files.path("unmasked.txt"), WORDS.join("\n").replace("[MASK]\n", "")).unwrap();
    refused(&format!("{encoder} --corpus corpus.txt --vocabulary unmasked.txt"), "the special token [MASK] is missing");
    refused("train encoder --id 500 --out out --steps 3", "unknown id 500");
    refused("train glue sst --from data --data data --out out", "model.safetensors");
    refused("train glue sstt --from data --data data --out out", "did you mean 'sst'?");
}
