//! The rank of a user's network among those of a benchmark.

use untrained_core::benchmark::{Benchmark as _, NasBenchNlp};
use untrained_core::rank::Direction;

use crate::cli::{text, untrained};

/// Counts of a cell need no run at the published sizes.
const COUNTS: [&str; 4] = ["parameters", "nodes", "linears", "depth"];

/// The table's last cell is the percentage of scored runs with a worse value, counted here independently.
#[test]
fn better_than_is_the_share_of_runs_with_a_worse_value() {
    let table = NasBenchNlp.table().unwrap().scored();
    for id in ["3", "889"] {
        let arguments: Vec<&str> = COUNTS.iter().flat_map(|metric| ["--metric", metric]).collect();
        let out =
            untrained(&[&["score", "recurrent", "--id", id, "--format", "table"], &arguments[..]].concat()).success();
        let printed = text(&out.get_output().stdout);
        let lines: Vec<Vec<&str>> = printed.lines().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(lines[0], ["metric", "value", "better", "than", "%"]);
        for line in &lines[1..] {
            let values = &table.column(line[0]).unwrap().values;
            let value: f64 = line[1].parse().unwrap();
            let direction = NasBenchNlp.about().direction(line[0]);
            let worse = |other: &&f64| match direction {
                Some(Direction::Higher) => **other < value,
                _ => **other > value,
            };
            let share = 100.0 * values.iter().filter(worse).count() as f64 / values.len() as f64;
            let expected = direction.map_or_else(|| "-".to_owned(), |_| format!("{share:.0}"));
            assert_eq!(line[2], expected, "cell {id}, {}", line[0]);
        }
        assert_eq!(lines.len(), 1 + COUNTS.len());
    }
}
