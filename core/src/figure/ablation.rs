//! How much a metric moves when only the minibatch or only the initial weights change: ten networks, ten times each.

use crate::benchmark::{Ablation, About, Column, Table, agreement};
use crate::chart::{Axis, Boxes, Caption, Grid, Group, Scale, rounded};
use crate::rank::{Direction, quantile};

use super::words;

const fn varied(which: Ablation) -> &'static str {
    match which {
        Ablation::Batch => "ten minibatches",
        Ablation::Initialization => "ten initialisations",
    }
}

/// What should be known of an ablation, after a space.
fn problem(about: &About, which: Ablation) -> String {
    let known_problem = about.ablations.iter().find(|(known, problem)| *known == which && !problem.is_empty());
    known_problem.map_or_else(String::new, |(_, problem)| format!(" {problem}"))
}

/// How one metric of an ablation varies, between networks and within them.
pub fn figure(which: Ablation, table: &Table, column: &Column) -> Grid<Boxes> {
    let about = &*table.about;
    let name = &column.title;
    let networks = networks(table, column);
    let lead = format!(
        "{} {} scored with {}: two scorings order them with τ-b {} on average.",
        networks.len(),
        about.networks,
        varied(which),
        agreement(table, column).map_or_else(|| "none".to_owned(), |tau| rounded(tau, 2)),
    );
    let note = format!(
        "{}, published ablation. Box: quartiles and median; whiskers: furthest value within 1.5 boxes.{}",
        about.title,
        problem(about, which)
    );
    let relative = networks.iter().map(relative).collect();
    let charts = vec![
        boxes(about, "Between networks", Axis::new(name, ""), networks),
        boxes(about, "Within a network", Axis::new("Difference from its median", "%").on(Scale::Linear), relative),
    ];
    Grid { caption: Caption { title: format!("{name} under {}", varied(which)), lead, note }, columns: 2, charts }
}

fn boxes(about: &About, title: &str, axis: Axis, groups: Vec<Group>) -> Boxes {
    let caption = Caption { title: title.into(), ..Caption::default() };
    let across = format!("{} of the network after training, best to worst", words::capital(&about.target.name));
    Boxes { caption, across, axis, groups }
}

/// One group per network, from the best result to the worst, named by it.
fn networks(table: &Table, column: &Column) -> Vec<Group> {
    let results = column.with_values(table.results.clone());
    let losses = table.by_architecture(&results).into_iter().map(|(_, losses)| losses[0]);
    let mut networks: Vec<(f64, Vec<f64>)> =
        losses.zip(table.by_architecture(column).into_iter().map(|network| network.1)).collect();
    networks.sort_by(|a, b| a.0.total_cmp(&b.0));
    if table.about.target.better == Direction::Higher {
        networks.reverse();
    }
    networks.into_iter().map(|(loss, values)| Group { name: rounded(loss, 2), values }).collect()
}

/// The same values as differences from their median, in percent of it.
fn relative(cell: &Group) -> Group {
    let mut sorted = cell.values.clone();
    sorted.sort_by(f64::total_cmp);
    let middle = quantile(&sorted, 0.5);
    let percent = |value: &f64| 100.0 * (value - middle) / middle.abs();
    Group { name: cell.name.clone(), values: cell.values.iter().map(percent).collect() }
}

#[cfg(test)]
mod tests {
    use super::{Ablation, Group, networks, relative, rounded};
    use crate::benchmark::ablation;

    fn group(values: &[f64]) -> Group {
        Group { name: String::new(), values: values.to_vec() }
    }

    /// The median of 1, 2, 3 and 10 is 2.5.
    #[test]
    fn differences_are_percent_of_the_median() {
        assert_eq!(relative(&group(&[1.0, 10.0, 2.0, 3.0])).values, [-60.0, 300.0, -20.0, 20.0]);
    }

    /// Losses from the lowest, GLUE scores from the highest.
    #[test]
    fn the_best_network_comes_first() {
        for (benchmark, best) in [("nas-bench-nlp", f64::min as fn(f64, f64) -> f64), ("nas-bench-bert", f64::max)] {
            let table = ablation(benchmark, Ablation::Batch).unwrap();
            let groups = networks(&table, &table.columns[0]);
            let expected = table.results.iter().copied().reduce(best).unwrap();
            assert_eq!((groups.len(), groups[0].name.as_str()), (10, rounded(expected, 2).as_str()));
        }
    }
}
