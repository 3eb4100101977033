//! NAS-Bench-NLP: recurrent cells trained on Penn Treebank, with the training-free scores later published for them.

mod ablation;
mod curves;
mod input_covariance;
mod numbering;
mod published;
mod recomputed;
pub mod short_runs;

use std::borrow::Cow::Borrowed;
use std::collections::HashMap;

pub use ablation::{ablation, file as ablation_file};
pub use curves::{Agreement, CURVES, Curve, between_texts, curves, first_epoch};
pub use input_covariance::{MISTAKEN, input_covariance};
pub use numbering::{Place, place};
pub use published::{Published, published};
pub use recomputed::{Recomputed, recomputed};

use super::loader::{self, Entry, columns};
use super::published::number;
use super::sheet::{keyed, read, whole};
use super::{Ablation, About, Benchmark, File, Kind, Row, Table, Target};
use crate::Result;
use crate::family::Family;
use crate::rank::Direction::{Higher, Lower};
use crate::space::recurrent::CLASSIC;

/// Published files number recipes from here; everywhere else the first one is 0.
pub const FIRST_RECIPE: u32 = 1_000_000;

/// The columns of published scores, by metric id.
pub const METRICS: [&str; 12] = [
    "activation_distance",
    "synaptic_saliency",
    "jacobian_covariance",
    "jacobian_cosine",
    "large_noise_jacobian",
    "large_noise_jacobian_cosine",
    "more_noised_jacobian",
    "more_noised_jacobian_cosine",
    "hidden_synaptic_saliency",
    "hidden_covariance_layer_1",
    "hidden_covariance_layer_2",
    "hidden_covariance_layer_3",
];

/// What is known of a cell without any network: trainable weights of the network with the tied embedding, nodes of
/// the cell, linear nodes among them, nodes on the longest path through one step.
pub const BASELINES: [&str; 4] = ["parameters", "nodes", "linears", "depth"];

const CELLS: &str = "nas-bench-nlp/cells.csv";
const LOSSES: &str = "nas-bench-nlp/losses.csv";
const SCORES: &str = "nas-bench-nlp/scores.csv";

const FILES: &[File<'static>] = &[
    File { name: CELLS, bytes: include_bytes!("../../../data/nas-bench-nlp/cells.csv") },
    File { name: LOSSES, bytes: include_bytes!("../../../data/nas-bench-nlp/losses.csv") },
    File { name: SCORES, bytes: include_bytes!("../../../data/nas-bench-nlp/scores.csv") },
];

/// The metric that was recomputed.
pub const RECOMPUTED_METRIC: &str = "hidden_covariance_layer_1";

static ABOUT: About = About {
    id: "nas-bench-nlp",
    title: Borrowed("NAS-Bench-NLP"),
    family: Some(Family::Recurrent),
    noun: "cell",
    space: "recurrent cells of one to three states, three layers of 600, 600 and 400 units",
    networks: "trained recurrent networks",
    introduction: "The first three are RNN, LSTM and GRU; most others were drawn at random and trained up to three times.",
    target: Target {
        name: Borrowed("loss"),
        description: Borrowed("test loss on Penn Treebank after 50 epochs, in nats per token"),
        values: Borrowed("Penn Treebank test losses"),
        unit: "nats per token, lower is better",
        better: Lower,
    },
    group: Borrowed("states"),
    directions: &[
        ("activation_distance", Higher),
        ("synaptic_saliency", Lower),
        ("jacobian_cosine", Higher),
        ("large_noise_jacobian", Lower),
        ("large_noise_jacobian_cosine", Lower),
        ("more_noised_jacobian", Lower),
        ("more_noised_jacobian_cosine", Higher),
        ("hidden_synaptic_saliency", Lower),
        ("hidden_covariance_layer_1", Higher),
        ("hidden_covariance_layer_2", Higher),
        ("hidden_covariance_layer_3", Higher),
    ],
    size: Some("parameters"),
    best: Some(RECOMPUTED_METRIC),
    recomputed: Some(RECOMPUTED_METRIC),
    origin: "losses and scores: github.com/aaronserianni/training-free-nas; cells and WikiText-2 training: \
             github.com/fmsnew/nas-bench-nlp-release",
    licence: "CC BY 4.0 (losses, scores, ablations); Apache-2.0 (WikiText-2 training)",
    citation: "Serianni and Kalita, Training-free Neural Architecture Search for RNNs and Transformers, ACL 2023; \
               Klyuchnikov et al., NAS-Bench-NLP, 2020",
    authors: "Serianni and Kalita, 2023",
    one_measure: true,
    ids: 14_208,
    curves: true,
    ablations: &[
        (Ablation::Batch, "The minibatches start one token after each other and share 87 to 99 % of their tokens."),
        (Ablation::Initialization, ""),
    ],
    flawed: &[MISTAKEN],
    problems: &[
        "The 8,794 rows are training runs of 3,047 sampled networks, of which 2,956 have different recipes; the scores \
         of a recipe are the same in all its runs, so rows are not independent evidence.",
        "Another training run of the same network predicts the loss with tau 0.970, and with 0.83 within the best \
         10 %, where no training-free metric reaches more than 0.10: the metrics sort out bad cells, they do not pick \
         the best.",
        "The recurrent matrices were never trained: weight drop cut them off from the optimiser, in every training log that \
         can be had. The benchmark ranks random recurrences with trained inputs. Of 63 cells that were trained here for 12 \
         steps, 4 diverged that way, and 11 when all matrices were trained.",
        "449 networks that have a finite loss are missing from the published scores, and they are mostly bad ones; \
         2,309 further runs diverged.",
        "One epoch of training on WikiText-2 reaches tau 0.58 with the final loss, more than any training-free metric.",
        "The published Jacobian covariance is that of the embedded words, steps as rows, and not of a gradient. It \
         depends on the network only through how many weights are drawn before the embedding: 2,956 cells have 92 such \
         numbers and 92 values, all near -71.1.",
        "The published large noise Jacobian is |S - S(10)| - 1 here and 1 - |S - S(10)| in the ablations.",
        "The minibatches of the published ablation are windows that start at tokens 0 to 9 and share 87 to 99 % of \
         their tokens.",
    ],
};

