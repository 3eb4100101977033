//! A table of a user's own: what came of training networks, one row a run, as pandas and others write it. It goes the
//! same way as a published one; scores of the same networks come from another file.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap, HashSet};

use serde::{Deserialize, Serialize};

use super::frame::{self, Frame, Line, Problem, network_name};
use super::loader::{self, Entry};
use super::records::{Joined, Score, join};
use super::scores::Scores;
use super::{About, Column, Kind, Row, Table, Target};
use crate::rank::Direction;
use crate::{Error, Result, nearest};

/// Name of a user's table where a benchmark has its id.
pub const ID: &str = "own";

/// Names of a column of results, the first that is there, where none is named.
const TARGETS: [&str; 5] = ["result", "target", "loss", "perplexity", "accuracy"];

/// Parts of a name that say that low values are better.
const LOW: [&str; 7] = ["loss", "perplexity", "ppl", "error", "err", "nll", "bpc"];

/// Names of a column with the size of a network, the first that is there.
const SIZES: [&str; 4] = ["parameters", "num_parameters", "params", "non_embedding_parameters"];

/// Parts of a name that say that high values are better.
const HIGH: [&str; 8] = ["acc", "glue", "score", "f1", "bleu", "auc", "reward", "precision"];

/// What a user says of the columns of a table.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Roles {
    /// The column to predict; found by its name where none is given.
    pub target: Option<String>,
    /// Which of its values are better; by its name where nothing is given.
    pub better: Option<Direction>,
    /// The column to group rows by.
    pub group: Option<String>,
}

/// The columns of a table that can be given a role.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Candidates {
    /// Those that can be predicted: they hold numbers.
    pub targets: Vec<String>,
    /// Those that rows can be grouped by.
    pub groups: Vec<String>,
}

impl Candidates {
    /// The candidates of a text; none where it is no table, which [`Results::read`] explains.
    pub fn read(text: &str) -> Self {
        let Ok(frame) = Frame::read(text.trim_start_matches('\u{feff}')) else { return Self::default() };
        let name = |at: usize| frame.name(at).to_owned();
        let usual = TARGETS.iter().filter_map(|name| frame.find(name));
        let targets: BTreeSet<usize> = frame.values().chain(usual).filter(|&at| frame.is_numeric(at)).collect();
        Self { targets: targets.into_iter().map(name).collect(), groups: frame.values().map(name).collect() }
    }
}

/// A user's table.
#[derive(Debug, Clone, PartialEq)]
pub struct Results {
    /// The rows that have a result; the id of a row is the index of its network among `names`.
    pub table: Table,
    /// The networks, numbers before words.
    pub names: Vec<String>,
    /// How the columns were taken, one sentence each.
    pub notes: Vec<String>,
    /// The name of the column to predict.
    target: String,
}

/// Where the columns are.
struct Places {
    key: usize,
    target: usize,
    group: Option<usize>,
    run: Option<usize>,
    baselines: Vec<usize>,
}

impl Results {
    /// Reads the text of a file called `file`: CSV with a column `architecture` (or `id`), a column to predict, and any
    /// others, of which those of numbers are baselines. A network that is trained more than once has a row for each
    /// run.
    ///
    /// # Errors
    /// [`Error::Table`] with the line, [`Error::Unknown`] for a column that is not there.
    pub fn read(file: &str, text: &str, roles: &Roles) -> Result<Self> {
        let wrong = |(line, problem)| Error::Table { table: file.to_owned(), line, problem };
        let text = text.trim_start_matches('\u{feff}');
        if text.trim_start().starts_with(['{', '[']) {
            return Err(wrong((1, "this is JSON; results are read from CSV, a row per trained network".to_owned())));
        }
        let frame = Frame::read(text).map_err(wrong)?;
        let places = Places::find(file, &frame, roles)?;
        let names = levels(&frame, places.key).map_err(wrong)?;
        let (groups, entries) = entries(&frame, &places, &names).map_err(wrong)?;
        let better = roles.better.unwrap_or_else(|| usual(frame.name(places.target)));
        let about = about(file, &frame, &places, better);
        let columns = places.baselines.iter().map(|&at| Column::own(frame.name(at), Kind::Baseline)).collect();
        let rows = entries.len();
        let table = Table { groups, ..loader::table(Cow::Owned(about), columns, entries) };
        if table.rows.is_empty() {
            let target = frame.name(places.target);
            return Err(wrong((frame.first, format!("no row has a number in the column '{target}'"))));
        }
        let notes = notes(file, &frame, &places, roles, (better, rows - table.rows.len()));
        Ok(Self { table, names, notes, target: frame.name(places.target).to_owned() })
    }

