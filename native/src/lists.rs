//! What there is, straight from the code.

use clap::Args;
use serde::Serialize;
use untrained_core::benchmark::BENCHMARKS;
use untrained_core::metric::{About, Better, Cost, METRICS, transformer};

use crate::outcome::Outcome;
use crate::report::{self, Format};

/// List the metrics
#[derive(Debug, Args)]
pub struct Metrics {
    /// How to print them; json, jsonl and csv have all properties of each, markdown has the columns of METRICS.md
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

/// List the benchmarks
#[derive(Debug, Args)]
pub struct Benchmarks {
    /// How to print them; all but 'table' give everything that is known of each
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

impl Metrics {
    /// Prints the list.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn run(&self) -> anyhow::Result<Outcome> {
        let all = metrics();
        match self.format {
            Format::Table => report::print(self.format, &all.iter().map(Short::new).collect::<Vec<_>>())?,
            Format::Markdown => report::print(self.format, &all.iter().map(Formula::new).collect::<Vec<_>>())?,
            _ => report::print(self.format, &all)?,
        }
        Ok(Outcome::Done)
    }
}

/// A metric as the table shows it.
#[derive(Serialize)]
struct Short {
    network: &'static str,
    id: &'static str,
    cost: Cost,
    better: Better,
    measures: &'static str,
}

impl Short {
    fn new(&Listed { network, about: &About { id, cost, better, summary: measures, .. } }: &Listed) -> Self {
        Self { network, id, cost, better, measures }
    }
}

/// A metric as `METRICS.md` shows it.
#[derive(Serialize)]
struct Formula {
    network: &'static str,
    id: &'static str,
    cost: Cost,
    measures: &'static str,
    formula: &'static str,
    source: &'static str,
}

impl Formula {
    fn new(&Listed { network, about }: &Listed) -> Self {
        let About { id, cost, summary: measures, formula, source, .. } = *about;
        Self { network, id, cost, measures, formula, source }
    }
}

/// A metric and what it is of.
#[derive(Serialize)]
pub struct Listed {
    network: &'static str,
    #[serde(flatten)]
    about: &'static About,
}

/// The metrics of all families.
pub fn metrics() -> Vec<Listed> {
    let recurrent = METRICS.iter().map(|metric| Listed { network: "recurrent", about: metric.about() });
    let encoders = transformer::METRICS.iter().map(|metric| Listed { network: "transformer", about: metric.about() });
    recurrent.chain(encoders).collect()
}

impl Benchmarks {
    /// Prints the list.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn run(&self) -> anyhow::Result<Outcome> {
        #[derive(Serialize)]
        struct Short {
            id: &'static str,
            title: &'static str,
            space: &'static str,
            loss: &'static str,
        }
        let all: Vec<_> = BENCHMARKS.iter().map(|benchmark| benchmark.about()).collect();
        if self.format != Format::Table {
            report::print(self.format, &all)?;
            return Ok(Outcome::Done);
        }
        let short =
            all.iter().map(|about| Short { id: about.id, title: about.title, space: about.space, loss: about.loss });
        report::print(self.format, &short.collect::<Vec<_>>())?;
        Ok(Outcome::Done)
    }
}