/// The benchmark of recurrent cells.
#[derive(Debug, Clone, Copy)]
pub struct NasBenchNlp;

impl Benchmark for NasBenchNlp {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn files(&self) -> &'static [File<'static>] {
        FILES
    }

    fn load(&self, files: &[File<'_>]) -> Result<Table> {
        let cells = cells(File::find(files, CELLS)?)?;
        let scores = scores(File::find(files, SCORES)?)?;
        let (unscored, uncounted) = (vec![f64::NAN; METRICS.len()], vec![f64::NAN; BASELINES.len()]);
        let entry = |run: Run| {
            let scores = scores.get(&run.id).or_else(|| scores.get(&run.architecture));
            let counts = cells.get(&run.architecture).unwrap_or(&uncounted);
            let values = [scores.unwrap_or(&unscored).as_slice(), counts].concat();
            Entry { row: run.row(scores.is_some()), result: run.loss, values }
        };
        let entries = losses(File::find(files, LOSSES)?)?.into_iter().map(entry).collect();
        let columns = columns(METRICS, Kind::Metric).chain(columns(BASELINES, Kind::Baseline)).collect();
        Ok(loader::table(Borrowed(&ABOUT), columns, entries))
    }

    /// Also `1000889`, the id of the recipe, and the names of the classic cells.
    fn id(&self, name: &str) -> Option<u32> {
        let classic = CLASSIC.iter().find(|(known, ..)| *known == name).map(|(_, id, _)| *id);
        classic.or_else(|| number(name).map(|id| id.checked_sub(FIRST_RECIPE).unwrap_or(id)))
    }
}

/// One training run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Run {
    /// Published id.
    pub id: u32,
    place: Place,
    /// Smallest id with the same recipe.
    pub architecture: u32,
    /// Test loss in nats per token; NaN when training diverged.
    pub loss: f64,
}

impl Run {
    /// The row of this run.
    pub fn row(&self, scored: bool) -> Row {
        let Place { network, states, run } = self.place;
        Row {
            id: self.id,
            network,
            architecture: self.architecture,
            recipe: self.architecture,
            group: states,
            run,
            scored,
        }
    }
}

fn losses(file: File<'_>) -> Result<Vec<Run>> {
    read(file.name, &["id", "architecture", "loss"], file.bytes, |cells| {
        let id = whole(cells[0])?;
        Ok(Run { id, place: place(id)?, architecture: whole(cells[1])?, loss: cells[2] })
    })
}

/// The baselines by architecture.
fn cells(file: File<'_>) -> Result<HashMap<u32, Vec<f64>>> {
    keyed(file, "architecture", &BASELINES)
}

/// Scores by id. Those of an architecture's id hold for all its runs that have none of their own.
fn scores(file: File<'_>) -> Result<HashMap<u32, Vec<f64>>> {
    keyed(file, "id", &METRICS)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{CELLS, FILES, LOSSES, NasBenchNlp, SCORES};
    use crate::Error;
    use crate::benchmark::{Benchmark as _, File};

    #[test]
    fn the_table_has_its_published_size() {
        let table = NasBenchNlp.table().unwrap();
        assert_eq!((table.rows.len(), table.count(|row| row.network)), (10_032, 3_496));
        let scored = table.scored();
        assert_eq!((scored.rows.len(), scored.count(|row| row.network)), (8_794, 3_047));
        assert_eq!(scored.count(|row| row.architecture), 2_956);
        assert!(scored.columns.iter().all(|column| column.values.iter().all(|value| value.is_finite())));
    }

    /// Two published rows differ from the other runs of their recipe.
    #[test]
    fn a_run_may_have_scores_of_its_own() {
        let table = NasBenchNlp.table().unwrap();
        let saliency = &table.column("synaptic_saliency").unwrap().values;
        let of = |id| saliency[table.rows.iter().position(|row| row.id == id).unwrap()];
        let runs: Vec<f64> = [12_041, 12_776, 13_511].map(of).to_vec();
        assert_eq!(runs, [1_707_056.625, 1_540_277.5, 1_707_056.625]);
    }

    #[test]
    fn a_missing_table_is_named() {
        let error = NasBenchNlp.load(&FILES[..2]).unwrap_err();
        assert_eq!(error.to_string(), format!("table {SCORES}, line 1: the table is missing"));
    }

    /// The embedded tables with one of them replaced.
    fn with<'a>(name: &str, bytes: &'a [u8]) -> Vec<File<'a>> {
        FILES.iter().map(|file| if file.name == name { File { bytes, ..*file } } else { *file }).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn arbitrary_bytes_are_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            for name in [CELLS, LOSSES, SCORES] {
                let refused = matches!(NasBenchNlp.load(&with(name, &bytes)), Err(Error::Table { table, .. }) if table == name);
                prop_assert!(refused);
            }
        }

        #[test]
        fn a_damaged_table_never_panics(at in 0usize..2_000, byte in any::<u8>()) {
            let mut bytes = FILES[1].bytes[..2_000].to_vec();
            bytes[at] = byte;
            drop(NasBenchNlp.load(&with(LOSSES, &bytes)));
        }
    }
}
