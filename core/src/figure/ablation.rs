//! How much a metric moves when only the minibatch or only the initial weights change: ten cells, ten times each.

use crate::benchmark::nas_bench_nlp::Ablation;
use crate::benchmark::{Column, Table};
use crate::chart::{Axis, Boxes, Grid, Group, Scale, Words, rounded};
use crate::rank::tau_b;

use super::words;

const fn varied(which: Ablation) -> &'static str {
    match which {
        Ablation::Batch => "ten minibatches",
        Ablation::Initialization => "ten initialisations",
    }
}

const fn problem(which: Ablation) -> &'static str {
    match which {
        Ablation::Batch => " The minibatches start one token after each other and share 87 to 99 % of their tokens.",
        Ablation::Initialization => "",
    }
}

/// How one metric of an ablation varies, between cells and within them.
pub fn figure(which: Ablation, table: &Table, column: &Column) -> Grid<Boxes> {
    let name = words::title(column.id);
    let cells = cells(table, column);
    let lead = format!(
        "{} cells scored with {}: two scorings order the cells with τ-b {} on average.",
        cells.len(),
        varied(which),
        agreement(&cells).map_or_else(|| "none".to_owned(), |tau| rounded(tau, 2)),
    );
    let caption = format!(
        "NAS-Bench-NLP, published ablation. Box: quartiles and median; whiskers: furthest value within 1.5 boxes.{}",
        problem(which)
    );
    let relative = cells.iter().map(relative).collect();
    let charts = vec![
        boxes("Between cells", Axis::new(&name, ""), cells),
        boxes("Within a cell", Axis::new("Difference from the cell's median", "%").on(Scale::Linear), relative),
    ];
    Grid { words: Words { title: format!("{name} under {}", varied(which)), lead, caption }, columns: 2, charts }
}

fn boxes(title: &str, axis: Axis, groups: Vec<Group>) -> Boxes {
    let words = Words { title: title.into(), ..Words::default() };
    Boxes { words, across: "Test loss of the cell after training, best to worst".into(), axis, groups }
}

/// One group per architecture, from the lowest loss to the highest, named by it.
fn cells(table: &Table, column: &Column) -> Vec<Group> {
    let loss = Column { values: table.loss.clone(), ..*column };
    let losses = table.by_architecture(&loss).into_iter().map(|(_, losses)| losses[0]);
    let mut cells: Vec<(f64, Vec<f64>)> =
        losses.zip(table.by_architecture(column).into_iter().map(|cell| cell.1)).collect();
    cells.sort_by(|a, b| a.0.total_cmp(&b.0));
    cells.into_iter().map(|(loss, values)| Group { name: rounded(loss, 2), values }).collect()
}

/// The same values as differences from their median, in percent of it.
fn relative(cell: &Group) -> Group {
    let mut sorted = cell.values.clone();
    sorted.sort_by(f64::total_cmp);
    let middle = (sorted[(sorted.len() - 1) / 2] + sorted[sorted.len() / 2]) / 2.0;
    let percent = |value: &f64| 100.0 * (value - middle) / middle.abs();
    Group { name: cell.name.clone(), values: cell.values.iter().map(percent).collect() }
}

/// Mean tau-b between the orders of the cells in two repetitions, over all pairs of repetitions.
fn agreement(cells: &[Group]) -> Option<f64> {
    let repetitions = cells.iter().map(|cell| cell.values.len()).min()?;
    let scores = |n: usize| cells.iter().map(|cell| cell.values[n]).collect::<Vec<_>>();
    let pairs = (0..repetitions).flat_map(|a| (0..a).map(move |b| (a, b)));
    let taus: Vec<f64> = pairs.filter_map(|(a, b)| tau_b(&scores(a), &scores(b))).collect();
    (!taus.is_empty()).then(|| taus.iter().sum::<f64>() / taus.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::{Group, agreement, relative};

    fn group(values: &[f64]) -> Group {
        Group { name: String::new(), values: values.to_vec() }
    }

    /// The median of 1, 2, 3 and 10 is 2.5.
    #[test]
    fn differences_are_percent_of_the_median() {
        assert_eq!(relative(&group(&[1.0, 10.0, 2.0, 3.0])).values, [-60.0, 300.0, -20.0, 20.0]);
    }

    /// Of three repetitions two agree and one is the other way round: (1 - 1 - 1) / 3.
    #[test]
    fn agreement_is_the_mean_over_pairs() {
        let tau = agreement(&[group(&[1.0, 5.0, 9.0]), group(&[2.0, 6.0, 8.0])]).unwrap();
        assert!((tau + 1.0 / 3.0).abs() < 1e-12);
        assert_eq!(agreement(&[]), None);
    }
}
