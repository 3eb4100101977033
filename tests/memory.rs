//! Memory: estimates against what the program takes, refusals before anything is allocated, and a companion that stays
//! small.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, Command, Stdio};

use assert_cmd::cargo::cargo_bin;
use serde_json::{Value, json};
use untrained_core::family::Family;
use untrained_core::memory::Engine;
use untrained_core::metric::{self, Metric};
use untrained_core::observation::{Needs, Way};
use untrained_core::random::numpy::Numpy;
use untrained_core::space::recurrent::CLASSIC;
use untrained_core::task::{AnyTask, Event, Task, TrainingTask};

use crate::companion::Companion;

const MIB: f64 = (1 << 20) as f64;

/// Sizes of the jobs, by the estimate, in MiB.
const JOBS: std::ops::RangeInclusive<f64> = 200.0..=900.0;

/// A worker of the program, for one task.
struct Worker(Child);

impl Drop for Worker {
    fn drop(&mut self) {
        _ = self.0.kill();
        _ = self.0.wait();
    }
}

impl Worker {
    fn start() -> Self {
        let mut command = Command::new(cargo_bin("untrained"));
        let piped = command.args(["work", "--device", "cpu"]).stdin(Stdio::piped()).stdout(Stdio::piped());
        Self(piped.spawn().unwrap())
    }

    /// Runs a task; the last event.
    fn run(&mut self, task: &AnyTask) -> Event {
        let stdin = self.0.stdin.as_mut().unwrap();
        writeln!(stdin, "{}", serde_json::to_string(task).unwrap()).unwrap();
        let events = BufReader::new(self.0.stdout.as_mut().unwrap()).lines();
        let mut events = events.map(|line| serde_json::from_str::<Event>(&line.unwrap()).unwrap());
        events.find(Event::is_last).unwrap()
    }
}

/// Most memory that a process has held so far, in bytes.
fn peak(process: u32) -> f64 {
    status(process, "VmHWM:")
}

fn status(process: u32, key: &str) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with(key)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() * 1_024.0
}

/// The metrics whose memory is estimated closely: those that make no further passes and keep no values of nodes; of encoders
/// those that read no states and no head.
fn closely_estimated(family: Family) -> Vec<&'static str> {
    let coarse: &[Way] = if family == Family::Encoder { &[Way::Loss, Way::Further] } else { &[Way::Further] };
    let is_close = |metric: &&dyn Metric| {
        let needs: Needs = metric.needs().into_iter().collect();
        needs.of(coarse).is_empty() && (family != Family::Encoder || needs.highest_layer() == 0)
    };
    metric::of(family).into_iter().filter(is_close).map(|metric| metric.about().id).collect()
}

/// Random choices, the same in every run.
struct Dice(Numpy);

impl Dice {
    fn number(&mut self, least: usize, most: usize) -> usize {
        least + (self.0.double() * (most - least + 1) as f64) as usize
    }

