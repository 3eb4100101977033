//! The training-free metrics: each is computed from one observation of an untrained network and gives one number. One
//! list, from which the command line, the pages, the documentation and the tests are derived.
//!
//! A (family, identifier) pair is unique; an identifier alone need not be, since `activation_distance` and
//! `synaptic_saliency` were published under the same name with another formula for encoders and for decoders.

mod about;
mod activation_distance;
mod attention;
mod az_nas;
mod cosine;
mod counts;
mod diversity;
mod dss;
mod eznas;
mod fisher;
mod grasp;
mod head_confidence;
mod head_importance;
mod hidden_covariance;
mod hidden_saliency;
mod jacob_cov;
mod jacobian;
mod l2_norm;
mod loss;
mod lpzero;
mod meco;
mod naswot;
mod near;
mod pca;
mod pruning;
mod saliency;
mod sign_agreement;
pub(crate) mod spectrum;
mod swap;
mod synflow;
mod term_sum;
mod zen;
mod zico;

use serde::Serialize;

pub use about::{About, Metric};
pub use term_sum::{TermSum, Total};

use crate::family::Family;
use crate::observation::Needs;
use crate::{Error, Result, nearest};

/// What has to be computed, from cheapest to most expensive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cost {
    /// Nothing: the architecture, or its weights, are read.
    Count,
    /// A forward pass.
    Forward,
    /// A forward and a backward pass.
    Backward,
    /// More than one forward and backward pass.
    Passes,
}

/// Every metric: of each family the best known first, then what is simply counted; of encoders in the order of the
/// published table.
pub const METRICS: &[&dyn Metric] = &[
    &hidden_covariance::LAYER_1,
    &hidden_covariance::LAYER_2,
    &hidden_covariance::LAYER_3,
    &jacobian::COSINE,
    &jacobian::LARGE_NOISE_COSINE,
    &jacobian::MORE_NOISED_COSINE,
    &jacobian::COVARIANCE,
    &jacobian::LARGE_NOISE_COVARIANCE,
    &jacobian::MORE_NOISED_COVARIANCE,
    &activation_distance::ActivationDistance,
    &saliency::RECURRENT,
    &hidden_saliency::HiddenSynapticSaliency,
    &pruning::GRAD_NORM,
    &pruning::SNIP,
    &pruning::PLAIN,
    &grasp::GRASP_DIFFERENCE,
    &fisher::FISHER,
    &fisher::FISHER_FAN_OUT,
    &fisher::FISHER_CHANNELS,
    &fisher::FISHER_SEQUENCE,
    &jacob_cov::JacobCov,
    &synflow::SynflowLn,
    &synflow::SYNFLOW,
    &synflow::SYNFLOW_PUBLISHED,
    &synflow::LOGSYNFLOW,
    &synflow::LOGSYNFLOW_PUBLISHED,
    &synflow::LOGSYNFLOW_PLUS_ONE,
    &dss::DSS,
    &naswot::NASWOT,
    &naswot::NASWOT_TOKENS,
    &swap::Swap,
    &zen::Zen,
    &zico::ZICO,
    &meco::MECO,
    &meco::MECO_FEATURES,
    &near::NEAR,
    &az_nas::AZ_EXPRESSIVITY,
    &az_nas::Progressivity,
    &az_nas::Trainability,
    &pca::V_PCA,
    &pca::WPca,
    &eznas::EZNAS,
    &lpzero::LPZERO,
    &l2_norm::L2_NORM,
    &loss::LOSS,
    &loss::PERPLEXITY,
    &counts::PARAMETERS,
    &counts::NON_EMBEDDING_PARAMETERS,
    &counts::NODES,
    &counts::LINEARS,
    &counts::DEPTH,
    &diversity::SUM,
    &diversity::NORMALIZED,
    &saliency::ENCODER,
    &saliency::ENCODER_NORMALIZED,
    &sign_agreement::SUM,
    &sign_agreement::NORMALIZED,
    &jacobian::ENCODER_COVARIANCE,
    &jacobian::ENCODER_COSINE,
    &counts::NUM_PARAMETERS,
    &head_importance::SUM,
    &head_importance::NORMALIZED,
    &head_confidence::PROJECTIONS,
    &head_confidence::PROJECTIONS_NORMALIZED,
    &head_confidence::SOFTMAXES,
    &head_confidence::SOFTMAXES_NORMALIZED,
    &attention::CONFIDENCE,
    &attention::IMPORTANCE,
    &hidden_covariance::TRANSFORMER_LAYER_1,
    &hidden_covariance::TRANSFORMER_LAYER_2,
    &hidden_covariance::TRANSFORMER_LAYER_3,
    &saliency::DECODER,
    &head_importance::DECODER,
    &diversity::DECODER,
    &head_confidence::DECODER,
    &sign_agreement::DECODER,
    &jacobian::DECODER_COVARIANCE,
    &jacobian::DECODER_COSINE,
    &counts::EMBEDDING_PARAMETERS,
    &counts::ATTENTION_PARAMETERS,
    &counts::FEED_FORWARD_PARAMETERS,
    &counts::DECODER_PARAMETERS,
    &counts::LAYERS,
    &counts::HIDDEN_SIZE,
    &counts::HEADS,
    &counts::FLOPS,
];

/// The metrics of a family, in the order of the list.
pub fn of(family: Family) -> Vec<&'static dyn Metric> {
    METRICS.iter().copied().filter(|metric| metric.families().contains(&family)).collect()
}

