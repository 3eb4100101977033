//! Many cells, as typed: those of the benchmark, or of a file of recipes.

use std::path::Path;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::Value;
use untrained_core::benchmark::nas_bench_nlp::{FIRST_RECIPE, published};
use untrained_core::benchmark::{Benchmark as _, NasBenchNlp};
use untrained_core::digest::sha256;
use untrained_core::space::recurrent::Recipe;

use crate::input::{damaged, named, read};
use crate::outcome::Usage;

/// A cell with its name in records.
pub struct Cell {
    /// Its name.
    pub name: String,
    /// Its graph.
    pub recipe: Arc<Recipe>,
}

/// Cells, and the benchmark in which their names are ids.
pub struct Cells {
    /// In their order there.
    pub all: Vec<Cell>,
    /// The benchmark.
    pub benchmark: Option<&'static str>,
}

/// A line of a file of recipes, as `untrained space recurrent` prints it.
#[derive(Deserialize)]
struct Line {
    /// Of a benchmark of one's own.
    name: Option<Value>,
    /// Published id, with the leading million.
    recipe_id: Option<u32>,
    /// Seed it was drawn from.
    seed: Option<u32>,
    recipe: Recipe,
}

impl Cells {
    /// The cells of NAS-Bench-NLP, each once, or those of a file of JSON Lines.
    ///
    /// # Errors
    /// The line that is no recipe, or that two cells have one name.
    pub fn read(name: &str) -> anyhow::Result<Self> {
        let benchmark = NasBenchNlp.about().id;
        if name == benchmark {
            return Ok(Self::of_benchmark());
        }
        if !is_file(name) {
            let problem = format!(
                "'{name}' is neither {benchmark} nor a file of recipes (JSON Lines, as 'untrained space recurrent' prints)"
            );
            return Err(Usage(problem).into());
        }
        Self::of_file(Path::new(name))
    }

    /// The cells of NAS-Bench-NLP, each once.
    pub fn of_benchmark() -> Self {
        let distinct = published().into_iter().filter(|network| network.architecture == network.id);
        let cells = distinct.map(|network| Cell { name: network.id.to_string(), recipe: network.recipe });
        Self { all: cells.collect(), benchmark: Some(NasBenchNlp.about().id) }
    }

    /// Tells lists of cells apart; none where their names say which they are, as ids of a benchmark do.
    pub fn digest(&self) -> Option<String> {
        if self.benchmark.is_some() {
            return None;
        }
        let cells = self.all.iter().map(|Cell { name, recipe }| format!("{name} {recipe:?}\n"));
        Some(sha256(cells.collect::<String>().as_bytes()))
    }

    /// The cells of a file of JSON Lines.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn of_file(path: &Path) -> anyhow::Result<Self> {
        let text = read(path, "recipes")?;
        let (mut all, mut published): (Vec<Cell>, bool) = (Vec::new(), true);
        for (number, line) in (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty()) {
            let line: Line = serde_json::from_str(line)
                .map_err(|error| damaged(&format!("recipes, line {number} of"), path, &error))?;
            published &= line.recipe_id.is_some();
            let name = line.name(number);
            if all.iter().any(|cell| cell.name == name) {
                let problem = format!("recipes {}, line {number}: a second cell is named {name}", named(path));
                return Err(Usage(problem).into());
            }
            all.push(Cell { name, recipe: line.recipe.into() });
        }
        if all.is_empty() {
            return Err(Usage(format!("recipes {}: there is none", named(path))).into());
        }
        let benchmark = NasBenchNlp.about().id;
        Ok(Self { all, benchmark: published.then_some(benchmark) })
    }
}

/// Whether what was typed names a file, not a benchmark.
pub fn is_file(name: &str) -> bool {
    name.ends_with(".jsonl") || Path::new(name).exists()
}

impl Line {
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
