//! Every metric is complete, the documents agree with the lists, and no file is too long.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use untrained_core::benchmark::BENCHMARKS;
use untrained_core::corpus;
use untrained_core::device::Device;
use untrained_core::job::{Initial, Job};
use untrained_core::metric::{Cost, METRICS, transformer};
use untrained_core::network::recurrent::{Batch, Sizes};
use untrained_core::rank::{Direction, tau_b};
use untrained_core::run;
use untrained_core::space::recurrent::{CLASSIC, Recipe};
use untrained_tests::root;

use crate::{encoders, golden};

/// A family with its metrics, the benchmark that has scores of them, and its golden values, one map a file.
struct Family {
    name: &'static str,
    metrics: Vec<&'static About>,
    benchmark: &'static dyn Benchmark,
    golden: Vec<BTreeMap<String, serde_json::Value>>,
}

fn families() -> [Family; 2] {
    [
        Family {
            name: "recurrent",
            metrics: METRICS.iter().map(|metric| metric.about()).collect(),
            benchmark: &NasBenchNlp,
            golden: golden::IDS.iter().map(|id| golden::read(*id).0.metrics).collect(),
        },
        Family {
            name: "encoder",
            metrics: transformer::METRICS.iter().map(|metric| metric.about()).collect(),
            benchmark: &NasBenchBert,
            golden: encoders::NAMES.iter().map(|name| encoders::read(name).0.metrics).collect(),
        },
    ]
}

/// An id or a title may occur in two families, but once in each.
#[test]
fn every_metric_is_described_under_its_own_name() {
    let mut seen = HashSet::new();
    for Family { name, metrics, .. } in families() {
        for about in metrics {
            let id = about.id;
            assert!(seen.insert((name, id)), "{name}: the id {id} occurs twice");
            assert!(seen.insert((name, about.title)), "{name}: the title {} occurs twice", about.title);
            assert!(id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_'), "{id}");
            for text in [about.title, about.summary, about.formula, about.unit, about.source] {
                assert!(!text.is_empty(), "{name}: {id} leaves something out");
            }
        }
    }
}

/// What a benchmark says of the direction of a metric is what the published scores show, where a column is published.
#[test]
fn every_benchmark_knows_the_direction_of_its_metrics() {
    for benchmark in BENCHMARKS {
        let (about, table) = (benchmark.about(), benchmark.table().unwrap().scored());
        for column in &table.columns {
            let tau = tau_b(&column.values, &table.results).unwrap();
            // Towards better results.
            let tau = if about.target.better == Direction::Higher { tau } else { -tau };
            let seen = match tau {
                tau if tau >= 0.05 => Some(Direction::Higher),
                tau if tau <= -0.05 => Some(Direction::Lower),
                _ => None,
            };
            assert_eq!(about.direction(&column.id), seen, "{} of {}: tau {tau}", column.id, about.id);
        }
    }
}

/// A metric without a golden value would be wrong unseen: `tests/further_golden.py` shows where values come from.
#[test]
fn every_metric_has_a_golden_value() {
    let missing: Vec<String> = families()
        .iter()
        .flat_map(|family| {
            let is_missing = |about: &&&About| !family.golden.iter().any(|values| values.contains_key(about.id));
            family.metrics.iter().filter(is_missing).map(|about| format!("{} {}", family.name, about.id))
        })
        .collect();
    assert!(missing.is_empty(), "without a golden value: {}", missing.join(", "));
}

/// At small sizes, on every classic cell: each metric has a finite value, and the same one alone as among all.
#[test]
fn every_metric_gives_the_same_number_alone_and_among_others() {
    let sizes = Sizes { vocabulary: 100, embedding: 16, hidden: 24, layers: 3, batch: 4, steps: 6 };
    for (name, _, json) in CLASSIC {
        let job = |metrics| Job {
            architecture: name.to_owned(),
            recipe: Arc::new(Recipe::from_json(json).unwrap()),
            sizes,
            initial: Initial::Seed(0),
            batch: Arc::new(Batch::from_tokens(corpus::synthetic(&sizes, 1), &sizes, 1).unwrap()),
            metrics,
            origin: Default::default(),
        };
        let scores = |metrics| pollster::block_on(run::run(&job(metrics), &Device::Processor)).unwrap();
        for (&metric, score) in METRICS.iter().zip(scores(METRICS.to_vec())) {
            assert!(score.as_ref().is_ok_and(|value| value.is_finite()), "{} of {name}", metric.about().id);
            assert_eq!(scores(vec![metric]), [score], "{} of {name}", metric.about().id);
        }
    }
}

#[test]
fn every_folder_in_the_architecture_exists() {
    let text = std::fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let named: Vec<&str> = text.split('`').skip(1).step_by(2).filter(|name| name.contains('/')).collect();
    assert!(named.len() > 10, "ARCHITECTURE.md names hardly a folder");
    for name in named {
        assert!(root().join(name).exists(), "ARCHITECTURE.md names {name}, which does not exist");
    }
}

/// At most 400 lines per file, tests within it not counted.
#[test]
fn no_file_is_over_the_budget() {
    let mut files = Vec::new();
    for folder in ["app/src", "core/src", "native/src", "tests"] {
        sources(&root().join(folder), &mut files);
    }
    assert!(files.len() > 60);
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        let lines = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default().lines().count();
        assert!(lines <= 400, "{} has {lines} lines", file.display());
    }
}

fn sources(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}