    fn one<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.number(0, of.len() - 1)].clone()
    }

    /// A cell with all metrics.
    fn cell_with_suite(&mut self) -> Value {
        let mut cell = self.cell();
        cell["metrics"] = json!([]);
        cell["sizes"]["layers"] = json!(3);
        cell
    }

    /// An encoder with all metrics.
    fn encoder_with_suite(&mut self) -> Value {
        let mut encoder = self.encoder();
        encoder["metrics"] = json!([]);
        encoder
    }

    /// A wide, a long or an ordinary network, or one with a large vocabulary; all metrics that are estimated closely, or one.
    fn cell(&mut self) -> Value {
        let (_, _, recipe) = self.one(&CLASSIC);
        let recipe: Value = serde_json::from_str(recipe).unwrap();
        let (hidden, embedding, batch, steps, vocabulary) = match self.number(0, 3) {
            0 => (self.number(900, 2_200), self.number(200, 1_800), self.number(4, 20), self.number(2, 6), 5_000),
            1 => (self.number(30, 200), self.number(20, 200), self.number(20, 80), self.number(100, 400), 20_000),
            2 => (self.number(300, 700), self.number(200, 600), self.number(20, 60), self.number(10, 50), 10_000),
            _ => (self.number(50, 100), self.number(200, 400), 4, self.number(4, 8), self.number(200_000, 500_000)),
        };
        let metrics = [
            "",
            "",
            "hidden_covariance_layer_1",
            "activation_distance",
            "synaptic_saliency",
            "jacobian_cosine",
            "more_noised_jacobian",
        ];
        let metric = self.one(&metrics);
        let layers = self.number(if metric.is_empty() { 3 } else { 1 }, 4);
        let metrics = if metric.is_empty() { closely_estimated(Family::Recurrent) } else { vec![metric] };
        let sizes = json!({"hidden": hidden, "embedding": embedding, "layers": layers, "batch": batch, "steps": steps,
            "vocabulary": vocabulary});
        json!({"space": "recurrent", "recipe": recipe, "sizes": sizes, "metrics": metrics})
    }

    fn encoder(&mut self) -> Value {
        let operations =
            [("SA", json!("SDP")), ("SA", json!("WMA")), ("LT", json!("DFT")), ("LT", json!("DCT")), ("DSC", json!(9))];
        let (hidden, count) = (self.one(&[128, 256, 512, 768]), self.number(1, 4));
        let layers: Vec<Value> = (0..count)
            .map(|_| {
                let (operation, parameter) = self.one(&operations);
                json!({"operation_type": operation, "operation_parameter": parameter,
                    "num_operation_heads": self.one(&[2, 4, 8]),
                    "feed_forward_dimension": self.one(&[512, 1_024, 2_048]),
                    "num_feed_forward": self.one(&[1, 3])})
            })
            .collect();
        let sizes = json!({"vocabulary": self.number(1_000, 60_000), "batch": self.number(1, 16),
            "sequence": self.one(&[64, 128, 256, 512])});
        let configuration = json!({"hidden_size": hidden, "nas_config": {"encoder_layers": layers}});
        let metrics = closely_estimated(Family::Encoder);
        json!({"space": "transformer", "configuration": configuration, "sizes": sizes, "metrics": metrics})
    }

    /// A scoring task.
    fn scoring(kind: Value) -> AnyTask {
        AnyTask::Score(Box::new(serde_json::from_value::<Task>(kind).unwrap()))
    }

    /// Cells that differ, trained for a few steps.
    fn training(&mut self) -> AnyTask {
        let cells = self.number(1, 3);
        let recipes: Vec<Value> = (0..cells).map(|_| serde_json::from_str(self.one(&CLASSIC).2).unwrap()).collect();
        let (hidden, embedding, batch, steps, vocabulary) = match self.number(0, 2) {
            0 => (self.number(500, 900), self.number(200, 600), self.number(4, 20), self.number(50, 70), 5_000),
            1 => (self.number(50, 200), self.number(50, 200), self.number(20, 60), self.number(70, 200), 10_000),
            _ => (self.number(50, 100), self.number(200, 400), 10, self.number(50, 70), self.number(20_000, 40_000)),
        };
        let layers = self.number(1, 3);
        let sizes = json!({"hidden": hidden, "embedding": embedding, "layers": layers, "batch": batch, "steps": steps,
            "vocabulary": vocabulary});
        let settings = json!({"sizes": sizes, "frozen": self.one(&[false, true]), "dropout": true});
        let task = json!({"recipes": recipes, "settings": settings, "steps": 6});
        AnyTask::Train(Box::new(serde_json::from_value::<TrainingTask>(task).unwrap()))
    }

    /// The next task of a kind whose estimate is among [`JOBS`].
    fn task(&mut self, kind: fn(&mut Self) -> AnyTask) -> (AnyTask, f64) {
        loop {
            let task = kind(self);
            let estimate = match &task {
                AnyTask::Score(task) => task.peak(Engine::Kernel).unwrap(),
                AnyTask::Train(task) => task.peak(Engine::Kernel),
            };
            if JOBS.contains(&(estimate / MIB)) {
                return (task, estimate);
            }
        }
    }
}

/// How often a job is run whose peak is not reached.
const RUNS: usize = 5;

