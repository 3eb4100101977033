//! Short runs on Penn Treebank: cells of the benchmark trained by this program for a few steps at the published sizes,
//! as published, with frozen recurrent matrices, and in full. They say what a little training is worth next to the
//! metrics of the untrained network, at which cost, and whether a metric that predicts the benchmark predicts networks
//! that are trained in full.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{BASELINES, METRICS, published};
use crate::Result;
use crate::benchmark::sheet::{read, whole};
use crate::benchmark::{File, Table};
use crate::family::Family;
use crate::metric;
use crate::network::WeightSource;
use crate::network::recurrent::{Model, Sizes};
use crate::rank::{Interval, Pairs, Resampling, mean, paired, quantile, resample, tau_b};
use crate::space::recurrent::Recipe;
use crate::training::recurrent::operations;

/// The table of the runs.
pub const SHORT_RUNS: File<'static> = File {
    name: "nas-bench-nlp/short_runs.csv",
    bytes: include_bytes!("../../../../data/nas-bench-nlp/short_runs.csv"),
};

/// Windows whose mean is the training loss after so many steps.
const WINDOWS: usize = 5;

/// One run.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ShortRun {
    /// Published id of the cell.
    pub id: u32,
    /// Whether its recurrent matrices kept their initial values.
    pub frozen: bool,
    /// Words read up to each step.
    pub words: Vec<usize>,
    /// Training loss of each step, with dropout, in nats a word; a run that diverged ends early, and has NaN where it
    /// diverged in its first step.
    pub losses: Vec<f64>,
    /// Validation loss after the last step; none of a run that diverged.
    pub validation: Option<f64>,
}

/// How well something orders the cells, and what it costs.
#[derive(Debug, Clone, PartialEq)]
pub struct Ordered {
    /// Metric or count by its identifier, or steps of training.
    pub by: By,
    /// Cells.
    pub cells: usize,
    /// τ-b with the loss that is predicted.
    pub tau: Option<f64>,
    /// Its 95 % interval.
    pub interval: Option<Interval>,
    /// Floating-point operations of a cell, in the median.
    pub operations: f64,
}

/// What orders the cells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum By {
    /// A metric or a count of the untrained network.
    Metric(String),
    /// The training loss after so many steps, frozen or not.
    Steps(usize, bool),
}

/// What is predicted of each cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Goal {
    /// The published test loss, the mean over the runs of the cell.
    Published,
    /// The validation loss at the end of the short run with frozen matrices.
    Frozen,
    /// The same of the short run in full.
    Full,
}

/// Reads the runs.
///
/// # Errors
/// [`Error::Table`](crate::Error::Table) with the line that cannot be read.
pub fn short_runs(file: File<'_>) -> Result<Vec<ShortRun>> {
    let columns = ["id", "frozen", "step", "words", "loss", "validation"];
    let steps = read(file.name, &columns, file.bytes, |cells| {
        let validation = Some(cells[5]).filter(|loss| loss.is_finite());
        Ok((whole(cells[0])?, whole(cells[1])? == 1, whole(cells[3])? as usize, cells[4], validation))
    })?;
    let mut runs: BTreeMap<(u32, bool), ShortRun> = BTreeMap::new();
    for (id, frozen, words, loss, validation) in steps {
        let run = runs.entry((id, frozen)).or_insert_with(|| ShortRun { id, frozen, ..ShortRun::default() });
        run.words.push(words);
        run.losses.push(loss);
        run.validation = validation;
    }
    Ok(runs.into_values().collect())
}

impl ShortRun {
    /// The training loss after so many steps: the mean of the last windows. Infinite of a run that had diverged by then.
    pub fn loss_after(&self, steps: usize) -> f64 {
        let Some(losses) = self.losses.get(..steps) else { return f64::INFINITY };
        let loss = mean(losses[steps.saturating_sub(WINDOWS)..].iter().copied());
        if loss.is_finite() { loss } else { f64::INFINITY }
    }
}

/// A cell that was trained both ways.
struct ComparedCell<'a> {
    /// With frozen matrices, and in full.
    runs: [&'a ShortRun; 2],
    /// Its first row in the table.
    row: usize,
    recipe: Arc<Recipe>,
}

/// Cells that were trained both ways, with what is known of them.
pub struct Compared<'a> {
    table: &'a Table,
    cells: Vec<ComparedCell<'a>>,
    /// Steps of the longest run.
    pub steps: usize,
}

