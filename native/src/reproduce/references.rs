//! Correlations with the result of training, computed from the published files apart from this program, to four digits.

/// Metric id; tau-b, rho and r as far as known.
type Reference = (&'static str, [Option<f64>; 3]);

/// The correlations of a benchmark's scored rows, by its id. The number of parameters of NAS-Bench-NLP is not among
/// them: the published file lacks it for nine of the rows, where here it is that of the same recipe.
pub const REFERENCES: &[(&str, &[Reference])] = &[
    (
        "nas-bench-nlp",
        &[
            ("hidden_covariance_layer_1", [Some(-0.3715), Some(-0.5244), Some(-0.4046)]),
            ("hidden_covariance_layer_2", [Some(-0.3141), Some(-0.4566), Some(-0.4157)]),
            ("hidden_covariance_layer_3", [Some(-0.2473), Some(-0.3668), Some(-0.3331)]),
            ("more_noised_jacobian_cosine", [Some(-0.2804), Some(-0.4174), Some(-0.0864)]),
            ("activation_distance", [Some(-0.2230), Some(-0.3380), Some(-0.2323)]),
            ("jacobian_cosine", [Some(-0.2641), None, None]),
            ("hidden_synaptic_saliency", [Some(0.2679), None, None]),
            ("synaptic_saliency", [Some(0.1224), None, None]),
        ],
    ),
    (
        "nas-bench-bert",
        &[
            ("synaptic_diversity", [Some(0.1559), Some(0.2411), Some(0.1832)]),
            ("synaptic_diversity_normalized", [Some(-0.0303), Some(-0.0446), Some(-0.1694)]),
            ("synaptic_saliency", [Some(0.1881), Some(0.2806), Some(0.2207)]),
            ("synaptic_saliency_normalized", [Some(-0.1367), Some(-0.2005), Some(-0.1766)]),
            ("activation_distance", [Some(0.2220), Some(0.3314), Some(0.3233)]),
            ("activation_distance_normalized", [Some(-0.0496), Some(-0.0746), Some(-0.0314)]),
            ("jacobian_covariance", [Some(-0.0420), Some(-0.0668), Some(-0.0197)]),
            ("jacobian_cosine", [Some(0.0035), Some(0.0056), Some(0.0160)]),
            ("num_parameters", [Some(0.4544), Some(0.6525), Some(0.5901)]),
            ("head_importance", [Some(0.1636), Some(0.2498), Some(0.1862)]),
            ("head_importance_normalized", [Some(-0.0364), Some(-0.0541), Some(-0.1622)]),
            ("head_confidence", [Some(0.4785), Some(0.7162), Some(0.6689)]),
            ("head_confidence_normalized", [Some(0.2994), Some(0.4549), Some(0.3923)]),
            ("head_softmax_confidence", [Some(0.2164), Some(0.3258), Some(0.2133)]),
            ("head_softmax_confidence_normalized", [Some(0.0329), Some(0.0513), Some(-0.0546)]),
            ("layers", [Some(0.6819), Some(0.8343), Some(0.7702)]),
            ("hidden_size", [Some(0.3408), Some(0.4170), Some(0.3910)]),
            ("layers_then_hidden_size", [Some(0.8007), Some(0.9252), Some(0.7702)]),
            ("heads", [Some(0.5574), Some(0.7501), Some(0.6968)]),
        ],
    ),
];

/// The reference of a metric; nothing where none is known.
pub fn reference(benchmark: &str, metric: &str) -> [Option<f64>; 3] {
    let known = REFERENCES.iter().find(|(id, _)| *id == benchmark).map_or(&[][..], |(_, known)| known);
    known.iter().find(|(id, _)| *id == metric).map_or([None; 3], |(_, values)| *values)
}