/// Every estimate lies above the measured peak, by a factor of `most` at most.
#[cfg(target_os = "linux")]
fn estimates_are_close(seed: u32, count: usize, most: f64, kind: fn(&mut Dice) -> AnyTask) {
    let mut dice = Dice(Numpy::from_seed(seed));
    for at in 0..count {
        let (task, estimate) = dice.task(kind);
        // The estimate is of the largest peak. A machine with other work runs fewer passes at the same time, and then a
        // single run stays below it: the largest of several runs counts.
        let mut measured = 0.0f64;
        for _ in 0..RUNS {
            let mut worker = Worker::start();
            let last = worker.run(&task);
            assert!(matches!(last, Event::Finished { .. }), "{last:?}");
            measured = measured.max(peak(worker.0.id()));
            if estimate / measured <= most {
                break;
            }
        }
        let ratio = estimate / measured;
        println!(
            "figure: job {at}: {:.0} MiB estimated, {:.0} MiB measured, {ratio:.3}",
            estimate / MIB,
            measured / MIB
        );
        assert!((1.0..=most).contains(&ratio), "{ratio}: {estimate} for {measured} of {}", json!(task));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn the_memory_of_cells_is_estimated() {
    estimates_are_close(1, 14, 1.25, |dice| Dice::scoring(dice.cell()));
}

/// The estimate is for the longest windows, which are seldom drawn.
#[cfg(target_os = "linux")]
#[test]
fn the_memory_of_training_is_estimated() {
    estimates_are_close(3, 6, 1.2, Dice::training);
}

#[cfg(target_os = "linux")]
#[test]
fn the_memory_of_encoders_is_estimated() {
    estimates_are_close(2, 8, 1.15, |dice| Dice::scoring(dice.encoder()));
}

/// All metrics: what is kept of nodes and for further passes overlaps as it comes, so that the estimate is coarser.
#[cfg(target_os = "linux")]
#[test]
fn the_memory_of_the_suite_is_estimated() {
    estimates_are_close(4, 5, 2.5, |dice| Dice::scoring(dice.cell_with_suite()));
    estimates_are_close(5, 4, 2.5, |dice| Dice::scoring(dice.encoder_with_suite()));
}

/// The companion allocates neither a large vocabulary nor thousands of layers.
#[cfg(target_os = "linux")]
#[test]
fn the_companion_stays_small_for_any_request() {
    let companion = Companion::start(&[]);
    let recipe = json!({"h_new_0": {"op": "linear", "input": ["x", "h_prev_0"]}});
    let sizes = json!({"vocabulary": 100_000_000, "embedding": 1, "hidden": 1, "layers": 1, "batch": 4, "steps": 5});
    let large = json!({"space": "recurrent", "recipe": recipe, "sizes": sizes, "metrics": ["nodes"]});
    let mut tokens = large.clone();
    tokens["sizes"] =
        json!({"vocabulary": 10, "embedding": 1, "hidden": 1, "layers": 1, "batch": 40_000, "steps": 1_000});
    let layer = json!({"operation_type": "SA", "operation_parameter": "SDP", "num_operation_heads": 2,
        "feed_forward_dimension": 2, "num_feed_forward": 1_000});
    let layers = vec![layer; 1_000];
    let configuration = json!({"hidden_size": 2, "nas_config": {"encoder_layers": layers}});
    let deep = json!({"space": "transformer", "configuration": configuration,
        "sizes": {"batch": 1_000_000_000_000_u64, "sequence": 1}});
    let mut text = large.clone();
    let distinct: String = (0..900_000).map(|word| format!("{word:x} ")).collect();
    text["text"] = json!({"corpus": distinct});
    text["sizes"] = json!({"vocabulary": 10, "embedding": 1, "hidden": 1, "layers": 1});
    let before = peak(companion.id());
    let last = companion.events(&large).pop();
    assert_eq!(last, Some(Event::Finished { records: 1 }));
    let last = companion.events(&tokens).pop();
    assert_eq!(last, Some(Event::Finished { records: 1 }));
    let (status, problem) = companion.refused(deep.to_string());
    assert!(status == 422 && problem.contains("more memory than there is"), "{status}: {problem}");
    let grown = peak(companion.id()) - before;
    assert!(grown < 24.0 * MIB, "the companion grew by {:.0} MiB", grown / MIB);
    // A body of 6 MiB is read as it is, but no vocabulary is built from it.
    companion.events(&text);
    let grown = peak(companion.id()) - before;
    assert!(grown < 64.0 * MIB, "the companion grew by {:.0} MiB", grown / MIB);
}
