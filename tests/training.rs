//! Training from outside: killed, stopped, continued, refused; records and tables of trained networks.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;
use untrained_core::record::Record;

use crate::runs::{SMALL, lines, outcome, untrained, wait_until};

/// A cell of 20 units on made-up text of 60 words.
const TINY: &str = "--embedding 20 --hidden 20 --layers 2 --vocabulary-size 60 --batch 8 --window 12 \
                    --validation-words 1000";

fn train(what: &[&str], out: &Path, further: &str) -> Command {
    let mut command = untrained(&["train"]);
    command.args(what).args(TINY.split_whitespace()).arg("--out").arg(out).args(further.split_whitespace());
    command
}

fn lstm(out: &Path, further: &str) -> Command {
    train(&["recurrent", "--cell", "lstm"], out, further)
}

pub fn run(mut command: Command) -> (Option<i32>, String) {
    let (code, _, stderr) = outcome(&command.output().unwrap());
    (code, stderr)
}

/// The log without times.
/// `kill -9` when the log of a run has so many lines, twice: the same command goes on, and ends with the log and the weights
/// of a run in one go, bit for bit. What the last command said; both runs are in `folder`, as `whole` and `killed`.
pub fn goes_on_after_kills(folder: &Path, lines: [usize; 2], train: impl Fn(&str) -> Command) -> String {
    let (code, stderr) = run(train("whole"));
    assert_eq!(code, Some(0), "{stderr}");
    for at in lines {
        let mut child = train("killed").stderr(Stdio::null()).spawn().unwrap();
        let log = folder.join("killed/log.jsonl");
        wait_until("a moment of the run", || fs::read_to_string(&log).is_ok_and(|log| log.lines().count() >= at));
        child.kill().unwrap();
        assert!(!child.wait().unwrap().success(), "the run ended before it was killed");
    }
    let (code, stderr) = run(train("killed"));
    assert_eq!(code, Some(0), "{stderr}");
    assert_eq!(log(&folder.join("killed")), log(&folder.join("whole")));
    let weights = |out: &str| fs::read(folder.join(out).join("model.safetensors")).unwrap();
    assert_eq!(weights("killed"), weights("whole"));
    stderr
}

pub fn log(out: &Path) -> Vec<serde_json::Value> {
    let text = fs::read_to_string(out.join("log.jsonl")).unwrap();
    let read = |line: &str| {
        let mut line: serde_json::Value = serde_json::from_str(line).unwrap();
        line.as_object_mut().unwrap().remove("seconds");
        line
    };
    text.lines().map(read).collect()
}

fn checkpoints(out: &Path) -> Vec<String> {
    let names = fs::read_dir(out).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.filter(|name| name.starts_with("checkpoint-")).collect();
    names.sort();
    names
}

/// `kill -9` at several moments: the same command goes on, and ends with the log and the weights of a run in one go,
/// bit for bit.
#[test]
fn a_killed_run_goes_on_as_if_nothing_had_happened() {
    let folder = TempDir::new().unwrap();
    let (whole, killed) = (folder.path().join("whole"), folder.path().join("killed"));
    let further = "--steps 300 --checkpoint-every 20 --validate-every 100";
    let (code, stderr) = run(lstm(&whole, further));
    assert_eq!(code, Some(0), "{stderr}");
    let mut kills = 0;
    for at in [25, 110, 190] {
        let mut child = lstm(&killed, further).stderr(Stdio::null()).spawn().unwrap();
        let reached = || fs::read_to_string(killed.join("log.jsonl")).is_ok_and(|log| log.lines().count() >= at);
        wait_until("a moment of the run", reached);
        child.kill().unwrap();
        kills += usize::from(!child.wait().unwrap().success());
        assert!(checkpoints(&killed).len() <= 2, "{:?}", checkpoints(&killed));
    }
    assert_eq!(kills, 3, "a run ended before it was killed");
    let (code, stderr) = run(lstm(&killed, further));
    assert_eq!(code, Some(0), "{stderr}");
    assert_eq!(log(&killed), log(&whole));
    let weights = |out: &Path| fs::read(out.join("model.safetensors")).unwrap();
    assert_eq!(weights(&killed), weights(&whole));
    assert_eq!(checkpoints(&killed), ["checkpoint-0000000280.safetensors", "checkpoint-0000000300.safetensors"]);
    assert!(fs::read_to_string(killed.join("curve.svg")).unwrap().contains("lstm in training"));
}

