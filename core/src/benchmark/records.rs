//! Reads scores computed elsewhere or by this program: JSON, one object per architecture and metric, of which
//! `architecture`, `metric` and `value` are used, one a line or all in an array; or CSV with the same three columns, or with
//! a column `architecture` (or `id`) and one per metric. A value that is not finite is `inf`, `-inf` or `nan`, in JSON a
//! string or, as Python writes it, `NaN`, `Infinity` or `-Infinity` without quotes.

use std::collections::{HashMap, HashSet};

use super::nas_bench_nlp::FIRST_RECIPE;
use super::{About, Benchmark as _, Column, Kind, NasBenchNlp, Row, Table, cells};
use crate::error::without_place;
use crate::plain::{excerpt, shortened};
use crate::rank::mean;
use crate::record::{self, Record, quoted};
use crate::space::recurrent::CLASSIC;
use crate::{Error, Result, nearest};

/// One score.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Score {
    /// Published id of a network.
    pub id: u32,
    /// Metric id.
    pub metric: &'static str,
    /// Its value, infinite or NaN included.
    pub value: f64,
}

/// Reads the scores of a file called `file`; a last line of JSON that a sudden end tore is left out.
///
/// # Errors
/// [`Error::Records`] with the line: no such object, no id of this benchmark, or a metric not among `metrics`.
pub fn read(file: &str, text: &str, about: &About, metrics: &[&'static str]) -> Result<Vec<Score>> {
    let wrong = |(line, problem)| Error::Records { file: file.to_owned(), line, problem };
    // Spreadsheets put a mark of the byte order before the text.
    let text = text.trim_start_matches('\u{feff}');
    let records = match text.trim_start().chars().next() {
        Some('{') => record::read(file, text)?.records,
        Some('[') => arrays(text).map_err(wrong)?,
        None => Vec::new(),
        _ => return sheet(text, about, metrics).map_err(wrong),
    };
    let score =
        |(line, record): (u64, Record)| score(&record, about, metrics).map_err(|problem| wrong((line, problem)));
    records.into_iter().map(score).collect()
}

/// The records of JSON arrays, one after the other, each at the line where its array ends, or the line and the problem.
fn arrays(text: &str) -> Result<Vec<(u64, Record)>, (u64, String)> {
    let mut records = Vec::new();
    let text = &*quoted(text);
    let mut arrays = serde_json::Deserializer::from_str(text).into_iter::<Vec<Record>>();
    while let Some(array) = arrays.next() {
        let array = array.map_err(|error| (error.line() as u64, without_place(&error)))?;
        let line = 1 + text[..arrays.byte_offset()].matches('\n').count() as u64;
        records.extend(array.into_iter().map(|record| (line, record)));
    }
    Ok(records)
}

/// The scores of a CSV table, or the line and the problem. An empty cell is no score.
fn sheet(text: &str, about: &About, metrics: &[&'static str]) -> Result<Vec<Score>, (u64, String)> {
    if let Some(line) = cells::open_quote(text) {
        return Err((line, "a quote opens here and is never closed".to_owned()));
    }
    // Rows are trimmed and measured here: the reader would do it without telling where a quote opens.
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
    let mut header = reader.headers().map_err(|error| (1, shortened(&error.to_string())))?.clone();
    let first = cells::line(text, &header);
    header.trim();
    let find = |name: &str| header.iter().position(|known| known == name);
    let Some(architecture) = find("architecture").or_else(|| find("id")) else {
        let found = excerpt(&header.iter().collect::<Vec<_>>().join(","));
        return Err((
            first,
            format!(
                "the first line must name a column 'architecture' and one per metric, with commas between, not '{found}'"
            ),
        ));
    };
    let places = ["layer", "part", "head"].into_iter().filter_map(find).collect();
    let columns = Columns { architecture, long: find("metric").zip(find("value")), places, header: &header };
    columns.names().try_for_each(|(_, name)| known(name, metrics).map(drop)).map_err(|problem| (first, problem))?;
    let mut scores = Vec::new();
    for row in reader.records() {
        let whole =
            row.map_err(|error| (error.position().map_or(0, csv::Position::line), shortened(&error.to_string())))?;
        let line = cells::line(text, &whole);
        let mut row = whole.clone();
        row.trim();
        if row.len() != header.len() {
            let problem = format!("{} cells, where the first line has {}", row.len(), header.len());
            return Err(cells::problem(&whole, line, 0..row.len(), problem));
        }
        if columns.is_score(&row) {
            let add = columns.add(&mut scores, &row, about, metrics);
            add.map_err(|problem| cells::problem(&whole, line, columns.read(), problem))?;
        }
    }
    Ok(scores)
}

/// Where a CSV table has what.
struct Columns<'a> {
    architecture: usize,
    /// Metric and value, where every row is one score.
    long: Option<(usize, usize)>,
    /// Where a row says of which part of a network it is.
    places: Vec<usize>,
    header: &'a csv::StringRecord,
}

impl<'a> Columns<'a> {
    /// The columns that are named after a metric, and their places.
    fn names(&self) -> impl Iterator<Item = (usize, &'a str)> {
        let wide = self.long.is_none();
        self.header.iter().enumerate().filter(move |(at, _)| wide && *at != self.architecture)
    }

    /// The columns that are read.
    fn read(&self) -> Vec<usize> {
        let scores = match self.long {
            Some((metric, value)) => vec![metric, value],
            None => self.names().map(|(at, _)| at).collect(),
        };
        std::iter::once(self.architecture).chain(scores).collect()
    }

    /// Whether a row is no second header, of files that were joined, and no term of a score.
    fn is_score(&self, row: &csv::StringRecord) -> bool {
        row.iter().ne(self.header) && (self.long.is_none() || self.places.iter().all(|&at| row[at].is_empty()))
    }

    /// Adds the scores of a row.
    fn add(
        &self,
        scores: &mut Vec<Score>,
        row: &csv::StringRecord,
        about: &About,
        metrics: &[&'static str],
    ) -> Result<(), String> {
        let id = id(&row[self.architecture], about)?;
        let cells: Vec<(&str, &str)> = match self.long {
            Some((metric, value)) => vec![(&row[metric], &row[value])],
            None => self.names().map(|(at, name)| (name, &row[at])).collect(),
        };
        for (metric, cell) in cells.into_iter().filter(|(_, cell)| !cell.is_empty()) {
            let metric = known(metric, metrics)?;
            let value = cell.parse().map_err(|_| format!("{metric} is '{}', which is no number", excerpt(cell)))?;
            scores.push(Score { id, metric, value });
        }
        Ok(())
    }
}

/// The metric of this name.
fn known(name: &str, metrics: &[&'static str]) -> Result<&'static str, String> {
    let metric = metrics.iter().copied().find(|metric| *metric == name);
    metric.ok_or_else(|| nearest::unknown("metric", name, metrics.iter().copied()).to_string())
}

fn score(record: &Record, about: &About, metrics: &[&'static str]) -> Result<Score, String> {
    Ok(Score { metric: known(&record.metric, metrics)?, id: id(&record.architecture, about)?, value: record.value })
}

/// `889` or `nas-bench-nlp/889`; there, too, `1000889`, the id of the recipe, and the names of the classic cells.
fn id(architecture: &str, about: &About) -> Result<u32, String> {
    let digits = architecture.strip_prefix(about.id).and_then(|rest| rest.strip_prefix('/')).unwrap_or(architecture);
    let classic = CLASSIC.iter().find(|(name, ..)| *name == digits).map(|(_, id, _)| *id);
    let id = match about.id == NasBenchNlp.about().id {
        true => classic.or_else(|| digits.parse().ok().map(|id: u32| id.checked_sub(FIRST_RECIPE).unwrap_or(id))),
        false => digits.parse().ok(),
    };
    let id = id.filter(|id| *id < about.ids);
    id.ok_or_else(|| {
        let (name, last) = (excerpt(architecture), about.ids - 1);
        format!("no architecture '{name}' in {}, whose ids run from 0 to {last}", about.id)
    })
}

/// A table with the scores of a file in place of its own, and what of the file it has no use for.
#[derive(Debug, Clone, PartialEq)]
pub struct Joined {
    /// The rows whose recipe the file knows, with the metrics of the file and the baselines of the table.
    pub table: Table,
    /// Architectures of the file without a row in the table.
    pub without_loss: usize,
    /// Scores that repeat a recipe and a metric; their mean is taken.
    pub repeated: usize,
}

/// Puts scores in place of a table's metrics. A score holds for every row of its recipe.
pub fn join(table: &Table, scores: &[Score]) -> Joined {
    let mut recipes: HashMap<u32, u32> = table.rows.iter().map(|row| (row.id, row.recipe)).collect();
    recipes.extend(table.rows.iter().map(|row| (row.recipe, row.recipe)));
    let recipe = |score: &Score| recipes.get(&score.id).copied();
    let mut values: HashMap<(&str, u32), Vec<f64>> = HashMap::new();
    for score in scores {
        values.entry((score.metric, recipe(score).unwrap_or(score.id))).or_default().push(score.value);
    }
    let scored: HashSet<u32> = scores.iter().filter_map(recipe).collect();
    let unknown: HashSet<u32> = scores.iter().filter(|score| recipe(score).is_none()).map(|score| score.id).collect();
    let rows = table.filter(|row| scored.contains(&table.rows[row].recipe));
    let value = |metric, row: &Row| values.get(&(metric, row.recipe)).map_or(f64::NAN, |all| mean(all.iter().copied()));
    let column = |id| Column { id, kind: Kind::Metric, values: rows.rows.iter().map(|row| value(id, row)).collect() };
    let metrics = in_order(scores);
    let baselines = rows.columns.iter().filter(|own| own.kind == Kind::Baseline && !metrics.contains(&own.id));
    let columns = metrics.iter().map(|id| column(id)).chain(baselines.cloned()).collect();
    Joined { without_loss: unknown.len(), repeated: scores.len() - values.len(), table: Table { columns, ..rows } }
}

/// The metrics of the scores in the order in which they first appear.
fn in_order(scores: &[Score]) -> Vec<&'static str> {
    let mut seen = HashSet::new();
    scores.iter().map(|score| score.metric).filter(|metric| seen.insert(*metric)).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Score, join, read};
    use crate::benchmark::{Benchmark as _, Kind, NasBenchNlp, Row, Table};

    fn told(line: &str) -> String {
        let scores = read("scores.jsonl", line, NasBenchNlp.about(), &["jacobian_cosine"]);
        scores.map_or_else(
            |error| error.to_string(),
            |scores| format!("{:?}", scores.iter().map(|s| (s.id, s.value)).collect::<Vec<_>>()),
        )
    }

    #[test]
    fn architectures_and_values_come_in_several_spellings() {
        assert_eq!(told(r#"{"architecture":"889","metric":"jacobian_cosine","value":0.5,"why":null}"#), "[(889, 0.5)]");
        assert_eq!(
            told("\n{\"architecture\":889,\"metric\":\"jacobian_cosine\",\"value\":\"-inf\"}\n"),
            "[(889, -inf)]"
        );
        let long = r#"{"architecture":"nas-bench-nlp/889","metric":"jacobian_cosine","value":"nan"}"#;
        assert_eq!(told(long), "[(889, NaN)]");
        assert_eq!(
            told(&format!("[{long},\n{}]", long.replace("nas-bench-nlp/889", "lstm"))),
            "[(889, NaN), (1, NaN)]"
        );
        assert_eq!(told(&format!("[{long}]\n[{long}]\n")), "[(889, NaN), (889, NaN)]");
        assert_eq!(told(&long.replace("889", "1000889")), "[(889, NaN)]");
        assert!(told(&format!("[{long},\n{{}}]")).starts_with("records scores.jsonl, line 2: missing field"));
    }

    #[test]
    fn a_table_of_values_serves_too() {
        assert_eq!(told("architecture,jacobian_cosine\n889,0.5\n3,\n4,-inf\n"), "[(889, 0.5), (4, -inf)]");
        assert_eq!(
            told("architecture,jacobian_cosine\n889,x\n"),
            "records scores.jsonl, line 2: jacobian_cosine is 'x', which is no number"
        );
        assert_eq!(told("\u{feff}id,jacobian_cosine\r\n\r\n889,0.5\r\n"), "[(889, 0.5)]");
        assert_eq!(told("metric,value,architecture\njacobian_cosine,0.5,889\n"), "[(889, 0.5)]");
        // As files that were joined, and with the terms of each score.
        let terms = "architecture,metric,layer,value\n3,jacobian_cosine,,1\n3,jacobian_cosine,0,7\n";
        assert_eq!(told(&terms.repeat(2)), "[(3, 1.0), (3, 1.0)]");
        assert!(told("architecture,jacobian_cosin\n").contains("line 1: unknown metric"));
        assert!(
            told("name;mine\n")
                .contains("must name a column 'architecture' and one per metric, with commas between, not 'name;mine'")
        );
        assert!(told("architecture,jacobian_cosine\n1\n").starts_with("records scores.jsonl, line 2: "));
    }

    #[test]
    fn says_what_is_wrong_and_where() {
        let metric = told("\n{\"architecture\":1,\"metric\":\"jacobian_cosin\",\"value\":1}");
        assert_eq!(
            metric,
            "records scores.jsonl, line 2: unknown metric 'jacobian_cosin'; did you mean 'jacobian_cosine'?"
        );
        let id = told(r#"{"architecture":"99999","metric":"jacobian_cosine","value":1}"#);
        assert_eq!(
            id,
            "records scores.jsonl, line 1: no architecture '99999' in nas-bench-nlp, whose ids run from 0 to 14207"
        );
        assert!(told("{\n").starts_with("records scores.jsonl, line 1: no record of a score: "));
    }

    /// One short sentence with the line where the quote opened, however much of the file it takes in.
    #[test]
    fn a_quote_by_mistake_is_found() {
        let rest: String = (4..5_000).map(|id| format!("{id},0.4\n")).collect();
        let open = told(&format!("architecture,jacobian_cosine\n\n3,\"0.71\n{rest}"));
        assert_eq!(open, "records scores.jsonl, line 3: a quote opens here and is never closed");
        let closed = told(&format!("architecture,jacobian_cosine\n\n2,0\n\n3,\"0.71\n{rest}5000,\"\n"));
        let expected = "records scores.jsonl, line 5: jacobian_cosine is '0.71\\n4,0.4\\n5,0.4\\n6,0.4\\n7,0.4\\n8,0.4\\n9,0.4\\n10,0.4\\n11,0\
                        …', which is no number; a quote that opens here closes in line 5002";
        assert_eq!(closed, expected);
        let shifted = told("architecture,jacobian_cosine\n3,\"0.71\n4\",0.4\n");
        assert_eq!(
            shifted,
            "records scores.jsonl, line 2: 3 cells, where the first line has 2; a quote that opens here closes in line 3"
        );
        let long = "x".repeat(100_000);
        let texts = [
            format!("{long},b\n"),
            format!("architecture,{long}\n"),
            format!("architecture,jacobian_cosine\n{long},1\n"),
            format!("architecture,jacobian_cosine\n1,{long}\n"),
            format!("{{\"architecture\":\"{long}\",\"metric\":\"jacobian_cosine\",\"value\":1}}"),
            format!("{{\"architecture\":1,\"metric\":\"{long}\",\"value\":1}}"),
            format!("{{\"architecture\":1,\"metric\":\"jacobian_cosine\",\"value\":\"{long}\"}}"),
            format!("{{\"architecture\":1,\"metric\":[\"{long}\"],\"value\":1}}"),
            format!("[{{\"architecture\":1,\"metric\":{{\"{long}\": 2}},\"value\":1}}]"),
        ];
        for told in texts.iter().map(|text| told(text)) {
            assert!(told.starts_with("records scores.jsonl, line ") && told.chars().count() < 300, "{told}");
        }
    }

    /// As Python's `json` writes what is not finite.
    #[test]
    fn values_without_quotes_are_read() {
        let line =
            |value: &str| format!("{{\"architecture\": 3, \"metric\": \"jacobian_cosine\", \"value\": {value}}}\n");
        assert_eq!(told(&(line("NaN") + &line("-Infinity") + &line("0.5"))), "[(3, NaN), (3, -inf), (3, 0.5)]");
        assert_eq!(told(&format!("[{}, {}]", line("Infinity"), line("NaN"))), "[(3, inf), (3, NaN)]");
        assert_eq!(told(&line("null")), "[(3, NaN)]");
        assert!(told(&line("NaNa")).starts_with("records scores.jsonl, line 1: no record of a score: "));
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
        let table = Table { about: NasBenchNlp.about(), rows, loss: vec![1.0, 2.0, 3.0], columns: Vec::new() };
        let score = |id, value| Score { id, metric: "jacobian_cosine", value };
        let joined = join(&table, &[score(12, 1.0), score(10, 2.0), score(99, 5.0)]);
        assert_eq!((joined.without_loss, joined.repeated), (1, 1));
        assert_eq!(
            (joined.table.columns[0].kind, joined.table.columns[0].values.as_slice()),
            (Kind::Metric, [1.5, 1.5].as_slice())
        );
    }

    proptest! {
        #[test]
        fn nothing_makes_it_panic(text in ".*") {
            drop(read("t", &text, NasBenchNlp.about(), &["jacobian_cosine"]));
        }
    }
}
