//! Scores of the networks of a table, read from a file, in place of its metrics.

use std::collections::{HashMap, HashSet};

use super::az_nas::az_nas;
use super::scores::{Given, Scores};
use super::{Benchmark, Column, Kind, Row, Table};
use crate::Result;
use crate::plain::excerpt;
use crate::rank::mean;

/// A score of a network.
#[derive(Debug, Clone, PartialEq)]
pub struct Score {
    /// Published id of the network.
    pub id: u32,
    /// Metric id.
    pub metric: String,
    /// Its value, infinite or NaN included.
    pub value: f64,
}

/// Reads the scores of a file called `file`, of networks of a benchmark.
///
/// # Errors
/// As [`Scores::read`] and [`of_benchmark`].
pub fn read(file: &str, text: &str, benchmark: &dyn Benchmark) -> Result<Vec<Score>> {
    of_benchmark(&Scores::read(file, text, &[])?, benchmark)
}

/// The scores of a file as those of networks of a benchmark.
///
/// # Errors
/// [`crate::Error::Records`] with the line of an architecture that is no id of the benchmark.
pub fn of_benchmark(scores: &Scores, benchmark: &dyn Benchmark) -> Result<Vec<Score>> {
    let score = |given: &Given| {
        let id = id(&given.architecture, benchmark).map_err(|problem| scores.problem(given, problem))?;
        Ok(Score { id, metric: given.metric.clone(), value: given.value })
    };
    scores.scores.iter().map(score).collect()
}

/// `889` or `nas-bench-nlp/889`, or whatever else the benchmark calls a network.
fn id(architecture: &str, benchmark: &dyn Benchmark) -> Result<u32, String> {
    let about = benchmark.about();
    let name = architecture.strip_prefix(about.id).and_then(|rest| rest.strip_prefix('/')).unwrap_or(architecture);
    benchmark.id(name).filter(|id| *id < about.ids).ok_or_else(|| {
        let (name, last) = (excerpt(architecture), about.ids - 1);
        format!("no architecture '{name}' in {}, whose ids run from 0 to {last}", about.id)
    })
}

/// A table with the scores of a file besides its own, and what of the file is not used.
#[derive(Debug, Clone, PartialEq)]
pub struct Joined {
    /// The rows whose recipe the file knows, with the metrics of the file, the published ones of the table
    /// ([`Kind::Published`]) and its baselines.
    pub table: Table,
    /// Architectures of the file without a row in the table.
    pub without_result: usize,
    /// Scores that repeat a recipe and a metric; their mean is taken.
    pub repeated: usize,
}

impl Joined {
    /// One sentence each on what is not used of the scores of `file`, and on what is averaged.
    pub fn notes(&self, file: &str) -> Vec<String> {
        let Self { without_result, repeated, .. } = *self;
        let left_out = (without_result > 0)
            .then(|| format!("{without_result} architectures of {file} have no result here, and are left out."));
        let averaged = (repeated > 0)
            .then(|| format!("{repeated} scores of {file} repeat a metric of an architecture; means are taken."));
        left_out.into_iter().chain(averaged).collect()
    }
}

/// Puts scores before a table's columns, whose metrics become the published ones. A score holds for every row of its
/// recipe. Where there are the parts of AZ-NAS, their aggregation is one more.
pub fn join(table: &Table, scores: &[Score]) -> Joined {
    let mut recipes: HashMap<u32, u32> = table.rows.iter().map(|row| (row.id, row.recipe)).collect();
    recipes.extend(table.rows.iter().map(|row| (row.recipe, row.recipe)));
    let recipe = |score: &Score| recipes.get(&score.id).copied();
    let mut values: HashMap<(&str, u32), Vec<f64>> = HashMap::new();
    for score in scores {
        values.entry((&score.metric, recipe(score).unwrap_or(score.id))).or_default().push(score.value);
    }
    let scored: HashSet<u32> = scores.iter().filter_map(recipe).collect();
    let unknown: HashSet<u32> = scores.iter().filter(|score| recipe(score).is_none()).map(|score| score.id).collect();
    let rows = table.filter(|row| scored.contains(&table.rows[row].recipe));
    let value =
        |metric: &str, row: &Row| values.get(&(metric, row.recipe)).map_or(f64::NAN, |all| mean(all.iter().copied()));
    let metrics = in_order(scores);
    let column = |metric: &&str| {
        let values = rows.rows.iter().map(|row| value(metric, row)).collect();
        Column::own(metric, Kind::Metric).with_values(values)
    };
    let published = rows.columns.iter().filter(|own| matches!(own.kind, Kind::Metric | Kind::Published));
    let published = published.map(|own| Column { kind: Kind::Published, ..own.clone() });
    let is_baseline = |own: &&Column| own.kind == Kind::Baseline && !metrics.contains(&own.id.as_str());
    let baselines = rows.columns.iter().filter(is_baseline).cloned();
    let own: Vec<Column> = metrics.iter().map(column).collect();
    let further: Vec<Column> = published.chain(baselines).collect();
    let mut table = Table { columns: own, ..rows };
    table.columns.extend(az_nas(&table));
    table.columns.extend(further);
    let repeated = scores.len() - values.len();
    Joined { without_result: unknown.len(), repeated, table }
}