/// A disk that has no room for the next checkpoint: the run ends with the file and the reason, the last two checkpoints
/// stay, nothing is left half written, and with room the same command ends as a run in one go.
#[test]
#[cfg(unix)]
fn a_full_disk_loses_nothing() {
    let folder = TempDir::new().unwrap();
    let (whole, full) = (folder.path().join("whole"), folder.path().join("full"));
    let further = |steps: usize| format!("--steps {steps} --checkpoint-every 20 --validate-every 40");
    assert_eq!(run(lstm(&whole, &further(80))).0, Some(0));
    assert_eq!(run(lstm(&full, &further(40))).0, Some(0));
    // Files may have 40 KiB, less than a checkpoint.
    let program = lstm(&full, &further(80));
    let mut limited = Command::new("bash");
    limited.args(["-c", "trap '' XFSZ; ulimit -f 40; exec \"$@\"", "bash"]).arg(program.get_program());
    let (code, stderr) = run({
        limited.args(program.get_args());
        limited
    });
    assert!(code.is_some_and(|code| code > 0), "{code:?} {stderr}");
    assert!(stderr.contains("checkpoint-0000000060.safetensors: file too large"), "{stderr}");
    assert_eq!(checkpoints(&full), ["checkpoint-0000000020.safetensors", "checkpoint-0000000040.safetensors"]);
    let temporary = fs::read_dir(&full)
        .unwrap()
        .filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().starts_with(".tmp"));
    assert_eq!(temporary.count(), 0);
    let (code, stderr) = run(lstm(&full, &further(80)));
    assert_eq!(code, Some(0), "{stderr}");
    assert_eq!(log(&full), log(&whole));
    let weights = |out: &Path| fs::read(out.join("model.safetensors")).unwrap();
    assert_eq!(weights(&full), weights(&whole));
}

/// A network of 20 units learns more than the frequencies of words, and nothing beyond what the source allows.
#[test]
fn the_loss_falls_towards_that_of_the_source() {
    let folder = TempDir::new().unwrap();
    let (code, stderr) = run(lstm(folder.path(), "--steps 600"));
    assert_eq!(code, Some(0), "{stderr}");
    let validation = log(folder.path()).last().unwrap()["validation_loss"].as_f64().unwrap();
    let best: f64 = stderr.split("best possible is ").nth(1).unwrap().trim().parse().unwrap();
    assert!(validation > best && validation < 60_f64.ln() - 0.3, "{validation}, of {best} at best: {stderr}");
    assert!(stderr.contains("600 steps of 600 to do on cpu, about ") && stderr.contains(" │"), "{stderr}");
}

/// SIGTERM ends a run with a checkpoint of all updates and exit code 130; the same command goes on.
#[test]
#[cfg(unix)]
fn a_signal_saves_all_updates() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("run");
    let child = lstm(&out, "--steps 100000").stderr(Stdio::piped()).spawn().unwrap();
    wait_until("the first updates", || fs::metadata(out.join("log.jsonl")).is_ok_and(|log| log.len() > 500));
    assert!(Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap().success());
    let (code, _, stderr) = outcome(&child.wait_with_output().unwrap());
    assert_eq!(code, Some(130), "{stderr}");
    assert!(stderr.contains("the same command goes on"), "{stderr}");
    let updates = log(&out).len();
    assert_eq!(checkpoints(&out), [format!("checkpoint-{updates:010}.safetensors")]);
    let (code, stderr) = run(lstm(&out, &format!("--steps {}", updates + 5)));
    assert_eq!((code, log(&out).len()), (Some(0), updates + 5), "{stderr}");
    let (code, stderr) = run(lstm(&out, &format!("--steps {}", updates + 5)));
    assert!(code == Some(0) && stderr.contains(&format!("all {} steps are done", updates + 5)), "{stderr}");
}

/// The number of steps is measured once, and kept by the folder.
#[test]
fn hours_become_steps_before_the_first() {
    let folder = TempDir::new().unwrap();
    let (code, stderr) = run(lstm(folder.path(), "--hours 0.0003"));
    assert_eq!(code, Some(0), "{stderr}");
    let steps = log(folder.path()).len();
    assert!(steps > 1 && stderr.contains(&format!("{steps} steps of {steps} to do")), "{stderr}");
    let (code, stderr) = run(lstm(folder.path(), "--hours 0.0003"));
    assert!(code == Some(0) && stderr.contains(&format!("all {steps} steps are done")), "{stderr}");
}

