//! Many architectures, as typed: those of a benchmark, or of a file.

use std::fmt::Debug;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use serde::Deserialize;
use serde_json::Value;
use untrained_core::benchmark::lts::{SCORED, architectures as lts};
use untrained_core::benchmark::nas_bench_bert::encoders;
use untrained_core::benchmark::nas_bench_nlp::{FIRST_RECIPE, published};
use untrained_core::benchmark::{self, Benchmark as _, Lts, NasBenchBert, NasBenchNlp};
use untrained_core::digest::sha256;
use untrained_core::family::Family;
use untrained_core::space::decoder::Decoder;
use untrained_core::space::encoder::Configuration;
use untrained_core::space::recurrent::Recipe;

use crate::input::{damaged, named, read};
use crate::outcome::Usage;

/// Architectures of one family.
pub enum Architectures {
    /// Recurrent cells.
    Cells(List<Recipe>),
    /// Encoders.
    Encoders(List<Configuration>),
    /// Decoders.
    Decoders(List<Decoder>),
}

/// Architectures, and the benchmark in which their names are ids.
pub struct List<T> {
    /// In their order there.
    pub all: Vec<Named<T>>,
    /// The benchmark.
    pub benchmark: Option<&'static str>,
}

/// An architecture with its name in records.
pub struct Named<T> {
    /// Its name.
    pub name: String,
    /// What it is.
    pub architecture: Arc<T>,
}

/// What a line of a file has besides the architecture.
#[derive(Deserialize)]
struct Label {
    /// Of a benchmark of one's own.
    name: Option<Value>,
    /// Published id of a cell, with the leading million.
    recipe_id: Option<u32>,
    /// Of a published decoder, `lts/37`.
    id: Option<Value>,
    /// Seed it was drawn from.
    seed: Option<u32>,
}

/// A line with a cell, as `untrained space recurrent` prints it.
#[derive(Deserialize)]
struct CellLine {
    recipe: Recipe,
}

impl Architectures {
    /// The architectures of a benchmark, each once, or those of a file of JSON Lines.
    ///
    /// # Errors
    /// That there are none that can be built, or the line at fault.
    pub fn read(name: &str) -> anyhow::Result<Self> {
        if name.ends_with(".jsonl") || Path::new(name).exists() {
            return Self::of_file(Path::new(name));
        }
        let id = benchmark::find(name)?.about().id;
        Self::of_benchmark(id)?.ok_or_else(|| {
            let known = built().join(", ");
            Usage(format!("the architectures of {id} cannot be built here, only those of {known}")).into()
        })
    }

    /// The architectures of a benchmark whose results can be compared; none where they cannot be built.
    ///
    /// # Errors
    /// That a table is damaged.
    pub fn of_benchmark(id: &str) -> anyhow::Result<Option<Self>> {
        let [cells, encoders, decoders] = built();
        let found = if id == cells {
            Self::Cells(List { all: List::published(), benchmark: Some(cells) })
        } else if id == encoders {
            Self::Encoders(List { all: List::drawn(), benchmark: Some(encoders) })
        } else if id == decoders {
            Self::Decoders(List { all: List::scored()?, benchmark: Some(decoders) })
        } else {
            return Ok(None);
        };
        Ok(Some(found))
    }

    /// The architectures of a file of JSON Lines, as 'untrained space' prints them; the first line says which family.
    ///
    /// # Errors
    /// The line that is no architecture, or that two have one name.
    pub fn of_file(path: &Path) -> anyhow::Result<Self> {
        let text = read(path, "architectures")?;
        Ok(match family(&text) {
            Family::Recurrent => {
                let cell = |line: &str, place: &str| {
                    let read: Result<CellLine, _> = serde_json::from_str(line);
                    read.map(|line| line.recipe).map_err(|error| damaged(place, path, &error).into())
                };
                let all = lines(&text, path, cell)?;
                let benchmark = all.iter().all(|(_, is_published)| *is_published).then_some(NasBenchNlp.about().id);
                Self::Cells(List { benchmark, ..List::of_lines(all) })
            }
            Family::Encoder => Self::Encoders(List::of_lines(lines(&text, path, |line, place| {
                serde_json::from_str(line).map_err(|error| damaged(place, path, &error).into())
            })?)),
            Family::Decoder => Self::Decoders(List::of_lines(lines(&text, path, |line, place| {
                Decoder::from_json(line).with_context(|| format!("{place} {}", named(path)))
            })?)),
        })
    }

