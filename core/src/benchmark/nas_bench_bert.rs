//! NAS-Bench-BERT: encoders trained on language modelling and judged on GLUE, with the training-free scores published
//! for them.

mod glue;

use std::collections::HashMap;

pub use glue::{Glue, glue};

use super::sheet::{keyed, read, whole};
use super::{About, Benchmark, Column, File, Kind, Row, Table};
use crate::Result;
use crate::rank::Direction;
use crate::space::transformer::{Configuration, Sampler};

/// The seed the benchmark was drawn with: encoder n is the n-th draw.
pub const SEED: u64 = 0;

/// Encoders of the benchmark.
pub const ENCODERS: u32 = 500;

/// The columns of published scores, by metric id.
pub const METRICS: [&str; 15] = [
    "synaptic_diversity",
    "synaptic_diversity_normalized",
    "synaptic_saliency",
    "synaptic_saliency_normalized",
    "activation_distance",
    "activation_distance_normalized",
    "jacobian_covariance",
    "jacobian_cosine",
    "num_parameters",
    "head_importance",
    "head_importance_normalized",
    "head_confidence",
    "head_confidence_normalized",
    "head_softmax_confidence",
    "head_softmax_confidence_normalized",
];

/// The tasks of GLUE whose mean is the score.
pub const TASKS: [&str; 8] = ["cola", "mnli", "mrpc", "qnli", "qqp", "rte", "sst", "sts"];

/// What is known of an encoder without any network: its layers, its width, and the order of layers and then width.
pub const BASELINES: [&str; 3] = ["layers", "hidden_size", "layers_then_hidden_size"];

const TRAINED: &str = "nas-bench-bert/encoders.csv";
const SCORES: &str = "nas-bench-bert/scores.csv";

const FILES: &[File<'static>] = &[
    File { name: TRAINED, bytes: include_bytes!("../../../data/nas-bench-bert/encoders.csv") },
    File { name: SCORES, bytes: include_bytes!("../../../data/nas-bench-bert/scores.csv") },
];

const ABOUT: About = About {
    id: "nas-bench-bert",
    title: "NAS-Bench-BERT",
    space: "encoders of 2 or 4 layers, 128 or 256 units wide, that mix tokens by attention, transforms or convolution",
    loss: "GLUE score, the mean of eight tasks, in percent",
    networks: "trained encoders",
    target: "GLUE score",
    unit: "percent, higher is better",
    results: "GLUE scores",
    better: Direction::Higher,
    group: "layers",
    origin: "github.com/aaronserianni/training-free-nas",
    licence: "CC BY 4.0",
    citation: "Serianni and Kalita, Training-free Neural Architecture Search for RNNs and Transformers, ACL 2023",
    ids: ENCODERS,
    problems: &[
        "The released training code compares the operation type with a string by identity, which is never true, so all \
         500 encoders were most likely trained as plain attention: GLUE does not depend on the operations (p = 0.48), \
         nor does the training time.",
        "Counted without the operations, the 500 encoders are 365 different ones. Those trained more than once give the \
         noise ceiling; nearly all of them have two layers and close scores, so it is lower than a ceiling over all 500 \
         would be.",
        "The number of layers alone reaches tau 0.68 and layers, then hidden size 0.80, more than any metric. Among \
         encoders of one depth and width every metric is near 0.",
        "The published scorer ignored the hidden size and the feed-forward size of the configuration: it always took \
         256 and 1,024.",
        "In the published ablation of initialisations one network is used again and its hooks add up, so confidence \
         grows with the repetition.",
        "In the published training steps, 50,000 and 100,000 repeat the scores of 500,000 and 1,000,000 for ten \
         encoders, and hold the sum of two scores for five; five encoders have none.",
    ],
};

/// The benchmark of encoders.
#[derive(Debug, Clone, Copy)]
pub struct NasBenchBert;

/// A trained encoder.
struct Trained {
    row: Row,
    configuration: Configuration,
    glue: f64,
}