#[test]
fn other_settings_are_refused_by_name() {
    let folder = TempDir::new().unwrap();
    let out = folder.path();
    assert_eq!(run(lstm(out, "--steps 3")).0, Some(0));
    for (from, to, difference) in [
        ("--cell lstm", "--cell lstm --as-published", "other settings of training"),
        ("--cell lstm", "--cell lstm --seed 1", "other settings of training"),
        ("--window 12", "--window 13", "other settings of training"),
        ("--cell lstm", "--cell gru", "another architecture"),
        ("--hidden 20", "--hidden 21", "other sizes"),
        ("--validation-words 1000", "--validation-words 900", "another text"),
    ] {
        let typed = format!("train recurrent --cell lstm {TINY} --steps 6").replace(from, to);
        let mut command = untrained(&typed.split_whitespace().collect::<Vec<_>>());
        command.arg("--out").arg(out);
        let (code, stderr) = run(command);
        assert_eq!(code, Some(2), "{to}: {stderr}");
        assert!(stderr.contains(&format!("was begun with {difference}; choose another folder")), "{to}: {stderr}");
    }
    let checkpoint = out.join(&checkpoints(out)[0]);
    let bytes = fs::read(&checkpoint).unwrap();
    fs::write(&checkpoint, &bytes[..bytes.len() / 2]).unwrap();
    let (code, stderr) = run(lstm(out, "--steps 6"));
    assert!(code == Some(2) && stderr.contains("no checkpoint before it is whole"), "{stderr}");
}

/// Two cells in two shards of one folder, killed and continued; records, table, and what reads them.
#[test]
fn a_benchmark_of_ones_own_is_trained_and_evaluated() {
    let folder = TempDir::new().unwrap();
    let (cells, out) = (folder.path().join("cells.jsonl"), folder.path().join("run"));
    let drawn = untrained(&["space", "recurrent", "--states", "1", "--seeds", "0..8"]).output().unwrap().stdout;
    fs::write(&cells, &drawn).unwrap();
    let count = drawn.iter().filter(|byte| **byte == b'\n').count();
    assert!(count >= 6, "{count} cells");
    let benchmark = |further: &str| train(&["benchmark", cells.to_str().unwrap()], &out, further);
    let further = "--steps 40 --validate-at 20";
    let mut child = benchmark(further).stderr(Stdio::null()).spawn().unwrap();
    wait_until("the first record", || fs::metadata(out.join("records.jsonl")).is_ok_and(|known| known.len() > 0));
    child.kill().unwrap();
    child.wait().unwrap();
    let (code, stderr) = run(benchmark(further));
    assert_eq!(code, Some(0), "{stderr}");
    let records = lines(&out.join("records.jsonl"));
    // Training losses after 1, 2, 5, 10, 20 and 40 steps, validation losses after 20 and 40.
    assert_eq!(records.len(), 8 * count, "{stderr}");
    for record in &records {
        // A cell that adds its states up may diverge.
        let diverged = record.why.as_ref().is_some_and(|why| why.contains("training diverged"));
        assert!(record.value.is_finite() != diverged && record.operations.unwrap() >= 0.0, "{record:?}");
    }
    let last = |record: &&Record| record.metric == "validation_loss_after_steps_40" && record.value.is_finite();
    let trained = records.iter().filter(last).count();
    assert!(trained >= 4, "{trained} of {count} cells did not diverge");
    let results = fs::read_to_string(out.join("results.csv")).unwrap();
    assert_eq!(results.lines().count(), 1 + trained);
    assert!(results.starts_with("architecture,steps,validation_loss,training_loss,tokens,seconds\nseed "), "{results}");
    let scores = out.join("records.jsonl");
    let against = out.join("results.csv");
    let (scores, against) = (scores.to_str().unwrap(), against.to_str().unwrap());
    let correlate = ["correlate", scores, "--against", against, "--target", "validation_loss", "--better", "lower"];
    let (code, printed, stderr) = outcome(&untrained(&correlate).output().unwrap());
    assert_eq!(code, Some(0), "{stderr}");
    assert!(printed.contains("validation_loss_after_steps_20") && printed.contains("1.000"), "{printed}");
    let (code, stderr) = run(benchmark(further));
    assert!(code == Some(0) && stderr.contains("0 networks to train"), "{stderr}");
    scored_before(&cells, against);
    let text = fs::read_to_string(&cells).unwrap();
    fs::write(&cells, text.replacen("activation_tanh", "activation_sigm", 1)).unwrap();
    let (code, stderr) = run(benchmark(further));
    assert!(code == Some(2) && stderr.contains("was begun with other recipes; choose another file"), "{stderr}");
}

