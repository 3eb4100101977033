//! LTS: decoders trained alone on language modelling, and the training-free scores published for 200 of them.

pub mod architectures;

use std::borrow::Cow::Borrowed;
use std::collections::HashMap;

use super::loader::{self, Entry, columns};
use super::sheet::{keyed, read, whole};
use super::{About, Benchmark, File, Kind, Row, Table, Target};
use crate::Result;
use crate::family::Family;
use crate::rank::Direction::{Higher, Lower};

/// Decoders of the benchmark, of both texts and both kinds.
const DECODERS: u32 = 885;

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

static ABOUT: About = About {
    id: "lts",
    title: Borrowed("LTS decoders"),
    family: Some(Family::Decoder),
    noun: "decoder",
    space: "decoders of 2 to 16 layers with feed-forward stacks of any width in each, as GPT-2 and Transformer-XL",
    networks: "trained decoders",
    introduction: "They have 2 to 16 layers with feed-forward stacks of any width, as GPT-2 (0 to 199: those with scores) and \
                   Transformer-XL have them.",
    target: Target {
        name: Borrowed("perplexity"),
        description: Borrowed("test perplexity on WikiText-103 (GPT-2: rows 0 to 199), lower is better"),
        values: Borrowed("test perplexities"),
        unit: "lower is better",
        better: Lower,
    },
    group: Borrowed("layers"),
    directions: &[
        ("activation_distance", Higher),
        ("attention_confidence", Higher),
        ("eznas", Higher),
        ("fisher", Higher),
        ("grad_norm", Higher),
        ("grasp", Lower),
        ("head_confidence", Higher),
        ("head_importance", Higher),
        ("jacobian_cosine", Lower),
        ("logsynflow", Higher),
        ("lpzero", Lower),
        ("snip", Higher),
        ("synaptic_diversity", Higher),
        ("synaptic_saliency", Higher),
        ("synflow", Higher),
        ("layers", Higher),
        ("hidden_size", Higher),
        ("heads", Higher),
        ("embedding_parameters", Higher),
        ("attention_parameters", Higher),
        ("feed_forward_parameters", Higher),
        ("decoder_parameters", Higher),
        ("parameters", Higher),
    ],
    best: Some("lpzero"),
    recomputed: None,
    origin: "github.com/microsoft/archai (branch neurips-lts), github.com/pprp/LPZero",
    licence: "MIT; scores CC BY 4.0",
    authors: "Javaheripi et al., 2022; Dong et al., 2024",
    citation: "Javaheripi et al., LiteTransformerSearch, NeurIPS 2022; Dong et al., LPZero, EMNLP 2024",
    one_measure: false,
    ids: DECODERS,
    curves: false,
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

impl Benchmark for Lts {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn files(&self) -> &'static [File<'static>] {
        FILES
    }

    fn load(&self, files: &[File<'_>]) -> Result<Table> {
        let scores = keyed(File::find(files, SCORES)?, "id", &METRICS)?;
        let unknown = vec![f64::NAN; METRICS.len()];
        let mut entries = trained(File::find(files, TRAINED)?)?;
        for entry in &mut entries {
            let scores = scores.get(&entry.row.id).unwrap_or(&unknown);
            entry.values.splice(..0, scores.iter().copied());
        }
        let counts = columns(COLUMNS[COUNTS].iter().copied(), Kind::Baseline);
        let columns = columns(METRICS, Kind::Metric).chain(counts).collect();
        Ok(loader::table(Borrowed(&ABOUT), columns, entries))
    }
}

/// The decoders with their counts. Their ids count the lines; the same architecture in one space is one network.
fn trained(file: File<'_>) -> Result<Vec<Entry>> {
    let lines = read(file.name, &COLUMNS, file.bytes, |cells| {
        let [space, architecture, layers] = [whole(cells[0])?, whole(cells[2])?, whole(cells[3])?];
        Ok((space, architecture, layers, cells[COUNTS].to_vec(), cells[12]))
    })?;
    let mut runs: HashMap<(u32, u32), (u32, u32)> = HashMap::new();
    let number = |(id, (space, architecture, group, counts, perplexity)): (u32, (u32, u32, u32, Vec<f64>, f64))| {
        let runs = runs.entry((space, architecture)).and_modify(|(_, run)| *run += 1);
        let (network, run) = *runs.or_insert((id, 0));
        let row = Row { id, network, architecture: network, recipe: network, group, run, scored: space == SCORED };
        Entry { row, result: perplexity, values: counts }
    };
    Ok((0..).zip(lines).map(number).collect())
}

#[cfg(test)]
mod tests {
    use super::Lts;
    use crate::benchmark::{Benchmark as _, EvaluationOptions, evaluate};
    use crate::rank::Resampling;

    /// Counting the weights of attention does nearly what the best published score does.
    #[test]
    fn size_tells_the_perplexity() {
        let table = Lts.table().unwrap().scored();
        let resampling = Resampling { resamples: 0, seed: 0 };
        let evaluations = evaluate(&table, &EvaluationOptions { resampling, ..EvaluationOptions::default() });
        let tau =
            |id: &str| format!("{:.4}", evaluations.iter().find(|one| one.metric == id).unwrap().measures.tau.unwrap());
        assert_eq!(table.rows.len(), 200);
        assert_eq!([tau("attention_parameters"), tau("decoder_parameters")], ["-0.8840", "-0.8466"]);
        assert_eq!(
            [tau("lpzero"), tau("head_importance"), tau("synaptic_diversity")],
            ["0.8875", "-0.8610", "-0.8400"]
        );
    }
}
