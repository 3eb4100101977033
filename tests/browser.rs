//! The explorer in a real browser: needs the built pages, Node with the packages of `tests/browser` and Chromium;
//! `make test` installs them. Where one is missing, the test is skipped.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use assert_cmd::cargo::cargo_bin;
use serde_json::{Value, json};
use untrained_core::family::Family;
use untrained_core::metric::{self, METRICS, Metric};
use untrained_core::network::{encoder, recurrent};
use untrained_core::space::encoder::Configuration;
use untrained_core::space::recurrent::{CLASSIC, Recipe};
use untrained_core::task::{Architecture, Task};
use untrained_tests::{published, root, skip};
use wasmparser::{Validator, WasmFeatures};

use crate::combinations::needed;
use crate::companion::Companion;

const BROWSERS: [&str; 3] = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/// A browser that Node can drive; `None` where something of it is missing: the caller's test is skipped.
pub fn browser() -> Option<&'static Path> {
    let browser = BROWSERS.map(Path::new).into_iter().find(|path| path.exists());
    let packages = root().join("tests/browser/node_modules").exists();
    let node = || Command::new("node").arg("--version").output().is_ok_and(|out| out.status.success());
    let missing = match browser {
        None => "there is no Chromium",
        Some(_) if !packages => "the packages of tests/browser are not installed",
        Some(_) if !node() => "there is no Node",
        found => return found,
    };
    skip("browser", missing);
    None
}

/// The sizes the page starts with.
const SMALL: &str = "--vocabulary-size 1000 --embedding 64 --hidden 96 --layers 3 --batch 20 --steps 35";

/// The sizes the page of encoders starts with.
const ENCODER: &str = "--vocabulary-size 2000 --embedding 128 --batch 4 --sequence 64";

/// Sizes at which a decoder takes seconds in a tab.
const DECODER: &str = "--batch 4 --sequence 16";

/// Sizes for a GPU in software, as the address has them.
const TINY: &str = "50-4-4-3-8-2";
const TINY_ENCODER: &str = "50-6-2-8";

/// A tiny encoder with every kind of layer.
const LAYERS: [(&str, &str, usize); 3] = [("SA", "\"SDP\"", 1), ("LT", "\"DCT\"", 2), ("DSC", "3", 1)];

#[test]
fn the_explorer_works_in_a_browser() {
    let root = root();
    let Some(browser) = browser() else { return };
    if !root.join("dist/index.html").exists() {
        return skip("pages", "dist/index.html is not built");
    }
    let companion = Companion::start(&[]);
    let native = json!({
        "companion": companion.at("/"),
        "encoder": score("encoder", &["--id", "7"], ENCODER),
        "decoder": score("decoder", &["--id", "lts/0"], DECODER),
        "best": records(SMALL, &[]),
        "devices": {"cell": tiny_cell(), "encoder": tiny_encoder()},
        "tiny": {"sizes": TINY, "records": records(&flags(TINY), &[])},
        "metrics": METRICS.iter().map(|metric| metric.families().len()).sum::<usize>(),
        "text": penn_treebank(),
        "slow": records("", &["--metric", "hidden_covariance_layer_1"])[0]["seconds"],
    });
    let mut node = Command::new("node")
        .arg(root.join("tests/browser/explorer.mjs"))
        .args([Path::new("dist"), browser])
        // Only the paths whose names hold this, while one is written.
        .args(std::env::var_os("UNTRAINED_PATHS"))
        .current_dir(&root)
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    node.stdin.take().unwrap().write_all(native.to_string().as_bytes()).unwrap();
    assert!(node.wait().unwrap().success());
}

/// The page, and every worker but the one fetched only by browsers with relaxed SIMD, hold no instruction that a
/// browser of the last years may not know.
#[test]
fn only_the_fused_worker_needs_a_new_browser() {
    let plain = WasmFeatures::default() - WasmFeatures::RELAXED_SIMD;
    for name in ["app", "worker", "gpu", "fused"] {
        let path = root().join(format!("dist/untrained-{name}_bg.wasm"));
        let Ok(module) = std::fs::read(&path) else {
            return skip("pages", &format!("untrained-{name}_bg.wasm is not built"));
        };
        assert_eq!(Validator::new_with_features(plain).validate_all(&module).is_ok(), name != "fused", "{name}");
        Validator::new().validate_all(&module).unwrap();
    }
}

