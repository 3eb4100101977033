//! LTS: decoders trained alone on language modelling, and the training-free scores published for 200 of them.

pub mod architectures;
mod found;

use std::borrow::Cow::Borrowed;
use std::collections::HashMap;

pub use found::{FOUND_GPT2, FOUND_XL, Found};

use super::loader::{self, Entry, columns};
use super::sheet::{keyed, read, whole};
use super::{About, Benchmark, File, Kind, Row, Suite, Table, Target};
use crate::Result;
use crate::family::Family;
use crate::rank::Direction::{Higher, Lower};

/// Decoders of the benchmark, of both texts and both kinds.
pub(crate) const DECODERS: u32 = 885;

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
pub const SCORED: u32 = 0;

const TRAINED: &str = "lts/decoders.csv";
const SCORES: &str = "lts/scores.csv";

const FILES: &[File<'static>] = &[
    File { name: TRAINED, bytes: include_bytes!("../../../data/lts/decoders.csv") },
    File { name: SCORES, bytes: include_bytes!("../../../data/lts/scores.csv") },
];

/// What the scores computed here say.
const FINDINGS: &[&str] = &[
    "Most of what the scores tell is the number of parameters outside the embeddings, which reaches tau -0.85 by itself. \
     Given that number, LPZero keeps a partial tau of 0.58, head importance of -0.59, SNIP of -0.57 and synaptic diversity \
     of -0.56, while ZiCo, NASWOT, MeCo and the Jacobian covariance of logits keep less than 0.1 in size.",
    "Hidden covariance, the best published metric of cells, had not been tried on decoders. It reaches tau 0.63 in the first \
     layer, with the sign turned round: high values go with bad decoders, where they go with good cells. Given the size \
     0.20 is left.",
    "The loss before training tells nothing: tau -0.06.",
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
    size: Some("decoder_parameters"),
    best: Some("head_importance"),
    recomputed: None,
    origin: "github.com/microsoft/archai (branch neurips-lts), github.com/pprp/LPZero",
    licence: "MIT; scores CC BY 4.0",
    authors: "Javaheripi et al., 2022; Dong et al., 2024",
    citation: "Javaheripi et al., LiteTransformerSearch, NeurIPS 2022; Dong et al., LPZero, EMNLP 2024",
    one_measure: false,
    ids: DECODERS,
    curves: false,
    ablations: &[],
    flawed: &["eznas", "fisher", "logsynflow", "lpzero", "synflow"],
    problems: &[
        "Size is nearly all there is to tell: the number of parameters of attention alone reaches tau -0.884 and that \
         outside the embeddings -0.847.",
        "The published LPZero is a function of depth and widths, which needs neither weights nor text: the mean over the \
         layers of (2 s^2 + s^2 / L + 3 / d^2 + 1 / i^2) / 4, with s = 0.02, L layers, width d and inner width i, \
         gives all 200 published values within 0.5 %. The published EZNAS counts \
         matrices: it is three times the number of layers for 129 of the 200 decoders, and less for the others.",
        "SNIP, synaptic saliency and head importance are one formula here, with three draws of the weights: their \
         differences are what a draw makes.",
        "SynFlow and logSynFlow were computed with tokens that attend to the future, and Fisher with the widths of outputs \
         in the place of those of inputs.",
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

    fn published_decoder(&self, id: u32) -> Option<usize> {
        Some(id as usize).filter(|_| id < DECODERS)
    }

    fn suite(&self) -> Option<Suite> {
        Some(Suite {
            file: File { name: "lts/suite.csv", bytes: include_bytes!("../../../data/lts/suite.csv") },
            conditions: "16 sequences of 48 tokens of made-up text, fresh weights from seed 0, on the CPU",
            findings: FINDINGS,
            flawed: &[],
            command: "untrained benchmark lts --batch 16 --sequence 48 --out scores.jsonl",
        })
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
    use super::{FINDINGS, Lts, architectures};
    use crate::benchmark::{Benchmark as _, EvaluationOptions, evaluate, with_suite};
    use crate::rank::Resampling;

    /// What the problems say of two published columns.
    #[test]
    fn two_published_scores_are_functions_of_the_shape() {
        let table = Lts.table().unwrap().scored();
        let values = |id: &str| &table.column(id).unwrap().values;
        let decoders = architectures::published().unwrap();
        let mut thrice = 0;
        for (at, decoder) in decoders.iter().take(200).enumerate() {
            let (layers, width) = (decoder.feed_forward.len() as f64, decoder.width as f64);
            assert!(values("eznas")[at] <= 3.0 * layers);
            thrice += usize::from(values("eznas")[at] == 3.0 * layers);
            let square = 0.02 * 0.02;
            let of_layer =
                |inner: &usize| 2.0 * square + square / layers + 3.0 / (width * width) + (*inner as f64).powi(-2);
            let formula = decoder.feed_forward.iter().map(of_layer).sum::<f64>() / 4.0 / layers;
            let published = values("lpzero")[at];
            assert!((formula / published - 1.0).abs() < 0.005, "{at}: {formula} {published}");
        }
        assert_eq!((table.rows.len(), thrice), (200, 129));
    }

    /// What the findings say of the scores computed here.
    #[test]
    fn the_findings_are_what_the_scores_say() {
        let table = with_suite(&Lts.table().unwrap().scored(), &Lts).unwrap();
        let resampling = Resampling { resamples: 0, seed: 0 };
        let found = evaluate(&table, &EvaluationOptions { resampling, ..EvaluationOptions::default() });
        let of = |id: &str| found.iter().find(|one| one.metric == id).unwrap();
        let tau = |id: &str| format!("{:.2}", of(id).measures.tau.unwrap());
        let partial = |id: &str| of(id).beyond_size.as_ref().unwrap().partial_tau.unwrap();
        let given_size =
            ["lpzero", "head_importance", "snip", "synaptic_diversity"].map(|id| format!("{:.2}", partial(id)));
        let text = FINDINGS.concat();
        let said = |words: String| assert!(text.contains(&words), "{words}");
        said(format!("reaches tau {} by itself", tau("decoder_parameters")));
        let [lpzero, importance, snip, diversity] = given_size;
        said(format!(
            "partial tau of {lpzero}, head importance of {importance}, SNIP of {snip} and synaptic diversity of {diversity}"
        ));
        assert!(["zico", "naswot", "meco", "jacob_cov"].iter().all(|id| partial(id).abs() < 0.1));
        said(format!("reaches tau {} in the first", tau("hidden_covariance_layer_1")));
        said(format!("Given the size {:.2} is left", partial("hidden_covariance_layer_1")));
        said(format!("nothing: tau {}", tau("loss")));
    }

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
