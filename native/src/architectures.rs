//! Many architectures, as typed: those of a benchmark, or of a file.

use std::fmt::Debug;
use std::path::Path;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;
use untrained_core::benchmark::nas_bench_bert::encoders;
use untrained_core::benchmark::nas_bench_nlp::{FIRST_RECIPE, published};
use untrained_core::benchmark::{self, Benchmark as _, NasBenchBert, NasBenchNlp};
use untrained_core::digest::sha256;
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
        Self::of_benchmark(id).ok_or_else(|| {
            let known = [NasBenchNlp.about().id, NasBenchBert.about().id].join(" and ");
            Usage(format!("the architectures of {id} cannot be built here, only those of {known}")).into()
        })
    }

    /// The architectures of a benchmark; none where they cannot be built.
    pub fn of_benchmark(id: &str) -> Option<Self> {
        let [cells, encoders] = [NasBenchNlp.about().id, NasBenchBert.about().id];
        if id == cells {
            Some(Self::Cells(List { all: List::published(), benchmark: Some(cells) }))
        } else if id == encoders {
            Some(Self::Encoders(List { all: List::drawn(), benchmark: Some(encoders) }))
        } else {
            None
        }
    }

    /// The architectures of a file of JSON Lines, as 'untrained space' prints them; the first line says which family.
    ///
    /// # Errors
    /// The line that is no architecture, or that two have one name.
    pub fn of_file(path: &Path) -> anyhow::Result<Self> {
        let text = read(path, "architectures")?;
        let first = text.lines().find(|line| !line.trim().is_empty());
        let is_encoder = first
            .is_some_and(|line| serde_json::from_str::<Value>(line).is_ok_and(|line| line.get("nas_config").is_some()));
        if is_encoder {
            let all = lines(&text, path, |line: Configuration| line)?;
            return Ok(Self::Encoders(List {
                all: all.into_iter().map(|(named, _)| named).collect(),
                benchmark: None,
            }));
        }
        let all = lines(&text, path, |line: CellLine| line.recipe)?;
        let benchmark = all.iter().all(|(_, is_published)| *is_published).then_some(NasBenchNlp.about().id);
        Ok(Self::Cells(List { all: all.into_iter().map(|(named, _)| named).collect(), benchmark }))
    }

    /// What its architectures are called, and what those of the other family are.
    pub fn kinds(&self) -> [&'static str; 2] {
        match self {
            Self::Cells(_) => ["cells", "encoders"],
            Self::Encoders(_) => ["encoders", "cells"],
        }
    }

    /// The names of all of them.
    pub fn names(&self) -> Vec<String> {
        match self {
            Self::Cells(list) => list.names(),
            Self::Encoders(list) => list.names(),
        }
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

impl List<Configuration> {
    /// The encoders of NAS-Bench-BERT.
    fn drawn() -> Vec<Named<Configuration>> {
        let named = |(id, drawn): (usize, Configuration)| Named { name: id.to_string(), architecture: drawn.into() };
        encoders().enumerate().map(named).collect()
    }
}

/// The architectures of all lines, each with whether it has a published id.
fn lines<L: for<'de> Deserialize<'de>, T>(
    text: &str,
    path: &Path,
    architecture: impl Fn(L) -> T,
) -> anyhow::Result<Vec<(Named<T>, bool)>> {
    let mut all: Vec<(Named<T>, bool)> = Vec::new();
    for (number, line) in (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty()) {
        let wrong = |error| damaged(&format!("architectures, line {number} of"), path, &error);
        let label: Label = serde_json::from_str(line).map_err(wrong)?;
        let read: L = serde_json::from_str(line).map_err(wrong)?;
        let name = label.name(number);
        if all.iter().any(|(named, _)| named.name == name) {
            let problem = format!("architectures {}, line {number}: a second one is named {name}", named(path));
            return Err(Usage(problem).into());
        }
        all.push((Named { name, architecture: architecture(read).into() }, label.recipe_id.is_some()));
    }
    if all.is_empty() {
        return Err(Usage(format!("architectures {}: there is none", named(path))).into());
    }
    Ok(all)
}

impl Label {
    /// Its name, else its published id, else the seed it was drawn from, else its line.
    fn name(&self, number: usize) -> String {
        match (&self.name, self.recipe_id, self.seed) {
            (Some(Value::String(name)), ..) => name.clone(),
            (Some(name), ..) => name.to_string(),
            (None, Some(id), _) => id.checked_sub(FIRST_RECIPE).unwrap_or(id).to_string(),
            (None, None, Some(seed)) => format!("seed {seed}"),
            (None, None, None) => format!("line {number}"),
        }
    }
}