    /// Puts scores of the same networks before the baselines. A column of the scores that is named as the results are
    /// is left out.
    pub fn join(&self, scores: &Scores) -> Joined {
        let numbers: HashMap<&str, u32> = self.names.iter().map(String::as_str).zip(0..).collect();
        let mut unknown: HashMap<&str, u32> = HashMap::new();
        let mut joined = Vec::new();
        for given in scores.scores.iter().filter(|given| given.metric != self.target) {
            let name = given.architecture.as_str();
            let next = (numbers.len() + unknown.len()) as u32;
            let id = numbers.get(name).copied().unwrap_or_else(|| *unknown.entry(name).or_insert(next));
            joined.push(Score { id, metric: given.metric.clone(), value: given.value });
        }
        join(&self.table, &joined)
    }
}

impl Places {
    fn find(file: &str, frame: &Frame, roles: &Roles) -> Result<Self> {
        let wrong = |problem| Error::Table { table: file.to_owned(), line: frame.first, problem };
        let Some(key) = frame.key() else {
            let names = frame.names();
            let problem =
                "the first line must name a column 'architecture' and one to predict, with commas between, not";
            return Err(wrong(format!("{problem} '{names}'")));
        };
        let all = || (0..).map_while(|at| frame.get(at));
        let named = |name: &str| frame.find(name).ok_or_else(|| nearest::unknown("column", name, all()));
        let group = roles.group.as_deref().map(named).transpose()?;
        let numeric: Vec<usize> = frame.values().filter(|&at| frame.is_numeric(at) && Some(at) != group).collect();
        let usual = || TARGETS.iter().find_map(|name| frame.find(name)).filter(|&at| frame.is_numeric(at));
        let target = match (roles.target.as_deref(), numeric.as_slice()) {
            (Some(name), _) => named(name)?,
            (None, _) if usual().is_some() => usual().unwrap_or_default(),
            (None, [only]) => *only,
            (None, []) => return Err(wrong("no column holds numbers to predict".to_owned())),
            (None, several) => {
                let names: Vec<&str> = several.iter().map(|&at| frame.name(at)).collect();
                return Err(wrong(format!("which column is to be predicted must be named: {}", names.join(", "))));
            }
        };
        if target == key || Some(target) == group {
            return Err(wrong(format!("the column '{}' cannot be predicted, too", frame.name(target))));
        }
        let run = frame.find("run").filter(|&at| at != target && Some(at) != group);
        let baselines = numeric.into_iter().filter(|&at| at != target).collect();
        Ok(Self { key, target, group, run, baselines })
    }
}

/// The different names in a column, such as those of networks, numbers before words: the order of rows does not matter.
fn levels(frame: &Frame, at: usize) -> Result<Vec<String>, Problem> {
    let mut names = BTreeSet::new();
    for row in &frame.rows {
        let name = network_name(frame.text(row, at)?);
        let number = name.parse::<u64>().unwrap_or(u64::MAX);
        names.insert((number, name.to_owned()));
    }
    Ok(names.into_iter().map(|(_, name)| name).collect())
}

/// The names of the groups, and a row per run.
fn entries(frame: &Frame, places: &Places, names: &[String]) -> Result<(Vec<String>, Vec<Entry>), Problem> {
    let index = |names: &[String]| -> HashMap<String, u32> { names.iter().cloned().zip(0..).collect() };
    let groups = places.group.map(|at| levels(frame, at)).transpose()?.unwrap_or_default();
    let runs = places.run.map(|at| levels(frame, at)).transpose()?.unwrap_or_default();
    let (networks, group_numbers, run_numbers) = (index(names), index(&groups), index(&runs));
    let number = |row: &Line, at: usize, numbers: &HashMap<String, u32>| {
        frame.text(row, at).map(|name| numbers.get(network_name(name)).copied().unwrap_or_default())
    };
    let mut trained: HashSet<(u32, u32)> = HashSet::new();
    let mut count: HashMap<u32, u32> = HashMap::new();
    let mut entries = Vec::new();
    for row in &frame.rows {
        let id = number(row, places.key, &networks)?;
        let group = places.group.map_or(Ok(0), |at| number(row, at, &group_numbers))?;
        let next = count.entry(id).and_modify(|runs| *runs += 1).or_default();
        let run = places.run.map_or(Ok(*next), |at| number(row, at, &run_numbers))?;
        if let Some(at) = places.run.filter(|_| !trained.insert((id, run))) {
            let problem = format!("run {} of {} has a row already", row.cell(at), row.cell(places.key));
            return Err(row.problem(at, problem));
        }
        let value = |at: usize| Ok(frame.number(row, at)?.unwrap_or(f64::NAN));
        let row = Row { id, network: id, architecture: id, recipe: id, group, run, scored: true };
        let values = places.baselines.iter().map(|&at| value(at)).collect::<Result<_, Problem>>()?;
        entries.push(Entry { row, result: value(places.target)?, values });
    }
    Ok((groups, entries))
}

