//! Lists of the metrics and benchmarks in the code.

use clap::Args;
use serde::Serialize;
use untrained_core::benchmark::{BENCHMARKS, of_family};
use untrained_core::family::Family;
use untrained_core::metric::{self, About, Cost, Metric};
use untrained_core::rank::Direction;

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
    /// How to print them; all formats but 'table' have all properties of each
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
    better: &'static str,
    measures: &'static str,
}

impl Short {
    fn new(&Listed { network, better, cost, about: &About { id, summary: measures, .. } }: &Listed) -> Self {
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
    fn new(&Listed { network, cost, about, .. }: &Listed) -> Self {
        let About { id, summary: measures, formula, source, .. } = *about;
        Self { network, id, cost, measures, formula, source }
    }
}

/// A metric and its family.
#[derive(Serialize)]
pub struct Listed {
    network: &'static str,
    /// Which values the better networks of the family's benchmark have: `higher`, `lower` or `unknown`.
    better: &'static str,
    #[serde(flatten)]
    about: &'static About,
    cost: Cost,
}

/// The metrics of all families.
pub fn metrics() -> Vec<Listed> {
    let of = |family| metric::of(family).into_iter().map(move |metric| listed(family, metric));
    Family::ALL.into_iter().flat_map(of).collect()
}

fn listed(family: Family, metric: &'static dyn Metric) -> Listed {
    let about = metric.about();
    let known = of_family(family).and_then(|benchmark| benchmark.about().direction(about.id));
    let better = known.map_or("unknown", Direction::name);
    Listed { network: family.space(), better, about, cost: metric::cost(metric) }
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
        let short = all.iter().map(|about| Short {
            id: about.id,
            title: &about.title,
            space: about.space,
            loss: &about.target.description,
        });
        report::print(self.format, &short.collect::<Vec<_>>())?;
        Ok(Outcome::Done)
    }
}
