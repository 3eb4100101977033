//! Every metric is complete, the documents agree with the lists, and no file is too long.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use untrained_core::benchmark::BENCHMARKS;
use untrained_core::corpus;
use untrained_core::device::Device;
use untrained_core::family::Family;
use untrained_core::job::Job;
use untrained_core::metric::{self, About, METRICS, Metric};
use untrained_core::network::recurrent::{self, Sizes};
use untrained_core::network::{Batch, Model, WeightSource};
use untrained_core::rank::{Direction, tau_b};
use untrained_core::score::score;
use untrained_core::space::recurrent::{CLASSIC, Recipe};
use untrained_tests::root;

use crate::{encoders, golden, suite};

/// A family with its metrics and its golden values, one map a file.
struct Tested {
    family: Family,
    metrics: Vec<&'static dyn Metric>,
    golden: Vec<BTreeMap<String, serde_json::Value>>,
}

/// The families that have a metric.
fn families() -> Vec<Tested> {
    let values = |family| match family {
        Family::Recurrent => {
            let published = golden::IDS.iter().map(|id| golden::read(*id).0.metrics);
            published.chain(suite::CELLS.iter().map(|name| suite::read(name).0.metrics)).collect()
        }
        Family::Encoder => {
            let published = encoders::NAMES.iter().map(|name| encoders::read(name).0.metrics);
            published.chain(suite::ENCODERS.iter().map(|name| suite::read(name).0.metrics)).collect()
        }
        Family::Decoder => {
            let suite = suite::DECODERS.iter().map(|name| suite::read(name).0.metrics);
            decoders().into_iter().chain(suite).collect()
        }
    };
    let tested = |family| Tested { family, metrics: metric::of(family), golden: values(family) };
    let families: Vec<Tested> =
        Family::ALL.into_iter().map(tested).filter(|tested| !tested.metrics.is_empty()).collect();
    assert!(families.len() >= 2);
    families
}

/// Per golden decoder its values; `core/src/score/decoders.rs` compares them.
fn decoders() -> Vec<BTreeMap<String, serde_json::Value>> {
    let text = std::fs::read_to_string(untrained_tests::golden("decoders.json")).unwrap();
    let files: BTreeMap<String, serde_json::Value> = serde_json::from_str(&text).unwrap();
    let values = |file: serde_json::Value| serde_json::from_value(file["metrics"].clone()).unwrap();
    files.into_values().map(values).collect()
}

/// An id or a title may occur in two families, but once in each.
#[test]
fn every_metric_is_described_under_its_own_name() {
    assert!(METRICS.iter().all(|metric| !metric.families().is_empty()));
    let mut seen = HashSet::new();
    for Tested { family, metrics, .. } in families() {
        for metric in metrics {
            let about: &About = metric.about();
            let id = about.id;
            assert!(seen.insert((family, id)), "{family}: the id {id} occurs twice");
            assert!(seen.insert((family, about.title)), "{family}: the title {} occurs twice", about.title);
            assert!(id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_'), "{id}");
            for text in [about.title, about.summary, about.formula, about.unit, about.source] {
                assert!(!text.is_empty(), "{family}: {id} leaves something out");
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

/// A metric without a golden value would be wrong unseen: `tests/further_golden.py` and
/// `tests/decoder_golden.py` show where values come from.
#[test]
fn every_metric_has_a_golden_value() {
    let missing: Vec<String> = families()
        .iter()
        .flat_map(|Tested { family, metrics, golden }| {
            let is_missing = |id: &&str| !golden.iter().any(|values| values.contains_key(*id));
            metrics.iter().map(|metric| metric.about().id).filter(is_missing).map(move |id| format!("{family}: {id}"))
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
            name: name.to_owned(),
            model: Model::Recurrent(recurrent::Model {
                recipe: Arc::new(Recipe::from_json(json).unwrap()),
                sizes,
                weights: WeightSource::Seed(0),
            }),
            batch: Arc::new(Batch::from_tokens(corpus::synthetic(&sizes, 1), &sizes, 1).unwrap()),
            metrics,
            origin: Default::default(),
        };
        let scores = |metrics| pollster::block_on(score(&job(metrics), &Device::Cpu)).unwrap().values;
        let all = metric::of(Family::Recurrent);
        for (&metric, score) in all.iter().zip(scores(all.clone())) {
            let finite = score.as_ref().is_ok_and(|value| value.is_finite());
            // Two samples that begin with the same token are equal there.
            assert!(finite || metric.about().id == "naswot_tokens", "{} of {name}", metric.about().id);
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
