//! The lists and the documents say the same, and the code keeps its budgets.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use untrained_core::benchmark::{Benchmark as _, NasBenchNlp};
use untrained_core::corpus;
use untrained_core::device::Device;
use untrained_core::job::{Initial, Job};
use untrained_core::metric::{Better, METRICS};
use untrained_core::network::recurrent::{Batch, Sizes};
use untrained_core::rank::tau_b;
use untrained_core::run;
use untrained_core::space::recurrent::{CLASSIC, Recipe};
use untrained_tests::root;

#[test]
fn every_metric_says_what_it_is_under_a_name_of_its_own() {
    let mut seen = HashSet::new();
    for about in METRICS.iter().map(|metric| metric.about()) {
        assert!(seen.insert(about.id), "{} stands twice", about.id);
        assert!(about.id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_'));
        for text in [about.title, about.summary, about.formula, about.unit, about.source] {
            assert!(!text.is_empty(), "{} leaves something out", about.id);
        }
    }
}

/// What a metric says of its direction is what the published scores show.
#[test]
fn every_metric_knows_its_direction() {
    let table = NasBenchNlp.table().unwrap().scored();
    for about in METRICS.iter().map(|metric| metric.about()) {
        let tau = tau_b(&table.column(about.id).unwrap().values, &table.loss).unwrap();
        let seen = match tau {
            tau if tau <= -0.05 => Better::Higher,
            tau if tau >= 0.05 => Better::Lower,
            _ => Better::Unknown,
        };
        assert_eq!(about.better, seen, "{}: tau {tau}", about.id);
    }
}

/// At small sizes, on every classic cell: each metric has a finite value, and the same one asked alone as among all.
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

/// At most 400 lines a file, tests not counted.
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
