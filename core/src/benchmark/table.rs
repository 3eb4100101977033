//! The rows of a benchmark, column by column.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};

use serde::{Deserialize, Serialize};

use super::{About, title};
use crate::plain::float;
use crate::rank::mean;

/// Trained networks with their results and what was known of them before training. All lists but `groups` have one
/// entry per row.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// What it is of: a published benchmark, or a user's own networks.
    pub about: Cow<'static, About>,
    /// Which network each row is.
    pub rows: Vec<Row>,
    /// What is to be predicted, as [`About::target`] says; finite.
    pub results: Vec<f64>,
    /// What may predict the results.
    pub columns: Vec<Column>,
    /// Names of the groups, where [`Row::group`] is an index into them; empty where it is the number of a property.
    pub groups: Vec<String>,
}

/// Which network a row is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Row {
    /// Published id.
    pub id: u32,
    /// Id of the first run of the same draw: rows that share it are the same network trained again.
    pub network: u32,
    /// Smallest id that is trained to the same: different draws can give the same recipe, or differ in what training
    /// passes over. Such rows are no independent evidence.
    pub architecture: u32,
    /// Smallest id with the same recipe, and so with the same scores.
    pub recipe: u32,
    /// What rows are grouped by: see [`About::group`].
    pub group: u32,
    /// Training run, from 0; in an ablation the repetition.
    pub run: u32,
    /// Whether the published scores cover this row.
    pub scored: bool,
}

/// One value per row; NaN where it is not known.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    /// Metric id.
    pub id: String,
    /// Name for a person.
    pub title: String,
    /// What sort of predictor it is.
    pub kind: Kind,
    /// Value of each row.
    pub values: Vec<f64>,
}

/// What sort of predictor a column is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// How well another training run of the same network predicts: nothing can be expected to do better.
    Ceiling,
    /// A training-free metric.
    Metric,
    /// A metric as it was published, for comparison with the metrics of a file.
    Published,
    /// Something trivial that a metric should beat.
    Baseline,
}

impl Column {
    /// A column of the benchmarks without values yet.
    pub fn new(id: &str, kind: Kind) -> Self {
        let title = if kind == Kind::Baseline { title::baseline(id) } else { title::title(id) };
        Self { id: id.to_owned(), title, kind, values: Vec::new() }
    }

    /// A column of a user's own: a name that this program does not know stays as it is written.
    pub fn own(id: &str, kind: Kind) -> Self {
        if title::is_computed(id) { Self::new(id, kind) } else { Self { title: id.to_owned(), ..Self::new(id, kind) } }
    }

    /// The same column with other values.
    pub fn with_values(&self, values: Vec<f64>) -> Self {
        Self { id: self.id.clone(), title: self.title.clone(), kind: self.kind, values }
    }
}