impl Benchmark for NasBenchBert {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn files(&self) -> &'static [File<'static>] {
        FILES
    }

    fn load(&self, files: &[File<'_>]) -> Result<Table> {
        let scores = keyed(File::find(files, SCORES)?, "id", &METRICS)?;
        let trained = trained(File::find(files, TRAINED)?, &scores)?;
        let column = |id, kind, value: &dyn Fn(&Trained) -> f64| Column {
            id,
            kind,
            values: trained.iter().map(value).collect(),
        };
        let score = |at: usize| {
            let scores = &scores;
            move |one: &Trained| scores.get(&one.row.id).map_or(f64::NAN, |scores| scores[at])
        };
        let metrics = METRICS.iter().enumerate().map(|(at, id)| column(id, Kind::Metric, &score(at)));
        let baselines = BASELINES.iter().map(|id| column(id, Kind::Baseline, &|one| baseline(id, &one.configuration)));
        Ok(Table {
            about: &ABOUT,
            columns: metrics.chain(baselines).collect(),
            loss: trained.iter().map(|one| one.glue).collect(),
            rows: trained.iter().map(|one| one.row).collect(),
        })
    }
}

/// Every encoder of the benchmark, drawn again, in the order of their ids.
pub fn encoders() -> impl Iterator<Item = Configuration> {
    Sampler::new(SEED).take(ENCODERS as usize)
}

/// Columns of [`TRAINED`].
fn trained_header() -> Vec<&'static str> {
    ["id", "glue"].into_iter().chain(TASKS).chain(["seconds"]).collect()
}

/// The encoders with their configurations, drawn again. Those that differ in nothing but their operations are one
/// network, trained again.
fn trained(file: File<'_>, scores: &HashMap<u32, Vec<f64>>) -> Result<Vec<Trained>> {
    let drawn: Vec<Configuration> = encoders().collect();
    let mut rows = read(file.name, &trained_header(), file.bytes, |cells| {
        let id = whole(cells[0])?;
        let configuration = drawn.get(id as usize).ok_or_else(|| format!("there is no encoder {id}"))?.clone();
        let group = u32::try_from(configuration.layers.len()).unwrap_or(u32::MAX);
        let row = Row { id, network: id, architecture: id, group, run: 0, scored: scores.contains_key(&id) };
        Ok(Trained { row, configuration, glue: cells[1] })
    })?;
    let mut runs: HashMap<_, (u32, u32)> = HashMap::new();
    for Trained { row, configuration, .. } in &mut rows {
        let (first, run) = runs.entry(configuration.trained()).or_insert((row.id, 0));
        (row.network, row.architecture, row.run) = (*first, *first, *run);
        *run += 1;
    }
    Ok(rows)
}

fn baseline(id: &str, configuration: &Configuration) -> f64 {
    let (layers, hidden) = (configuration.layers.len() as f64, configuration.hidden as f64);
    match id {
        "layers" => layers,
        "hidden_size" => hidden,
        // Any width comes after any depth.
        _ => layers * 1e6 + hidden,
    }
}

#[cfg(test)]
mod tests {
    use super::NasBenchBert;
    use crate::benchmark::{Benchmark as _, Question, judge};
    use crate::rank::Resampling;

    /// The numbers that are known of the published tables.
    #[test]
    fn layers_alone_do_what_no_metric_does() {
        let table = NasBenchBert.table().unwrap();
        assert_eq!((table.rows.len(), table.count(|row| row.network)), (500, 365));
        let resampling = Resampling { resamples: 0, seed: 0 };
        let worth = judge(&table, &Question { resampling, average_runs: false, by_group: false });
        let tau = |id: &str| format!("{:.4}", worth.iter().find(|one| one.metric == id).unwrap().measures.tau.unwrap());
        assert_eq!([tau("layers"), tau("layers_then_hidden_size")], ["0.6819", "0.8007"]);
        assert_eq!([tau("num_parameters"), tau("head_confidence")], ["0.4544", "0.4785"]);
        assert_eq!(tau("head_confidence_normalized"), "0.2994");
        let ceiling = worth[0].measures.tau.unwrap();
        assert_eq!((worth[0].networks, format!("{ceiling:.3}")), (76, "0.568".to_owned()));
    }
}