/// The metrics of a family with these identifiers, each once, in the order of the list; all of the family where none is
/// named.
///
/// # Errors
/// [`Error::Unknown`] with the nearest identifier, [`Error::Family`] where the metric is one of another family.
pub fn select(family: Family, ids: &[String]) -> Result<Vec<&'static dyn Metric>> {
    let listed = of(family);
    let elsewhere = |id: &&String| !listed.iter().any(|metric| metric.about().id == **id);
    let other = |id: &String| METRICS.iter().find(|metric| metric.about().id == *id);
    if let Some((id, metric)) = ids.iter().filter(elsewhere).find_map(|id| Some((id, other(id)?))) {
        return Err(Error::Family { metric: id.clone(), families: metric.families(), requested: family });
    }
    nearest::choose("metric", ids, &listed, |metric| metric.about().id)
}

/// The metric of a family with that identifier.
///
/// # Errors
/// As [`select`].
pub fn find(family: Family, id: &str) -> Result<&'static dyn Metric> {
    select(family, &[id.to_owned()]).map(|found| found[0])
}

/// What metrics need together.
pub fn needs(metrics: &[&'static dyn Metric]) -> Needs {
    metrics.iter().flat_map(|metric| metric.needs()).collect()
}

/// Checks with `fits` that what metrics need together can be run.
///
/// # Errors
/// That of `fits`; where only some of the metrics need more than there is, it says which fit.
pub fn check(metrics: &[&'static dyn Metric], fits: impl Fn(&Needs) -> Result<()>) -> Result<()> {
    let checked = fits(&needs(metrics));
    let Err(Error::Size { name, value, problem }) = checked else { return checked };
    let (light, heavy): (Vec<_>, Vec<_>) = metrics.iter().copied().partition(|&metric| fits(&needs(&[metric])).is_ok());
    let problem = if light.is_empty() || heavy.is_empty() || fits(&needs(&light)).is_err() {
        problem
    } else {
        let ids =
            |metrics: &[&'static dyn Metric]| metrics.iter().map(|one| one.about().id).collect::<Vec<_>>().join(", ");
        // The shorter list says it.
        if heavy.len() <= light.len() {
            format!("{problem}; without {} it fits", ids(&heavy))
        } else {
            format!("{problem}; these metrics fit: {}", ids(&light))
        }
    };
    Err(Error::Size { name, value, problem })
}

/// What has to be computed for a metric; it follows from what the metric needs.
pub fn cost(metric: &dyn Metric) -> Cost {
    let needs: Needs = metric.needs().into_iter().collect();
    let noised = needs.passes().into_iter().any(|amplitude| amplitude != 0.0);
    let several = noised || needs.perturbation || needs.further_passes() > 1;
    match (needs.is_empty() || needs.reads_weights_alone(), several) {
        (true, _) => Cost::Count,
        (_, true) => Cost::Passes,
        _ if needs.goes_backward() || needs.takes_further_passes() => Cost::Backward,
        _ => Cost::Forward,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// There is no memory for a backward pass.
    #[test]
    fn an_error_says_which_metrics_fit() {
        let ids = ["loss", "grad_norm", "snip", "parameters"].map(str::to_owned);
        let metrics = select(Family::Decoder, &ids).unwrap();
        let fits = |needs: &Needs| match needs.goes_backward() {
            true => Err(Error::Size { name: "batch", value: 9, problem: "too much".to_owned() }),
            false => Ok(()),
        };
        let said = check(&metrics, fits).unwrap_err().to_string();
        assert_eq!(said, "size batch = 9: too much; without grad_norm, snip it fits");
        let more = select(Family::Decoder, &["loss", "grad_norm", "snip"].map(str::to_owned)).unwrap();
        let said = check(&more, fits).unwrap_err().to_string();
        assert_eq!(said, "size batch = 9: too much; these metrics fit: loss");
        let alone = select(Family::Decoder, &ids[1..2]).unwrap();
        assert_eq!(check(&alone, fits).unwrap_err().to_string(), "size batch = 9: too much");
        assert!(check(&select(Family::Decoder, &ids[..1]).unwrap(), fits).is_ok());
    }

    fn problem(family: Family, id: &str) -> String {
        find(family, id).err().map(|error| error.to_string()).unwrap_or_default()
    }

    #[test]
    fn an_identifier_of_another_family_is_refused_with_the_families_it_has() {
        assert_eq!(
            problem(Family::Encoder, "hidden_synaptic_saliency"),
            "metric hidden_synaptic_saliency is one of recurrent networks, not of encoders"
        );
        assert!(problem(Family::Recurrent, "jacobian_cosin").contains("jacobian_cosine"));
    }

    #[test]
    fn cost_follows_from_needs() {
        let cost_of = |family, id| cost(find(family, id).unwrap());
        assert_eq!(cost_of(Family::Encoder, "flops"), Cost::Count);
        assert_eq!(cost_of(Family::Recurrent, "activation_distance"), Cost::Forward);
        assert_eq!(cost_of(Family::Encoder, "attention_confidence"), Cost::Forward);
        assert_eq!(cost_of(Family::Encoder, "attention_importance"), Cost::Backward);
        assert_eq!(cost_of(Family::Recurrent, "large_noise_jacobian"), Cost::Passes);
        let suite = [
            ("l2_norm", Cost::Count),
            ("near", Cost::Forward),
            ("naswot", Cost::Forward),
            ("fisher", Cost::Backward),
            ("synflow", Cost::Backward),
            ("az_trainability", Cost::Backward),
            ("zico", Cost::Passes),
            ("grasp_difference", Cost::Passes),
            ("zen", Cost::Passes),
        ];
        for family in Family::ALL {
            suite.iter().for_each(|(id, cost)| assert_eq!(cost_of(family, id), *cost, "{family} {id}"));
        }
    }
}