impl Table {
    /// The column of this metric.
    pub fn column(&self, id: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.id == id)
    }

    /// The rows at these positions.
    pub fn select(&self, positions: &[usize]) -> Self {
        let pick = |values: &[f64]| positions.iter().map(|&row| values[row]).collect();
        Self {
            about: self.about.clone(),
            rows: positions.iter().map(|&row| self.rows[row]).collect(),
            results: pick(&self.results),
            columns: self.columns.iter().map(|column| column.with_values(pick(&column.values))).collect(),
            groups: self.groups.clone(),
        }
    }

    /// The rows that fulfil a condition on their position.
    pub fn filter(&self, keep: impl Fn(usize) -> bool) -> Self {
        self.select(&(0..self.rows.len()).filter(|&row| keep(row)).collect::<Vec<_>>())
    }

    /// The rows that the published scores cover.
    pub fn scored(&self) -> Self {
        self.filter(|row| self.rows[row].scored)
    }

    /// One row per architecture, in the order of their ids: its row of lowest id, with the means of its results and
    /// values.
    pub fn average_runs(&self) -> Self {
        let mut members: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
        for (at, row) in self.rows.iter().enumerate() {
            members.entry(row.architecture).or_default().push(at);
        }
        let mean = |values: &[f64]| -> Vec<f64> {
            members.values().map(|rows| mean(rows.iter().map(|&row| values[row]))).collect()
        };
        let lowest =
            |rows: &Vec<usize>| rows.iter().copied().min_by_key(|&row| (self.rows[row].id, self.rows[row].run));
        let first: Vec<usize> = members.values().filter_map(lowest).collect();
        let columns = self.columns.iter().map(|column| column.with_values(mean(&column.values))).collect();
        Self { results: mean(&self.results), columns, ..self.select(&first) }
    }

    /// The names of [`Table::cells`]; `run` names the column that counts runs or repetitions.
    pub fn header<'a>(&'a self, run: &'a str) -> Vec<&'a str> {
        let keys = ["id", "network", "architecture", "recipe"].into_iter().chain(self.group()).chain([run, "result"]);
        keys.chain(self.columns.iter().map(|column| column.id.as_str())).collect()
    }

    /// A row as it is written for other programs: its own id, those that join it with other rows (see [`Row`]), what it
    /// is grouped by, its run, its result, and the value of each column; a value that is not known is empty.
    pub fn cells(&self, at: usize) -> Vec<String> {
        let row = &self.rows[at];
        let ids = [row.id, row.network, row.architecture, row.recipe].into_iter();
        let keys = ids.chain(self.group().map(|_| row.group)).chain([row.run]).map(|key| key.to_string());
        let values = std::iter::once(self.results[at]).chain(self.columns.iter().map(|column| column.values[at]));
        keys.chain(values.map(float)).collect()
    }

    /// What rows are grouped by, unless it is among the columns, too.
    fn group(&self) -> Option<&str> {
        Some(&*self.about.group).filter(|group| self.column(group).is_none())
    }

    /// A group in words: "states=1".
    pub fn group_name(&self, group: u32) -> String {
        let name = self.groups.get(group as usize).cloned().unwrap_or_else(|| group.to_string());
        format!("{}={name}", self.about.group)
    }

    /// The values of a column by architecture, in the order in which they first appear.
    pub fn by_architecture(&self, column: &Column) -> Vec<(u32, Vec<f64>)> {
        let mut groups: Vec<(u32, Vec<f64>)> = Vec::new();
        let mut place = HashMap::new();
        for (row, &value) in self.rows.iter().zip(&column.values) {
            let at = *place.entry(row.architecture).or_insert(groups.len());
            if at == groups.len() {
                groups.push((row.architecture, Vec::new()));
            }
            groups[at].1.push(value);
        }
        groups
    }

    /// How many different values a property of the rows takes.
    pub fn count(&self, property: fn(&Row) -> u32) -> usize {
        self.rows.iter().map(property).collect::<HashSet<_>>().len()
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::{Column, Kind, Row, Table};
    use crate::benchmark::{Benchmark as _, NasBenchNlp};

    /// Architecture 5 with two runs, architecture 4 with one.
    fn table() -> Table {
        let row =
            |id, architecture, run| Row { id, network: id, architecture, recipe: id, group: 1, run, scored: run == 0 };
        Table {
            about: Cow::Borrowed(NasBenchNlp.about()),
            rows: vec![row(5, 5, 0), row(7, 5, 1), row(9, 4, 0)],
            results: vec![1.0, 2.0, 4.0],
            columns: vec![Column::new("nodes", Kind::Baseline).with_values(vec![3.0, 3.0, f64::NAN])],
            groups: Vec::new(),
        }
    }

    #[test]
    fn runs_are_averaged_by_architecture() {
        let mean = table().average_runs();
        assert_eq!(mean.results, [4.0, 1.5]);
        assert_eq!(mean.rows.iter().map(|row| row.id).collect::<Vec<_>>(), [9, 5]);
        assert!(mean.columns[0].values[0].is_nan());
        assert_eq!((mean.columns[0].values[1], mean.count(|row| row.architecture)), (3.0, 2));
    }

    #[test]
    fn rows_are_written_with_what_joins_them() {
        let mut table = table();
        table.results[1] = 1e27;
        assert_eq!(table.header("run").join(","), "id,network,architecture,recipe,states,run,result,nodes");
        assert_eq!(table.cells(1).join(","), "7,7,5,7,1,1,1e27,3.0");
        assert_eq!(table.cells(2).join(","), "9,9,4,9,1,0,4.0,");
    }

    #[test]
    fn rows_are_selected_and_grouped() {
        let table = table();
        assert_eq!(table.scored().results, [1.0, 4.0]);
        let groups = table.by_architecture(&table.columns[0].with_values(vec![1.0, 2.0, 3.0]));
        assert_eq!(groups, [(5, vec![1.0, 2.0]), (4, vec![3.0])]);
    }

    /// A number of states counts; the groups of a user's table have names.
    #[test]
    fn groups_have_names() {
        let mut table = table();
        assert_eq!(table.group_name(1), "states=1");
        table.groups = vec!["wide".to_owned(), "deep".to_owned()];
        assert_eq!(table.group_name(1), "states=deep");
    }
}