/// The metrics of the scores in the order in which they first appear.
fn in_order(scores: &[Score]) -> Vec<&str> {
    let mut seen = HashSet::new();
    scores.iter().map(|score| score.metric.as_str()).filter(|metric| seen.insert(*metric)).collect()
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use proptest::prelude::*;

    use super::{Score, join, read};
    use crate::benchmark::{Benchmark as _, Column, Kind, NasBenchNlp, Row, Table};

    fn outcome(line: &str) -> String {
        let scores = read("scores.jsonl", line, &NasBenchNlp);
        scores.map_or_else(
            |error| error.to_string(),
            |scores| format!("{:?}", scores.iter().map(|s| (s.id, s.value)).collect::<Vec<_>>()),
        )
    }

    #[test]
    fn architectures_and_values_come_in_several_spellings() {
        assert_eq!(
            outcome(r#"{"architecture":"889","metric":"jacobian_cosine","value":0.5,"why":null}"#),
            "[(889, 0.5)]"
        );
        assert_eq!(
            outcome("\n{\"architecture\":889,\"metric\":\"jacobian_cosine\",\"value\":\"-inf\"}\n"),
            "[(889, -inf)]"
        );
        let long = r#"{"architecture":"nas-bench-nlp/889","metric":"jacobian_cosine","value":"nan"}"#;
        assert_eq!(outcome(long), "[(889, NaN)]");
        assert_eq!(
            outcome(&format!("[{long},\n{}]", long.replace("nas-bench-nlp/889", "lstm"))),
            "[(889, NaN), (1, NaN)]"
        );
        assert_eq!(outcome(&format!("[{long}]\n[{long}]\n")), "[(889, NaN), (889, NaN)]");
        assert_eq!(outcome(&long.replace("889", "1000889")), "[(889, NaN)]");
        assert!(outcome(&format!("[{long},\n{{}}]")).starts_with("records scores.jsonl, line 2: missing field"));
    }

    #[test]
    fn a_table_of_values_serves_too() {
        assert_eq!(outcome("architecture,jacobian_cosine\n889,0.5\n3,\n4,-inf\n"), "[(889, 0.5), (4, -inf)]");
        assert_eq!(
            outcome("architecture,jacobian_cosine\n889,x\n"),
            "records scores.jsonl, line 2: jacobian_cosine is 'x', which is no number"
        );
        assert_eq!(outcome("\u{feff}id,jacobian_cosine\r\n\r\n889,0.5\r\n"), "[(889, 0.5)]");
        assert_eq!(outcome("metric,value,architecture\njacobian_cosine,0.5,889\n"), "[(889, 0.5)]");
        // As files that were joined, and with the terms of each score.
        let terms = "architecture,metric,layer,value\n3,jacobian_cosine,,1\n3,jacobian_cosine,0,7\n";
        assert_eq!(outcome(&terms.repeat(2)), "[(3, 1.0), (3, 1.0)]");
        // A metric of the user's own.
        assert_eq!(outcome("architecture,mine\n3.0,1\n4.0,nan\n"), "[(3, 1.0), (4, NaN)]");
        assert!(
            outcome("name;mine\n")
                .contains("must name a column 'architecture' and one per metric, with commas between, not 'name;mine'")
        );
        assert!(outcome("architecture,jacobian_cosine\n1\n").starts_with("records scores.jsonl, line 2: "));
    }

    #[test]
    fn says_what_is_wrong_and_where() {
        let id = outcome("\n{\"architecture\":\"99999\",\"metric\":\"jacobian_cosine\",\"value\":1}");
        assert_eq!(
            id,
            "records scores.jsonl, line 2: no architecture '99999' in nas-bench-nlp, whose ids run from 0 to 14207"
        );
        assert!(
            outcome("architecture,mine\n3.5,1\n").starts_with("records scores.jsonl, line 2: no architecture '3.5' in")
        );
        assert!(outcome("{\n").starts_with("records scores.jsonl, line 1: no record of a score: "));
    }

    /// One short sentence with the line where the quote opened, however much of the file it takes in.
    #[test]
    fn a_quote_by_mistake_is_found() {
        let rest: String = (4..5_000).map(|id| format!("{id},0.4\n")).collect();
        let open = outcome(&format!("architecture,jacobian_cosine\n\n3,\"0.71\n{rest}"));
        assert_eq!(open, "records scores.jsonl, line 3: a quote opens here and is never closed");
        let closed = outcome(&format!("architecture,jacobian_cosine\n\n2,0\n\n3,\"0.71\n{rest}5000,\"\n"));
        let expected = "records scores.jsonl, line 5: jacobian_cosine is '0.71\\n4,0.4\\n5,0.4\\n6,0.4\\n7,0.4\\n8,0.4\\n9,0.4\\n10,0.4\\n11,0\
                        …', which is no number; a quote that opens here closes in line 5002";
        assert_eq!(closed, expected);
        let shifted = outcome("architecture,jacobian_cosine\n3,\"0.71\n4\",0.4\n");
        assert_eq!(
            shifted,
            "records scores.jsonl, line 2: 3 cells, where the first line has 2; a quote that opens here closes in line 3"
        );
        let long = "x".repeat(100_000);
        let texts = [
            format!("{long},b\n"),
            format!("architecture,jacobian_cosine\n{long},1\n"),
            format!("architecture,jacobian_cosine\n1,{long}\n"),
            format!("{{\"architecture\":\"{long}\",\"metric\":\"jacobian_cosine\",\"value\":1}}"),
            format!("{{\"architecture\":1,\"metric\":\"jacobian_cosine\",\"value\":\"{long}\"}}"),
            format!("{{\"architecture\":1,\"metric\":[\"{long}\"],\"value\":1}}"),
            format!("[{{\"architecture\":1,\"metric\":{{\"{long}\": 2}},\"value\":1}}]"),
        ];
        for message in texts.iter().map(|text| outcome(text)) {
            assert!(message.starts_with("records scores.jsonl, line ") && message.chars().count() < 300, "{message}");
        }
    }

    /// As Python's `json` writes what is not finite.
    #[test]
    fn values_without_quotes_are_read() {
        let line =
            |value: &str| format!("{{\"architecture\": 3, \"metric\": \"jacobian_cosine\", \"value\": {value}}}\n");
        assert_eq!(outcome(&(line("NaN") + &line("-Infinity") + &line("0.5"))), "[(3, NaN), (3, -inf), (3, 0.5)]");
        assert_eq!(outcome(&format!("[{}, {}]", line("Infinity"), line("NaN"))), "[(3, inf), (3, NaN)]");
        assert_eq!(outcome(&line("null")), "[(3, NaN)]");
        assert!(outcome(&line("NaNa")).starts_with("records scores.jsonl, line 1: no record of a score: "));
    }

    /// Id 12 is the second run of recipe 10; two scores of it make a mean; id 99 has no row. Recipe 20, trained to the
    /// same, has no score.
    #[test]
    fn a_score_holds_for_every_run() {
        let row = |id, network| Row {
            id,
            network,
            architecture: 10,
            recipe: network,
            group: 1,
            run: id - network,
            scored: true,
        };
        let rows = vec![row(11, 10), row(12, 10), row(20, 20)];
        let column = |id, kind| Column::new(id, kind).with_values(vec![7.0, 8.0, 9.0]);
        let columns = vec![column("jacobian_cosine", Kind::Metric), column("depth", Kind::Baseline)];
        let about = Cow::Borrowed(NasBenchNlp.about());
        let table = Table { about, rows, results: vec![1.0, 2.0, 3.0], columns, groups: Vec::new() };
        let score = |id, value| Score { id, metric: "jacobian_cosine".to_owned(), value };
        let joined = join(&table, &[score(12, 1.0), score(10, 2.0), score(99, 5.0)]);
        assert_eq!((joined.without_result, joined.repeated), (1, 1));
        let found = joined.table.columns.iter().map(|column| (column.id.as_str(), column.kind, column.values[1]));
        let expected = [
            ("jacobian_cosine", Kind::Metric, 1.5),
            ("jacobian_cosine", Kind::Published, 8.0),
            ("depth", Kind::Baseline, 8.0),
        ];
        assert_eq!(found.collect::<Vec<_>>(), expected);
    }

    proptest! {
        #[test]
        fn nothing_makes_it_panic(text in ".*") {
            drop(read("t", &text, &NasBenchNlp));
        }
    }
}
