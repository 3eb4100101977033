//! NAS-Bench-BERT: encoders trained on language modelling and judged on GLUE, with the training-free scores published
//! for them.

mod ablation;
mod files;
mod glue;
mod hooks;
mod training;

use std::borrow::Cow::Borrowed;
use std::collections::HashMap;

pub use ablation::{ablation, file as ablation_file};
pub use files::ENCODERS;
pub use glue::{Glue, TASKS, glue};
pub use hooks::hooks;
pub use training::{Flaw, STEPS, Step, TRAINING, foretold, training};

use files::{FILES, SCORES, TRAINED};

use super::loader::{self, Entry, columns};
use super::sheet::keyed;
use super::{Ablation, About, Benchmark, Column, File, Kind, Row, Suite, Table, Target};
use crate::Result;
use crate::family::Family;
use crate::network::encoder::{Sizes, Structure};
use crate::rank::Direction::{Higher, Lower};
use crate::space::encoder::{Configuration, Sampler};

/// The seed the benchmark was drawn with: encoder n is the n-th draw.
pub const SEED: u64 = 0;

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

/// The published column that is a count, and therefore a baseline.
const PARAMETERS: &str = "num_parameters";

/// What is known of an encoder without any network, by its own sizes (the published number of parameters is that of the
/// published scorer's): layers, width, the order of layers and then width, heads, parameters, floating-point
/// operations.
pub const BASELINES: [&str; 6] =
    ["layers", "hidden_size", "layers_then_hidden_size", "heads", "parameters_own_size", "flops"];

const ADDED_UP: &str = "One network is used again and its hooks add up: confidence and activation distance grow with the \
                        repetition.";

/// Metrics that read the gradient of the sum of the last hidden states, which with fresh weights is rounding.
const ROUNDING: &[&str] = &[
    "synaptic_diversity",
    "synaptic_diversity_normalized",
    "synaptic_saliency",
    "synaptic_saliency_normalized",
    "head_importance",
    "head_importance_normalized",
    "attention_importance",
    "jacobian_covariance",
    "jacobian_cosine",
];

/// What the scores computed here say.
const FINDINGS: &[&str] = &[
    "No metric reaches what the number of layers alone does, tau 0.68. The best are the norm of the weights, 0.53, which needs \
     neither text nor a pass, and ZiCo, 0.52; given the number of parameters 0.35 and 0.38 of them are left.",
    "Hidden covariance, the best published metric of cells, tells nothing of encoders: tau -0.06 in the second layer; the \
     first layer reads the same states in all of them. Nor does the loss before training, tau 0.00.",
    "Head confidence reaches 0.48, as published, from 768 tokens in the place of 65,536. Activation distance, where each \
     activation counts once, reaches 0.48 and not the published 0.22.",
    "Nine metrics read the gradient of the sum of the last hidden states. With fresh weights it is zero but for rounding, so \
     their values say how this program rounds; the variants that read the gradient of the loss (SNIP, Fisher, jacob_cov) do \
     not have this fault.",
];

