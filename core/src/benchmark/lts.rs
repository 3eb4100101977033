//! LTS: decoders trained alone on language modelling, and the training-free scores published for 200 of them.

use std::collections::HashMap;

use super::sheet::{keyed, read, whole};
use super::{About, Benchmark, Column, File, Kind, Row, Table};
use crate::Result;
use crate::rank::Direction;

/// Decoders of the benchmark, of both texts and both kinds.
pub const DECODERS: u32 = 885;

/// The columns of published scores, by metric id.
pub const METRICS: [&str; 15] = [
    "activation_distance",
    "attention_confidence",
    "eznas",
    "fisher",
    "grad_norm",
    "grasp",
    "head_confidence",
    "head_importance",
    "jacobian_cosine",
    "logsynflow",
    "lpzero",
    "snip",
    "synaptic_diversity",
    "synaptic_saliency",
    "synflow",
];

/// The columns of the table of decoders. A space is a kind of decoder on a text, and ids count within it: GPT-2 on
/// WikiText-103 (0) and LM1B (1), Transformer-XL on WikiText-103 (2) and LM1B (3).
pub const COLUMNS: [&str; 14] = [
    "space",
    "id",
    "architecture",
    "layers",
    "hidden_size",
    "heads",
    "embedding_parameters",
    "attention_parameters",
    "feed_forward_parameters",
    "decoder_parameters",
    "parameters",
    "validation_perplexity",
    "test_perplexity",
    "seconds",
];

/// Where the counts of [`COLUMNS`] stand, which are known without any network.
const COUNTS: std::ops::Range<usize> = 3..11;

/// The only space with published scores; its decoders come first.
const SCORED: u32 = 0;

const TRAINED: &str = "lts/decoders.csv";
const SCORES: &str = "lts/scores.csv";

const FILES: &[File<'static>] = &[
    File { name: TRAINED, bytes: include_bytes!("../../../data/lts/decoders.csv") },
    File { name: SCORES, bytes: include_bytes!("../../../data/lts/scores.csv") },
];

const ABOUT: About = About {
    id: "lts",
    title: "LTS decoders",
    space: "decoders of 2 to 16 layers with feed-forward stacks of any width in each, as GPT-2 and Transformer-XL",
    loss: "test perplexity on WikiText-103 (GPT-2: rows 0 to 199), lower is better",
    networks: "trained decoders",
    target: "perplexity",
    unit: "lower is better",
    results: "test perplexities",
    better: Direction::Lower,
    group: "layers",
    origin: "github.com/microsoft/archai (branch neurips-lts), github.com/pprp/LPZero",
    licence: "MIT; scores CC BY 4.0",
    authors: "Javaheripi et al., 2022; Dong et al., 2024",
    citation: "Javaheripi et al., LiteTransformerSearch, NeurIPS 2022; Dong et al., LPZero, EMNLP 2024",
    one_measure: false,
    ids: DECODERS,
    ablations: &[],
    flawed: &[],
    problems: &[
        "Size is nearly all there is to tell: the number of parameters of attention alone reaches tau -0.884 and that \
         outside the embeddings -0.847; of the published scores only LPZero reaches more, 0.888.",
        "Scores were published for one kind of decoder on one text only, 200 GPT-2 on WikiText-103, from the authors' \
         own code; of the others only counts and perplexities are known, and perplexities of different texts cannot be \
         compared.",
        "No decoder was trained twice, so there is no noise ceiling.",
    ],
};

/// The benchmark of decoders.
#[derive(Debug, Clone, Copy)]
pub struct Lts;

/// A trained decoder.
struct Trained {
    row: Row,
    counts: Vec<f64>,
    perplexity: f64,
}

impl Benchmark for Lts {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn files(&self) -> &'static [File<'static>] {
        FILES
    }

    fn load(&self, files: &[File<'_>]) -> Result<Table> {
        let scores = keyed(File::find(files, SCORES)?, "id", &METRICS)?;
        let trained = trained(File::find(files, TRAINED)?)?;
        let known = |id: u32, at: usize| scores.get(&id).map_or(f64::NAN, |known| known[at]);
        let score = |at: usize| trained.iter().map(|one| known(one.row.id, at)).collect();
        let metrics = METRICS.iter().enumerate();
        let metrics = metrics.map(|(at, id)| Column { id, kind: Kind::Metric, values: score(at) });
        let count = |at: usize| trained.iter().map(|one| one.counts[at]).collect();
        let counts = COLUMNS[COUNTS].iter().enumerate();
        let counts = counts.map(|(at, id)| Column { id, kind: Kind::Baseline, values: count(at) });
        Ok(Table {
            about: &ABOUT,
            columns: metrics.chain(counts).collect(),
            loss: trained.iter().map(|one| one.perplexity).collect(),
            rows: trained.iter().map(|one| one.row).collect(),
        })
    }
}

/// The decoders that have a perplexity. Their ids count the lines; the same architecture in one space is one network.
fn trained(file: File<'_>) -> Result<Vec<Trained>> {
    let lines = read(file.name, &COLUMNS, file.bytes, |cells| {
        let [space, architecture, layers] = [whole(cells[0])?, whole(cells[2])?, whole(cells[3])?];
        Ok((space, architecture, layers, cells[COUNTS].to_vec(), cells[12]))
    })?;
    let mut runs: HashMap<(u32, u32), (u32, u32)> = HashMap::new();
    let number = |(id, (space, architecture, group, counts, perplexity)): (u32, (u32, u32, u32, Vec<f64>, f64))| {
        let runs = runs.entry((space, architecture)).and_modify(|(_, run)| *run += 1);
        let (network, run) = *runs.or_insert((id, 0));
        let row = Row { id, network, architecture: network, recipe: network, group, run, scored: space == SCORED };
        Trained { row, counts, perplexity }
    };
    Ok((0..).zip(lines).map(number).filter(|one| one.perplexity.is_finite()).collect())
}

#[cfg(test)]
mod tests {
    use super::Lts;
    use crate::benchmark::{Benchmark as _, Question, judge};
    use crate::rank::Resampling;

    /// Counting the weights of attention does nearly what the best published score does.
    #[test]
    fn size_tells_the_perplexity() {
        let table = Lts.table().unwrap().scored();
        let resampling = Resampling { resamples: 0, seed: 0 };
        let worth = judge(&table, &Question { resampling, average_runs: false, by_group: false });
        let tau = |id: &str| format!("{:.4}", worth.iter().find(|one| one.metric == id).unwrap().measures.tau.unwrap());
        assert_eq!(table.rows.len(), 200);
        assert_eq!([tau("attention_parameters"), tau("decoder_parameters")], ["-0.8840", "-0.8466"]);
        assert_eq!(
            [tau("lpzero"), tau("head_importance"), tau("synaptic_diversity")],
            ["0.8875", "-0.8610", "-0.8400"]
        );
    }
}