/// The GRU at tiny sizes, as a task, with its records.
fn tiny_cell() -> Value {
    let [vocabulary, embedding, hidden, layers, batch, steps] = numbers(TINY);
    let (_, _, recipe) = CLASSIC.iter().find(|(name, ..)| *name == "gru").unwrap();
    let (recipe, sizes) =
        (Recipe::from_json(recipe).unwrap(), recurrent::Sizes { vocabulary, embedding, hidden, layers, batch, steps });
    let task = Task::new("gru", Architecture::Recurrent { recipe, sizes });
    let mut kinds: Vec<&dyn Metric> = Vec::new();
    for metric in metric::of(Family::Recurrent) {
        // The same metric of another layer needs the same passes.
        let name = |metric: &dyn Metric| metric.about().id.trim_end_matches(char::is_numeric);
        if kinds.iter().all(|kind| needed(*kind) != needed(metric) && name(*kind) != name(metric)) {
            kinds.push(metric);
        }
    }
    let kinds: Vec<&str> = kinds.iter().map(|metric| metric.about().id).collect();
    json!({"task": task, "sizes": TINY, "records": records(&flags(TINY), &[]), "kinds": kinds})
}

/// An encoder at tiny sizes, as a task, with its records: all metrics at once, since kinds alone would take minutes.
fn tiny_encoder() -> Value {
    let [vocabulary, embedding, batch, sequence] = numbers(TINY_ENCODER);
    let sizes = encoder::Sizes { vocabulary, embedding, batch, sequence, ..encoder::Sizes::PUBLISHED };
    let layers = LAYERS.map(|(operation, parameter, stacks)| {
        format!(
            r#"{{"operation_type": "{operation}", "operation_parameter": {parameter}, "num_operation_heads": 2,
                "feed_forward_dimension": 12, "num_feed_forward": {stacks}}}"#
        )
    });
    let text = format!(r#"{{"hidden_size": 8, "nas_config": {{"encoder_layers": [{}]}}}}"#, layers.join(","));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("encoder.json");
    std::fs::write(&file, &text).unwrap();
    let configuration = Configuration::from_json(&text).unwrap();
    let task = Task::new("mine", Architecture::Encoder { configuration, sizes, as_published: false });
    let flags = format!("--vocabulary-size {vocabulary} --embedding {embedding} --batch {batch} --sequence {sequence}");
    let records = score("encoder", &["--config", file.to_str().unwrap()], &flags);
    json!({"task": task, "sizes": TINY_ENCODER, "records": records, "kinds": []})
}

fn numbers<const N: usize>(sizes: &str) -> [usize; N] {
    let numbers: Vec<usize> = sizes.split('-').map(|number| number.parse().unwrap()).collect();
    numbers.try_into().unwrap()
}

/// Penn Treebank's test text and its vocabulary, where they are.
fn penn_treebank() -> Option<[PathBuf; 2]> {
    Some([published("ptb/ptb.test.txt")?, published("ptb/vocabulary.txt")?])
}

/// The sizes of an address as options of the program.
fn flags(sizes: &str) -> String {
    let names = ["vocabulary-size", "embedding", "hidden", "layers", "batch", "steps"];
    names.iter().zip(sizes.split('-')).map(|(name, value)| format!("--{name} {value} ")).collect()
}

/// The program's records of the GRU.
fn records(sizes: &str, arguments: &[&str]) -> Vec<Value> {
    score("recurrent", &[&["--cell", "gru"], arguments].concat(), sizes)
}

/// The program's records of a network, computed on one thread.
fn score(space: &str, arguments: &[&str], sizes: &str) -> Vec<Value> {
    let out = Command::new(cargo_bin("untrained"))
        .args(["score", space, "--device", "cpu", "--format", "jsonl"])
        .args(sizes.split_whitespace())
        .args(arguments)
        .env("RAYON_NUM_THREADS", "1")
        .output()
        .unwrap();
    String::from_utf8(out.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}
