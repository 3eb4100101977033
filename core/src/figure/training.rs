//! A network in training: its losses, step by step.

use super::words;
use crate::benchmark::nas_bench_nlp::short_runs::{By, Compared, Goal};
use crate::chart::{Axis, Caption, Cloud, Scale, Scatter};

/// Metrics in the picture of costs: the best ones.
const METRICS: usize = 2;

/// Points of a curve: more could not be told apart.
const POINTS: usize = 200;

/// Means of a curve over so many parts of equal length or fewer: (last step, mean).
pub fn means(curve: &[(f64, f64)], parts: usize) -> Vec<(f64, f64)> {
    let length = curve.len().div_ceil(parts.max(1)).max(1);
    let mean = |part: &[(f64, f64)]| part.iter().map(|(_, loss)| loss).sum::<f64>() / part.len() as f64;
    curve.chunks(length).filter_map(|part| Some((part.last()?.0, mean(part)))).collect()
}

/// The curves of one network by step: the training loss in this unit, and the validation loss where it was computed.
pub fn training(
    (name, unit): (&str, &str),
    lead: String,
    training: &[(f64, f64)],
    validation: &[(f64, f64)],
) -> Scatter {
    let cloud = |name: &str, points: Vec<(f64, f64)>| Cloud { name: name.to_owned(), points };
    Scatter {
        caption: Caption {
            title: format!("{name} in training"),
            lead,
            note: "The training loss is read with dropout, the validation loss without it.".into(),
        },
        x: Axis::new("Step", "").on(Scale::Linear),
        y: Axis::new("Loss", unit).on(Scale::Linear),
        clouds: vec![cloud("training", means(training, POINTS)), cloud("validation", validation.to_vec())],
        joined: true,
        ..Scatter::default()
    }
}

/// The training losses of several networks, in order of their scores; a curve ends where it is not finite.
pub fn several(curves: &[Vec<f64>], best: Option<f64>) -> Scatter {
    let cloud = |(index, curve): (usize, &Vec<f64>)| {
        let points: Vec<(f64, f64)> = (1..).map(f64::from).zip(curve.iter().copied()).collect();
        Cloud { name: (index + 1).to_string(), points: means(&points, POINTS) }
    };
    let best = best.map_or_else(String::new, |best| format!(" The best possible loss is {best:.2}."));
    Scatter {
        caption: Caption {
            title: "Training loss, by the order of the scores".into(),
            lead: format!("1 has the best score before training.{best}"),
            note: String::new(),
        },
        x: Axis::new("Step", "").on(Scale::Linear),
        y: Axis::new("Loss", "nats per word").on(Scale::Linear),
        clouds: curves.iter().enumerate().map(cloud).collect(),
        ordered: true,
        joined: true,
        ..Scatter::default()
    }
}

/// What computing buys: τ-b with the published loss against the operations that it takes; of a metric its size, for its
/// direction is known. A metric is a line from its cost on: it is worth no more, however much is spent.
pub fn bought(compared: &Compared) -> Scatter {
    let points = |frozen: bool| {
        let steps = compared.by_steps(frozen, Goal::Published);
        steps.iter().filter_map(|one| Some((one.operations, one.tau?))).collect::<Vec<_>>()
    };
    let training = [("steps, frozen", points(true)), ("steps, in full", points(false))];
    let most = training.iter().flat_map(|(_, points)| points).map(|point| point.0).fold(0.0, f64::max);
    let mut metrics: Vec<(String, f64, f64)> = compared
        .by_metrics(Goal::Published)
        .into_iter()
        .filter_map(|one| match one.by {
            By::Metric(id) if one.operations > 0.0 => Some((id, one.operations, one.tau?.abs())),
            _ => None,
        })
        .collect();
    metrics.sort_by(|a, b| b.2.total_cmp(&a.2));
    let metrics = metrics.into_iter().take(METRICS);
    let lines = metrics
        .map(|(id, operations, tau)| Cloud { name: words::title(&id), points: vec![(operations, tau), (most, tau)] });
    let curves = training.map(|(name, points)| Cloud { name: name.to_owned(), points });
    Scatter {
        caption: Caption {
            title: "What computing buys".into(),
            lead: format!(
                "{} cells, trained for up to {} steps: how well the loss so far, and a metric of the untrained network, \
                 order them as they were published",
                compared.count(),
                compared.steps
            ),
            note: "Operations of one cell, in the median. 1e12 take about 15 seconds on a core.".into(),
        },
        x: Axis::new("Floating-point operations", "").on(Scale::SignedLog),
        y: Axis::new("τ-b with the published loss", "").on(Scale::Linear),
        clouds: curves.into_iter().chain(lines).collect(),
        joined: true,
        ..Scatter::default()
    }
}

#[cfg(test)]
mod tests {
    use super::means;

    /// Five points in at most two parts: three and two.
    #[test]
    fn a_part_is_a_mean_at_its_last_step() {
        let curve = [(1.0, 6.0), (2.0, 5.0), (3.0, 4.0), (4.0, 3.0), (5.0, 2.0)];
        assert_eq!(means(&curve, 2), [(3.0, 5.0), (5.0, 2.5)]);
        assert_eq!(means(&curve, 9), curve);
        assert!(means(&[], 3).is_empty());
    }
}
