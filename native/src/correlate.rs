//! `untrained correlate`: how well training-free scores predict the results of training, those of a published benchmark
//! or of a user's own.

mod args;
mod notes;
mod source;

pub use args::Correlate;

use untrained_core::benchmark::{Evaluation, Kind, evaluate};

use crate::outcome::{Outcome, Usage};
use crate::report::{self, Format};

/// Architectures without which nothing can be said of a metric.
const FEWEST: usize = 2;

impl Correlate {
    /// Evaluates, prints the numbers on standard output and what to know about them on standard error.
    ///
    /// # Errors
    /// What of the files cannot be used, or that standard output is full.
    pub fn run(self) -> anyhow::Result<Outcome> {
        let source::Source { mut table, mut notes } = source::read(&self)?;
        table.columns.retain(|column| column.kind != Kind::Metric || self.selects(&column.id));
        let mut evaluations = evaluate(&table, &self.options());
        for group in evaluations.chunk_by_mut(|a, b| a.group == b.group) {
            let order = |a: &Evaluation, b: &Evaluation| a.kind.cmp(&b.kind).then(strength(b).total_cmp(&strength(a)));
            group.sort_by(|a, b| order(a, b).then_with(|| a.metric.cmp(&b.metric)));
        }
        check_enough(&evaluations)?;
        match self.format {
            Format::Table | Format::Markdown => {
                report::print(self.format, &notes::lines(&evaluations, self.is_grouped()))?;
            }
            _ => report::print(self.format, &evaluations)?,
        }
        notes.extend(notes::values(&table));
        notes.extend(notes::not_defined(&evaluations));
        notes.extend(notes::measures(&self, &table, &evaluations));
        notes.extend(table.about.problems.iter().map(|&problem| problem.to_owned()));
        notes::below(&notes);
        Ok(Outcome::Done)
    }
}

/// Whether there is something to correlate.
fn check_enough(evaluations: &[Evaluation]) -> Result<(), Usage> {
    let metrics = || evaluations.iter().filter(|evaluation| evaluation.kind == Kind::Metric);
    if metrics().next().is_none() || metrics().any(|evaluation| evaluation.architectures >= FEWEST) {
        return Ok(());
    }
    let most = metrics().map(|evaluation| evaluation.architectures).max().unwrap_or(0);
    Err(Usage(format!("architectures with a value and a result here: {most}; at least {FEWEST} are needed")))
}

fn strength(evaluation: &Evaluation) -> f64 {
    evaluation.measures.tau.map_or(0.0, f64::abs)
}