impl<'a> Compared<'a> {
    /// The cells that both kinds of runs and the scored rows of the benchmark have.
    pub fn new(runs: &'a [ShortRun], table: &'a Table) -> Self {
        let of = |frozen: bool| runs.iter().filter(move |run| run.frozen == frozen);
        let all = published();
        let cell = |one: &'a ShortRun| {
            let runs = [one, of(false).find(|two| two.id == one.id)?];
            let row = table.rows.iter().position(|row| row.recipe == one.id)?;
            Some(ComparedCell { runs, row, recipe: Arc::clone(&all.get(one.id as usize)?.recipe) })
        };
        let cells: Vec<ComparedCell> = of(true).filter_map(cell).collect();
        let steps = cells.iter().flat_map(|cell| cell.runs).map(|run| run.losses.len()).max().unwrap_or_default();
        Self { table, cells, steps }
    }

    /// How many cells there are.
    pub fn count(&self) -> usize {
        self.cells.len()
    }

    /// How many runs diverged: frozen, and in full.
    pub fn diverged(&self) -> [usize; 2] {
        [0, 1].map(|kind| self.cells.iter().filter(|cell| cell.runs[kind].validation.is_none()).count())
    }

    /// The losses that are predicted.
    pub fn goals(&self, goal: Goal) -> Vec<f64> {
        let validation = |run: &ShortRun| run.validation.unwrap_or(f64::INFINITY);
        let of_cell = |ComparedCell { runs: [frozen, full], .. }: &ComparedCell| match goal {
            Goal::Published => self.mean_result(frozen.id),
            Goal::Frozen => validation(frozen),
            Goal::Full => validation(full),
        };
        self.cells.iter().map(of_cell).collect()
    }

    fn mean_result(&self, recipe: u32) -> f64 {
        let rows = self.table.rows.iter().zip(&self.table.results).filter(|(row, _)| row.recipe == recipe);
        mean(rows.map(|(_, result)| *result))
    }

    /// What the training loss after 1, 2, 5, 10, .. steps orders.
    pub fn by_steps(&self, frozen: bool, goal: Goal) -> Vec<Ordered> {
        let kind = usize::from(!frozen);
        let moments = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000].into_iter().filter(|steps| *steps < self.steps);
        let ordered = |steps: usize| {
            let losses: Vec<f64> = self.cells.iter().map(|cell| cell.runs[kind].loss_after(steps)).collect();
            let words = self.cells.iter().filter_map(|cell| cell.runs[kind].words.get(steps - 1)).max().copied();
            let cost = self.median(|recipe| operations(recipe, &Sizes::PUBLISHED, frozen, words.unwrap_or_default()));
            self.ordered(By::Steps(steps, frozen), &losses, goal, cost)
        };
        moments.chain([self.steps]).map(ordered).collect()
    }

    /// What metrics and counts order.
    pub fn by_metrics(&self, goal: Goal) -> Vec<Ordered> {
        let ordered = |id: &&str| {
            let values = self.values(id)?;
            values
                .iter()
                .all(|value| !value.is_nan())
                .then(|| self.ordered(By::Metric((*id).to_owned()), &values, goal, self.cost(id)))
        };
        METRICS.iter().chain(&BASELINES).filter_map(ordered).collect()
    }

    /// A column of the table, cell by cell.
    fn values(&self, id: &str) -> Option<Vec<f64>> {
        let column = self.table.column(id)?;
        Some(self.cells.iter().map(|cell| column.values[cell.row]).collect())
    }

    /// How much better, in the size of τ-b, a metric orders one goal than another: with its 95 % interval, of the same
    /// resamples.
    pub fn difference(&self, metric: &str, [one, other]: [Goal; 2]) -> Option<(f64, Interval)> {
        let values = self.values(metric)?;
        let clusters: Vec<usize> = (0..values.len()).collect();
        let taus = [one, other].map(|goal| {
            let pairs = Pairs::new(&values, &self.goals(goal));
            (pairs.tau_b(|_| 1), resample(&pairs, &clusters, Resampling::STANDARD))
        });
        let [(one, ones), (other, others)] = &taus;
        let (one, other) = ((*one)?, (*other)?);
        let interval = paired(ones, others, [one.signum(), other.signum()])?;
        Some((one.abs() - other.abs(), interval))
    }

    fn ordered(&self, by: By, values: &[f64], goal: Goal, operations: f64) -> Ordered {
        let goals = self.goals(goal);
        let clusters: Vec<usize> = (0..goals.len()).collect();
        let resampled = resample(&Pairs::new(values, &goals), &clusters, Resampling::STANDARD);
        Ordered {
            by,
            cells: goals.len(),
            tau: tau_b(values, &goals),
            interval: Interval::of(resampled.into_iter().flatten()),
            operations,
        }
    }

    /// Operations of a metric, in the median of the cells.
    fn cost(&self, id: &str) -> f64 {
        let Ok(metric) = metric::find(Family::Recurrent, id) else { return f64::NAN };
        self.median(|recipe| {
            let model = Model { recipe: Arc::clone(recipe), sizes: Sizes::PUBLISHED, weights: WeightSource::Seed(0) };
            model.operations(&metric.needs().iter().copied().collect())
        })
    }

    fn median(&self, of: impl Fn(&Arc<Recipe>) -> f64) -> f64 {
        let mut values: Vec<f64> = self.cells.iter().map(|cell| of(&cell.recipe)).collect();
        values.sort_by(f64::total_cmp);
        quantile(&values, 0.5)
    }
}