/// The same file of recipes is scored, and the scores are compared with what training gave.
fn scored_before(cells: &Path, results: &str) {
    let scores = cells.with_extension("scores.jsonl");
    let metrics = "--metric hidden_covariance_layer_1 --metric parameters --metric depth";
    let mut command = untrained(&["benchmark", cells.to_str().unwrap(), "--out", scores.to_str().unwrap()]);
    command.args(metrics.split(' ')).args(SMALL);
    let (code, stderr) = run(command);
    assert_eq!(code, Some(0), "{stderr}");
    assert!(lines(&scores).iter().all(|record| record.origin.recipe.is_some()));
    let against = ["--against", results, "--target", "validation_loss", "--better", "lower"];
    let (code, printed, stderr) =
        outcome(&untrained(&["correlate", scores.to_str().unwrap()]).args(against).output().unwrap());
    assert!(code == Some(0) && printed.contains("hidden_covariance_layer_1"), "{printed}{stderr}");
}

/// A cell that triples its state at every step: the run ends with the reason and exit code 1; of many cells the others
/// go on, and its record says why it has no value.
#[test]
fn a_run_that_diverges_says_so() {
    let folder = TempDir::new().unwrap();
    let growing = r#"{"a": {"op": "linear", "input": ["x", "h_prev_0"]},
                      "h_new_0": {"op": "elementwise_sum", "input": ["a", "h_prev_0", "h_prev_0", "h_prev_0"]}}"#;
    let recipe = folder.path().join("growing.json");
    fs::write(&recipe, growing).unwrap();
    let out = folder.path().join("one");
    let (code, stderr) = run(train(&["recurrent", "--recipe", recipe.to_str().unwrap()], &out, "--steps 5"));
    assert!(code == Some(1) && stderr.contains("training diverged: in step 1 the loss is "), "{code:?} {stderr}");
    let cells = folder.path().join("cells.jsonl");
    let rnn =
        r#"{"h_new_0": {"op": "activation_tanh", "input": ["f"]}, "f": {"op": "linear", "input": ["x", "h_prev_0"]}}"#;
    let line =
        |name: &str, recipe: &str| format!("{{\"name\": \"{name}\", \"recipe\": {}}}\n", recipe.replace('\n', ""));
    fs::write(&cells, line("growing", growing) + &line("rnn", rnn)).unwrap();
    let out = folder.path().join("many");
    let (code, stderr) = run(train(&["benchmark", cells.to_str().unwrap()], &out, "--steps 5"));
    assert_eq!(code, Some(0), "{stderr}");
    let records = lines(&out.join("records.jsonl"));
    let of =
        |name: &str| records.iter().find(|one| one.architecture == name && one.metric.ends_with("steps_5")).unwrap();
    let why = of("growing").why.clone().unwrap_or_default();
    assert!(of("growing").value.is_nan() && why.contains("in step 1 the loss is"), "{why}");
    assert!(of("rnn").value.is_finite() && of("rnn").why.is_none());
}

#[test]
fn what_cannot_be_trained_is_refused() {
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("run");
    let text = folder.path().join("text.txt");
    fs::write(&text, "a b c\n").unwrap();
    let text = text.to_str().unwrap();
    let refused = |words: &[&str]| {
        let mut command = untrained(&["train", "recurrent", "--cell", "lstm", "--out"]);
        command.arg(&out).args(words);
        let (code, stderr) = run(command);
        assert_eq!(code, Some(2), "{words:?}: {stderr}");
        assert!(!out.join("log.jsonl").exists(), "{words:?}");
        stderr
    };
    assert!(refused(&["--steps", "3", "--corpus", text]).contains("words are too few for 20 streams of three"));
    assert!(refused(&["--steps", "3", "--hours", "1"]).contains("cannot be used with"));
    assert!(refused(&["--hours", "0"]).contains("'0' must be a number of hours above 0"));
    assert!(refused(&["--steps", "3", "--hidden", "0"]).contains("size hidden = 0: must be at least 1"));
    let problem = refused(&["--steps", "3", "--hidden", "2000000"]);
    assert!(problem.contains("hidden = 2000000") && problem.contains("more memory than there is"), "{problem}");
    assert!(refused(&[]).contains("--steps <N>|--hours <H>"));
    let mut command = untrained(&["train", "benchmark", "nas-bench-bart", "--steps", "3", "--out"]);
    command.arg(&out);
    let (code, stderr) = run(command);
    assert!(code == Some(2) && stderr.contains("did you mean 'nas-bench-bert'?"), "{stderr}");
}