/// Which values are better, by the name of what is measured; low ones where it says nothing.
fn usual(name: &str) -> Direction {
    let name = name.to_lowercase();
    let holds = |parts: &[&str]| parts.iter().any(|part| name.contains(part));
    if holds(&HIGH) && !holds(&LOW) { Direction::Higher } else { Direction::Lower }
}

fn about(file: &str, frame: &Frame, places: &Places, better: Direction) -> About {
    let name = frame.name(places.target).to_owned();
    let unit = match better {
        Direction::Higher => "higher is better",
        Direction::Lower => "lower is better",
    };
    About {
        id: ID,
        title: file.to_owned().into(),
        space: "",
        family: None,
        noun: "network",
        networks: "trained networks",
        introduction: "",
        target: Target {
            description: format!("{name} of {file}, {unit}").into(),
            values: format!("Values of {name}").into(),
            name: name.into(),
            unit,
            better,
        },
        group: places.group.map_or("group", |at| frame.name(at)).to_owned().into(),
        directions: &[],
        size: SIZES.into_iter().find(|size| places.baselines.iter().any(|&at| frame.name(at) == *size)),
        best: None,
        recomputed: None,
        origin: "",
        licence: "",
        authors: "",
        citation: "",
        one_measure: true,
        ids: u32::MAX,
        curves: false,
        ablations: &[],
        flawed: &[],
        problems: &[],
    }
}

