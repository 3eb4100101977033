//! The published numbers of NAS-Bench-NLP, recomputed: each is a regression test of the tables and of the statistics.

use untrained_core::benchmark::nas_bench_nlp::{CURVES, between_texts, curves, first_epoch};
use untrained_core::benchmark::{
    Benchmark as _, CEILING, Evaluation, EvaluationOptions, Kind, NasBenchNlp, Table, evaluate,
};
use untrained_core::rank::Resampling;

const OPTIONS: EvaluationOptions =
    EvaluationOptions { resampling: Resampling::NONE, average_runs: false, by_group: false, compare: false };

fn published() -> Table {
    NasBenchNlp.table().unwrap().scored()
}

/// tau-b, rho and r, to four decimals.
fn decimals(evaluation: &Evaluation) -> [String; 3] {
    [evaluation.measures.tau, evaluation.measures.rho, evaluation.measures.r]
        .map(|value| format!("{:.4}", value.unwrap()))
}

/// Computed from the files as published with another implementation: kendalltau, spearmanr and pearsonr of SciPy.
#[test]
fn the_published_columns_correlate_as_known() {
    let evaluations = evaluate(&published(), &OPTIONS);
    for (metric, numbers) in [
        ("hidden_covariance_layer_1", ["-0.3715", "-0.5244", "-0.4046"]),
        ("hidden_covariance_layer_2", ["-0.3141", "-0.4566", "-0.4157"]),
        ("hidden_covariance_layer_3", ["-0.2473", "-0.3668", "-0.3331"]),
        ("more_noised_jacobian_cosine", ["-0.2804", "-0.4174", "-0.0864"]),
        ("more_noised_jacobian", ["0.2734", "0.4115", "0.0212"]),
        ("large_noise_jacobian_cosine", ["0.2725", "0.4104", "0.1384"]),
        ("large_noise_jacobian", ["0.2590", "0.3956", "0.0768"]),
        ("activation_distance", ["-0.2230", "-0.3380", "-0.2323"]),
        ("jacobian_cosine", ["-0.2641", "-0.3981", "-0.0740"]),
        ("jacobian_covariance", ["-0.0027", "-0.0046", "-0.0159"]),
        ("hidden_synaptic_saliency", ["0.2679", "0.3934", "0.2211"]),
        ("synaptic_saliency", ["0.1224", "0.1831", "0.0910"]),
        ("parameters", ["-0.0006", "-0.0007", "-0.0000"]),
    ] {
        let found = evaluations.iter().find(|one| one.metric == metric).unwrap();
        assert_eq!(decimals(found), numbers, "{metric}");
        assert_eq!((found.rows, found.networks, found.architectures), (8_794, 3_047, 2_956), "{metric}");
    }
}

/// Tau 0.970 between runs of a network, 0.83 within the best tenth, where the best metric reaches 0.10.
#[test]
fn the_noise_ceiling_is_as_known() {
    let evaluations = evaluate(&published(), &OPTIONS);
    let ceiling = evaluations.iter().find(|one| one.metric == CEILING).unwrap();
    assert_eq!(format!("{:.3} {:.2}", ceiling.measures.tau.unwrap(), ceiling.measures.top_tau.unwrap()), "0.970 0.83");
    let metrics = evaluations.iter().filter(|one| one.kind == Kind::Metric);
    let best = metrics.map(|one| one.measures.top_tau.unwrap().abs()).fold(0.0, f64::max);
    assert_eq!(format!("{best:.2}"), "0.10");
}

/// 449 networks with a finite loss are not among the published scores, and their median loss is far higher.
#[test]
fn the_missing_networks_are_the_bad_ones() {
    let all = NasBenchNlp.table().unwrap();
    let missing = all.filter(|row| !all.rows[row].scored);
    assert_eq!(missing.count(|row| row.network), 449);
    let median = |table: &Table| {
        let mut losses = table.results.clone();
        losses.sort_by(f64::total_cmp);
        losses[losses.len() / 2]
    };
    assert!(median(&missing) > median(&published()) + 0.4);
}

/// One epoch of training on WikiText-2 predicts better than any metric; the two texts agree.
#[test]
fn one_epoch_of_training_predicts_better_than_any_metric() {
    let curves = curves(CURVES).unwrap();
    let epoch = first_epoch(&curves);
    assert_eq!((epoch.pairs, format!("{:.2}", epoch.tau.unwrap())), (340, "0.58".to_owned()));
    let texts = between_texts(&curves, &published());
    assert_eq!((texts.pairs, format!("{:.3}", texts.tau.unwrap())), (235, "0.835".to_owned()));
}

/// Averaging the runs leaves one row per recipe and hardly moves the correlation.
#[test]
fn runs_can_be_averaged() {
    let evaluations = evaluate(&published(), &EvaluationOptions { average_runs: true, ..OPTIONS });
    let first = evaluations.iter().find(|one| one.metric == "hidden_covariance_layer_1").unwrap();
    assert_eq!((first.rows, decimals(first)[0].as_str()), (2_956, "-0.3714"));
}

/// The interval is that of architectures: wider than 2 · 0.014, which 1.96 · sqrt(4 / (9 n)) would give for n = 8,794
/// independent rows near tau 0; and the same seed gives it again.
#[test]
fn the_interval_counts_architectures() {
    let mut table = published();
    table.columns.retain(|column| column.id == "hidden_covariance_layer_1");
    let options = EvaluationOptions { resampling: Resampling { resamples: 200, seed: 3 }, ..OPTIONS };
    let (once, again) = (evaluate(&table, &options), evaluate(&table, &options));
    assert_eq!(once, again);
    let (low, high) = (once[1].low.unwrap(), once[1].high.unwrap());
    assert!(low < -0.3715 && -0.3715 < high && (0.03..0.06).contains(&(high - low)), "{low} {high}");
}