    /// Their family.
    pub fn family(&self) -> Family {
        match self {
            Self::Cells(_) => Family::Recurrent,
            Self::Encoders(_) => Family::Encoder,
            Self::Decoders(_) => Family::Decoder,
        }
    }

    /// The names of all of them.
    pub fn names(&self) -> Vec<String> {
        match self {
            Self::Cells(list) => list.names(),
            Self::Encoders(list) => list.names(),
            Self::Decoders(list) => list.names(),
        }
    }
}

/// The benchmarks whose architectures can be built, one a family.
fn built() -> [&'static str; 3] {
    [NasBenchNlp.about().id, NasBenchBert.about().id, Lts.about().id]
}

/// The family that the first line of a file is of.
fn family(text: &str) -> Family {
    let first = text.lines().find(|line| !line.trim().is_empty());
    let first: Option<Value> = first.and_then(|line| serde_json::from_str(line).ok());
    match first {
        Some(line) if line.get("nas_config").is_some() => Family::Encoder,
        Some(line) if Decoder::is_described_by(&line) => Family::Decoder,
        _ => Family::Recurrent,
    }
}

impl<T> List<T> {
    /// Those of a file.
    fn of_lines(lines: Vec<(Named<T>, bool)>) -> Self {
        Self { all: lines.into_iter().map(|(named, _)| named).collect(), benchmark: None }
    }
}

impl<T: Debug> List<T> {
    /// Tells lists apart; none where their names say which they are, as ids of a benchmark do.
    pub fn digest(&self) -> Option<String> {
        if self.benchmark.is_some() {
            return None;
        }
        let all = self.all.iter().map(|Named { name, architecture }| format!("{name} {architecture:?}\n"));
        Some(sha256(all.collect::<String>().as_bytes()))
    }

    fn names(&self) -> Vec<String> {
        self.all.iter().map(|named| named.name.clone()).collect()
    }
}

impl List<Recipe> {
    /// The cells of NAS-Bench-NLP, each once.
    fn published() -> Vec<Named<Recipe>> {
        let distinct = published().into_iter().filter(|network| network.architecture == network.id);
        distinct.map(|network| Named { name: network.id.to_string(), architecture: network.recipe }).collect()
    }
}

impl List<Decoder> {
    /// The decoders of LTS that were trained as one kind on one text, which alone can be compared.
    fn scored() -> anyhow::Result<Vec<Named<Decoder>>> {
        let compared = lts::published()?.into_iter().filter(|decoder| decoder.space == SCORED);
        compared
            .map(|published| Ok(Named { name: published.id.to_string(), architecture: published.decoder()?.into() }))
            .collect()
    }
}

impl List<Configuration> {
    /// The encoders of NAS-Bench-BERT.
    fn drawn() -> Vec<Named<Configuration>> {
        let named = |(id, drawn): (usize, Configuration)| Named { name: id.to_string(), architecture: drawn.into() };
        encoders().enumerate().map(named).collect()
    }
}

/// The architectures of all lines, each with whether it has a published id. An architecture is read from a line, with
/// the words that an error begins with.
fn lines<T>(
    text: &str,
    path: &Path,
    architecture: impl Fn(&str, &str) -> anyhow::Result<T>,
) -> anyhow::Result<Vec<(Named<T>, bool)>> {
    let mut all: Vec<(Named<T>, bool)> = Vec::new();
    for (number, line) in (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty()) {
        let place = format!("architectures, line {number} of");
        let label: Label = serde_json::from_str(line).map_err(|error| damaged(&place, path, &error))?;
        let read = architecture(line, &place)?;
        let name = label.name(number);
        if all.iter().any(|(named, _)| named.name == name) {
            let problem = format!("architectures {}, line {number}: a second one is named {name}", named(path));
            return Err(Usage(problem).into());
        }
        all.push((Named { name, architecture: read.into() }, label.recipe_id.is_some()));
    }
    if all.is_empty() {
        return Err(Usage(format!("architectures {}: there is none", named(path))).into());
    }
    Ok(all)
}

impl Label {
    /// Its name or id, else its published number, else the seed it was drawn from, else its line.
    fn name(&self, number: usize) -> String {
        match (self.name.as_ref().or(self.id.as_ref()), self.recipe_id, self.seed) {
            (Some(Value::String(name)), ..) => name.clone(),
            (Some(name), ..) => name.to_string(),
            (None, Some(id), _) => id.checked_sub(FIRST_RECIPE).unwrap_or(id).to_string(),
            (None, None, Some(seed)) => format!("seed {seed}"),
            (None, None, None) => format!("line {number}"),
        }
    }
}