/// How the columns were taken.
fn notes(
    file: &str,
    frame: &Frame,
    places: &Places,
    roles: &Roles,
    (better, without_result): (Direction, usize),
) -> Vec<String> {
    let target = frame.name(places.target);
    let given = if roles.better.is_some() { "as given" } else { "taken from its name; --better says otherwise" };
    let mut notes = vec![format!("Predicted: '{target}' of {file}; {} is better ({given}).", better.name())];
    if !places.baselines.is_empty() {
        let names: Vec<&str> = places.baselines.iter().map(|&at| frame.name(at)).collect();
        notes.push(format!("Baselines, the other columns of numbers of {file}: {}.", names.join(", ")));
    }
    let taken = [Some(places.target), places.group];
    let is_unused = |at: &usize| !frame.is_numeric(*at) && !taken.contains(&Some(*at));
    let unused: Vec<&str> = frame.values().filter(is_unused).map(|at| frame.name(at)).collect();
    notes.extend(frame::unused(file, &unused));
    if without_result > 0 {
        notes.push(format!("{without_result} rows of {file} have no {target}, and are left out."));
    }
    notes
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Candidates, Results, Roles, usual};
    use crate::benchmark::scores::Scores;
    use crate::benchmark::{EvaluationOptions, Kind, evaluate};
    use crate::rank::Direction;

    fn read(text: &str, roles: &Roles) -> Result<Results, String> {
        Results::read("results.csv", text, roles).map_err(|error| error.to_string())
    }

    fn named(target: &str) -> Roles {
        Roles { target: Some(target.to_owned()), ..Roles::default() }
    }

    const TEXT: &str =
        ",id,accuracy,params,kind,note\n0,b,0.7,10,wide,x\n1,10.0,0.9,30,deep,y\n2,9,0.8,20,deep,\n3,b,0.6,10,wide,z\n";

    /// Networks are numbered 9, 10, b; `b` was trained twice. The order of rows changes nothing but the order.
    #[test]
    fn columns_are_recognised() {
        let found = read(TEXT, &Roles { group: Some("kind".to_owned()), ..Roles::default() }).unwrap();
        let table = &found.table;
        assert_eq!(found.names, ["9", "10", "b"]);
        assert_eq!(
            table.rows.iter().map(|row| (row.id, row.run)).collect::<Vec<_>>(),
            [(2, 0), (1, 0), (0, 0), (2, 1)]
        );
        assert_eq!((table.about.target.better, table.results[0]), (Direction::Higher, 0.7));
        assert_eq!(table.columns.iter().map(|column| column.id.as_str()).collect::<Vec<_>>(), ["params"]);
        assert_eq!((table.group_name(0), table.group_name(1)), ("kind=deep".to_owned(), "kind=wide".to_owned()));
        assert_eq!(
            found.notes,
            [
                "Predicted: 'accuracy' of results.csv; higher is better (taken from its name; --better says otherwise).",
                "Baselines, the other columns of numbers of results.csv: params.",
                "Columns of results.csv without numbers are not used: note.",
            ]
        );
    }

    #[test]
    fn candidates_are_columns_of_numbers() {
        let found = Candidates::read(TEXT);
        assert_eq!(
            (found.targets, found.groups),
            (
                vec!["accuracy".to_owned(), "params".to_owned()],
                ["accuracy", "params", "kind", "note"].map(str::to_owned).to_vec()
            )
        );
        assert_eq!(Candidates::read("id,result\n1,2\n").targets, ["result"]);
        assert_eq!(Candidates::read("id,\"x\n"), Candidates::default());
    }

    /// Scores of three networks in the order of accuracy: the metric's tau is 1 over four rows, of which two tie in it,
    /// and params do as well. Two runs of one network make no ceiling, for a correlation needs two networks.
    #[test]
    fn scores_of_ones_own_are_evaluated() {
        let results = read(TEXT, &Roles::default()).unwrap();
        let text = "architecture,mine,accuracy\n9,2,1\n10,3,1\nb,1,1\nc,5,1\n";
        let joined = results.join(&Scores::read("scores.csv", text, &[]).unwrap());
        assert_eq!((joined.without_result, joined.repeated), (1, 0));
        let found = evaluate(&joined.table, &EvaluationOptions { compare: true, ..EvaluationOptions::default() });
        let kinds: Vec<_> = found.iter().map(|one| (one.metric.as_str(), one.kind, one.rows)).collect();
        let expected = [("noise_ceiling", Kind::Ceiling, 2), ("mine", Kind::Metric, 4), ("params", Kind::Baseline, 4)];
        assert_eq!(kinds, expected);
        // Of six pairs one ties in the metric: 5 / sqrt(5 · 6).
        let tau = found[1].measures.tau.unwrap();
        assert!((tau - 5.0 / 30f64.sqrt()).abs() < 1e-12, "{tau}");
        assert_eq!(found[2].comparison.as_ref().unwrap().difference, 0.0);
    }

    /// Two networks trained twice each: run 0 orders them as run 1 does.
    #[test]
    fn repeated_networks_give_a_ceiling() {
        let text = "id,run,loss\na,first,1\nb,second,3\nb,first,4\na,second,2\n";
        let found = evaluate(&read(text, &Roles::default()).unwrap().table, &EvaluationOptions::default());
        assert_eq!((found[0].measures.tau, found[0].networks), (Some(1.0), 2));
        let twice = read("id,run,loss\na,1,1\na,1.0,2\n", &Roles::default()).unwrap_err();
        assert_eq!(twice, "table results.csv, line 3: run 1.0 of a has a row already");
    }

    #[test]
    fn what_cannot_be_used_is_one_sentence_with_its_place() {
        let refused = |text: &str, roles: &Roles| read(text, roles).unwrap_err();
        let none = Roles::default();
        for (text, sentence) in [
            ("[1]", "line 1: this is JSON; results are read from CSV, a row per trained network"),
            (
                "a;b\n",
                "line 1: the first line must name a column 'architecture' and one to predict, with commas between, not 'a;b'",
            ),
            ("id,x,y\n1,2,3\n", "line 1: which column is to be predicted must be named: x, y"),
            ("id,x\n1,a\n", "line 1: no column holds numbers to predict"),
            ("id,loss\n1,2\n2,a\n", "line 3: loss is 'a', which is no number"),
            ("id,loss,size\n1,2,3\n2,3,big\n", "line 3: size is 'big', which is no number"),
            ("id,loss\n1,2\n,3\n", "line 3: id is empty"),
            ("id,loss\n1\n", "line 2: 1 cells, where the first line has 2"),
            ("id,loss\n1,inf\n", "line 1: no row has a number in the column 'loss'"),
            ("id,loss\n\n\n1,\"2\n", "line 4: a quote opens here and is never closed"),
        ] {
            assert_eq!(refused(text, &none), format!("table results.csv, {sentence}"));
        }
        assert_eq!(refused("id,loss\n1,2\n", &named("los")), "unknown column 'los'; did you mean 'loss'?");
        assert_eq!(
            refused("id,x\n1,2\n", &named("id")),
            "table results.csv, line 1: the column 'id' cannot be predicted, too"
        );
    }

    #[test]
    fn a_name_says_what_is_better() {
        let names = ["val_loss", "Test Accuracy", "top1_acc", "ppl", "accuracy_error", "x"];
        let better = [
            Direction::Lower,
            Direction::Higher,
            Direction::Higher,
            Direction::Lower,
            Direction::Lower,
            Direction::Lower,
        ];
        assert_eq!(names.map(usual), better);
    }

    proptest! {
        #[test]
        fn nothing_makes_it_panic(cells in prop::collection::vec("[0-9a-c.,\"\n]{0,4}", 0..40)) {
            let group = Roles { group: Some("a".to_owned()), ..Roles::default() };
            for roles in [Roles::default(), named("loss"), group] {
                drop(read(&format!("id,a,loss\n{}", cells.join(",")), &roles));
            }
        }
    }
}