static ABOUT: About = About {
    id: "nas-bench-bert",
    title: Borrowed("NAS-Bench-BERT"),
    family: Some(Family::Encoder),
    noun: "encoder",
    space: "encoders of 2 or 4 layers, 128 or 256 units wide, that mix tokens by attention, transforms or convolution",
    networks: "trained encoders",
    introduction: "They were drawn at random, trained to model language and evaluated on eight tasks of GLUE.",
    target: Target {
        name: Borrowed("GLUE score"),
        description: Borrowed("GLUE score, the mean of eight tasks, in percent"),
        values: Borrowed("GLUE scores"),
        unit: "percent, higher is better",
        better: Higher,
    },
    group: Borrowed("layers"),
    directions: &[
        ("synaptic_diversity", Higher),
        ("synaptic_saliency", Higher),
        ("synaptic_saliency_normalized", Lower),
        ("activation_distance", Higher),
        ("num_parameters", Higher),
        ("head_importance", Higher),
        ("head_confidence", Higher),
        ("head_confidence_normalized", Higher),
        ("head_softmax_confidence", Higher),
        ("layers", Higher),
        ("hidden_size", Higher),
        ("layers_then_hidden_size", Higher),
        ("heads", Higher),
        ("parameters_own_size", Higher),
        ("flops", Higher),
    ],
    size: Some("parameters_own_size"),
    best: Some("head_confidence"),
    recomputed: None,
    origin: "github.com/aaronserianni/training-free-nas",
    licence: "CC BY 4.0",
    citation: "Serianni and Kalita, Training-free Neural Architecture Search for RNNs and Transformers, ACL 2023",
    authors: "Serianni and Kalita, 2023",
    one_measure: true,
    ids: ENCODERS,
    curves: false,
    ablations: &[(Ablation::Batch, ADDED_UP), (Ablation::Initialization, ADDED_UP)],
    flawed: &[
        "activation_distance",
        "synaptic_diversity",
        "synaptic_diversity_normalized",
        "synaptic_saliency",
        "synaptic_saliency_normalized",
        "head_importance",
        "head_importance_normalized",
        "jacobian_covariance",
        "jacobian_cosine",
    ],
    problems: &[
        "The released training code compares the operation type with a string by identity, which is never true, so all \
         500 encoders were most likely trained as plain attention: GLUE does not depend on the operations (p = 0.48), \
         nor does the training time.",
        "The same code gives the first feed-forward stack of a layer a width of its own, so the configured width counts \
         only where further stacks follow. With that, the 500 encoders are 301 different ones. The 77 of them that were \
         trained more than once give the noise ceiling; two thirds have two layers, so it is lower than a ceiling over \
         all 500 would be.",
        "With fresh weights the layer norm at the end makes the sum of the last hidden states constant, so the gradients \
         that synaptic diversity, synaptic saliency, head importance and both Jacobian metrics read are zero but for \
         rounding: these scores differ from one machine to the next.",
        "The published activation distance counts each activation once for every hook the scoring process had placed \
         by then, which are 26 and the layers of all encoders up to this one, anew from encoder 365. It tells the order \
         of scoring more than the encoder: tau 0.66 with the number of hooks, 0.22 with GLUE. Counted once each, the \
         same activations reach 0.48 with GLUE; the number of feed-forward stacks alone 0.54.",
        "The number of layers alone reaches tau 0.68 and layers, then hidden size 0.80, more than any metric. Among \
         encoders of one depth and width every metric is near 0.",
        "The published scorer ignored the hidden size and the feed-forward size of the configuration: it always took \
         256 and 1,024.",
        "In both published ablations one network is used again and its hooks add up, so confidence and activation \
         distance grow with the repetition.",
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
    structure: Structure,
    glue: f64,
}

impl Benchmark for NasBenchBert {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn files(&self) -> &'static [File<'static>] {
        FILES
    }

    fn suite(&self) -> Option<Suite> {
        Some(Suite {
            file: File {
                name: "nas-bench-bert/suite.csv",
                bytes: include_bytes!("../../../data/nas-bench-bert/suite.csv"),
            },
            conditions: "16 sequences of 48 tokens of web text (OpenWebText), at the published scorer's widths, fresh weights \
                         from seed 0, on the CPU",
            findings: FINDINGS,
            flawed: ROUNDING,
            command: "untrained benchmark nas-bench-bert --as-published --batch 16 --sequence 48 --corpus documents.jsonl \
                      --vocabulary vocab.txt --out scores.jsonl",
        })
    }

    fn load(&self, files: &[File<'_>]) -> Result<Table> {
        let scores = keyed(File::find(files, SCORES)?, "id", &METRICS)?;
        let unknown = vec![f64::NAN; METRICS.len()];
        let entry = |Trained { row, structure, glue }: Trained| {
            let scores = scores.get(&row.id).unwrap_or(&unknown).iter().copied();
            let values = scores.chain(BASELINES.iter().map(|id| baseline(id, &structure))).collect();
            Entry { row, result: glue, values }
        };
        let entries = trained(File::find(files, TRAINED)?, &scores)?.into_iter().map(entry).collect();
        let metrics = METRICS.iter().map(|id| Column::new(id, kind(id)));
        let columns = metrics.chain(columns(BASELINES, Kind::Baseline)).collect();
        Ok(loader::table(Borrowed(&ABOUT), columns, entries))
    }
}

fn kind(id: &str) -> Kind {
    if id == PARAMETERS { Kind::Baseline } else { Kind::Metric }
}

/// Every encoder of the benchmark, drawn again, in the order of their ids.
pub fn encoders() -> impl Iterator<Item = Configuration> {
    Sampler::new(SEED).take(ENCODERS as usize)
}

/// The encoders with their configurations, drawn again. Those that trained as one network are runs of it.
fn trained(file: File<'_>, scores: &HashMap<u32, Vec<f64>>) -> Result<Vec<Trained>> {
    let drawn: Vec<Configuration> = encoders().collect();
    let results = glue::read(file, drawn.len())?;
    let mut runs: HashMap<_, (u32, u32)> = HashMap::new();
    let number = |Glue { id, score, .. }: Glue| {
        let configuration = &drawn[id as usize];
        let (network, run) = *runs.entry(configuration.trained()).and_modify(|(_, run)| *run += 1).or_insert((id, 0));
        let group = u32::try_from(configuration.layers.len()).unwrap_or(u32::MAX);
        let row = Row { id, network, architecture: network, recipe: id, group, run, scored: scores.contains_key(&id) };
        Trained { row, structure: Structure::new(configuration, &Sizes::PUBLISHED), glue: score }
    };
    Ok(results.into_iter().map(number).collect())
}

fn baseline(id: &str, structure: &Structure) -> f64 {
    let (layers, hidden) = (structure.layers as f64, structure.hidden as f64);
    match id {
        "layers" => layers,
        "hidden_size" => hidden,
        // Any width comes after any depth.
        "layers_then_hidden_size" => layers * 1e6 + hidden,
        "heads" => structure.heads as f64,
        "parameters_own_size" => structure.parameters as f64,
        _ => structure.flops,
    }
}

#[cfg(test)]
mod tests {
    use super::{FINDINGS, NasBenchBert, ROUNDING, encoders};
    use crate::benchmark::{Benchmark as _, EvaluationOptions, evaluate, with_suite};
    use crate::family::Family;
    use crate::metric;
    use crate::network::encoder::Sizes;
    use crate::observation::Needs;
    use crate::rank::Resampling;

    /// The published scorer took 256 and 1,024 whatever the configuration says: with these all 500 counts are the
    /// published ones.
    #[test]
    fn published_parameter_counts_are_met() {
        let table = NasBenchBert.table().unwrap();
        let published = &table.column("num_parameters").unwrap().values;
        let counted: Vec<f64> =
            encoders().map(|drawn| Sizes::PUBLISHED.parameters(&drawn.as_published()) as f64).collect();
        assert_eq!(counted.len(), 500);
        assert_eq!(&counted, published);
    }

    /// The numbers that are known of the published tables.
    #[test]
    fn layers_alone_do_what_no_metric_does() {
        let table = NasBenchBert.table().unwrap();
        assert_eq!((table.rows.len(), table.count(|row| row.network)), (500, 301));
        let resampling = Resampling { resamples: 0, seed: 0 };
        let evaluations = evaluate(&table, &EvaluationOptions { resampling, ..EvaluationOptions::default() });
        let tau =
            |id: &str| format!("{:.4}", evaluations.iter().find(|one| one.metric == id).unwrap().measures.tau.unwrap());
        assert_eq!([tau("layers"), tau("layers_then_hidden_size")], ["0.6819", "0.8007"]);
        assert_eq!([tau("num_parameters"), tau("head_confidence")], ["0.4544", "0.4785"]);
        assert_eq!(tau("head_confidence_normalized"), "0.2994");
        assert_eq!([tau("heads"), tau("parameters_own_size"), tau("flops")], ["0.5574", "0.4846", "0.5254"]);
        let ceiling = evaluations[0].measures.tau.unwrap();
        assert_eq!((evaluations[0].networks, format!("{ceiling:.3}")), (77, "0.635".to_owned()));
    }

    /// What the findings say of the scores computed here.
    #[test]
    fn the_findings_are_what_the_scores_say() {
        let table = with_suite(&NasBenchBert.table().unwrap().scored(), &NasBenchBert).unwrap();
        let resampling = Resampling { resamples: 0, seed: 0 };
        let found = evaluate(&table, &EvaluationOptions { resampling, ..EvaluationOptions::default() });
        let of = |id: &str| found.iter().find(|one| one.metric == id).unwrap();
        let tau = |id: &str| format!("{:.2}", of(id).measures.tau.unwrap()).replace("-0.00", "0.00");
        let given_size = |id: &str| format!("{:.2}", of(id).beyond_size.as_ref().unwrap().partial_tau.unwrap());
        let text = FINDINGS.concat();
        let said = |words: String| assert!(text.contains(&words), "{words}");
        said(format!("number of layers alone does, tau {}", tau("layers")));
        let [norm, zico] = ["l2_norm", "zico"];
        said(format!("norm of the weights, {}, which", tau(norm)));
        said(format!(
            "ZiCo, {}; given the number of parameters {} and {} of",
            tau(zico),
            given_size(norm),
            given_size(zico)
        ));
        said(format!("tau {} in the second layer", tau("hidden_covariance_layer_2")));
        assert!(of("hidden_covariance_layer_1").measures.tau.is_none());
        said(format!("loss before training, tau {}", tau("loss")));
        said(format!("Head confidence reaches {}, as published", tau("head_confidence")));
        said(format!("reaches {} and not the published 0.22", tau("activation_distance")));
        let of_gradient = metric::of(Family::Encoder).into_iter().filter(|metric| {
            let needs: Needs = metric.needs().into_iter().collect();
            needs.gradient()
        });
        let mut of_gradient: Vec<&str> = of_gradient.map(|metric| metric.about().id).collect();
        let mut listed = ROUNDING.to_vec();
        of_gradient.sort_unstable();
        listed.sort_unstable();
        assert_eq!(of_gradient, listed);
    }
}
