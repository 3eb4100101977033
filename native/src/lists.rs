//! What there is, straight from the code.

use clap::Args;
use serde::Serialize;
use untrained_core::benchmark::BENCHMARKS;
use untrained_core::metric::{About, METRICS};

use crate::outcome::Outcome;
use crate::report::{self, Format};

/// List the metrics
#[derive(Debug, Args)]
pub struct Metrics {
    /// How to print them; all but 'table' give everything that is known of each
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
        #[derive(Serialize)]
        struct Short {
            id: &'static str,
            cost: untrained_core::metric::Cost,
            better: untrained_core::metric::Better,
            measures: &'static str,
        }
        let all: Vec<&About> = METRICS.iter().map(|metric| metric.about()).collect();
        if self.format != Format::Table {
            report::print(self.format, &all)?;
            return Ok(Outcome::Done);
        }
        let short =
            |about: &&About| Short { id: about.id, cost: about.cost, better: about.better, measures: about.summary };
        report::print(self.format, &all.iter().map(short).collect::<Vec<_>>())?;
        Ok(Outcome::Done)
    }
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
