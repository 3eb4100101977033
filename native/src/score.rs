//! Scores one network.

mod table;
pub mod transformer;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use anyhow::Context as _;
use clap::Args;
use untrained_core::benchmark::nas_bench_nlp::FIRST_RECIPE;
use untrained_core::benchmark::{Benchmark as _, NasBenchNlp, Table};
use untrained_core::device::Device;
use untrained_core::job::{Initial, Job};
use untrained_core::network::recurrent::{Demand, Sizes, Weights};
use untrained_core::origin::Origin;
use untrained_core::probe::Needs;
use untrained_core::progress::Progress as CoreProgress;
use untrained_core::record::Record;
use untrained_core::space::recurrent::{CLASSIC, Recipe, Source, published};
use untrained_core::{nearest, run};

use crate::attempt;
use crate::device::{Choice, Lazy};
use crate::digest::sha256;
use crate::inputs::Inputs;
use crate::memory;
use crate::outcome::{Outcome, Usage};
use crate::progress::Share;
use crate::report::{self, Format};
use crate::setup::{self, Setup, SizeArgs, TextArgs};

/// Score one untrained network
#[derive(Debug, Args)]
pub struct Score {
    #[command(subcommand)]
    family: Family,
}

#[derive(Debug, clap::Subcommand)]
enum Family {
    Recurrent(Box<Recurrent>),
    Transformer(Box<transformer::Transformer>),
}

/// A recurrent network: every layer runs the same cell
#[derive(Debug, Args)]
struct Recurrent {
    #[command(flatten)]
    cell: CellArgs,
    #[command(flatten)]
    text: TextArgs,
    /// Given weights, with PyTorch's names; the sizes are theirs
    #[arg(long, value_name = "FILE.safetensors", conflicts_with_all = ["embedding", "hidden", "layers", "vocabulary_size"])]
    weights: Option<PathBuf>,
    /// Given token ids and noise: {"tokens": [[..]], "noise": [[[..]]]} by step, sample and feature
    #[arg(long, value_name = "FILE.json", conflicts_with_all = ["corpus", "vocabulary", "batch", "steps"])]
    inputs: Option<PathBuf>,
    #[command(flatten)]
    size: SizeArgs,
    #[command(flatten)]
    run: RunArgs,
}

/// How every network is run
#[derive(Debug, Clone, Copy, Args)]
struct RunArgs {
    /// Where to run it
    #[arg(long, value_enum, default_value_t = Choice::Auto, help_heading = "Running")]
    device: Choice,
    /// How to print the records
    #[arg(long, value_enum, default_value_t = Format::Table, help_heading = "Running")]
    format: Format,
}

/// Which cell
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct CellArgs {
    /// A recipe in JSON, '-' for standard input; a golden file serves too
    #[arg(long, value_name = "FILE")]
    recipe: Option<PathBuf>,
    /// A cell of NAS-Bench-NLP by its published id, with or without the leading million
    #[arg(long, value_name = "N")]
    id: Option<u32>,
    /// A classic cell: rnn, lstm or gru
    #[arg(long, value_name = "NAME")]
    cell: Option<String>,
}

impl Score {
    /// Scores and prints.
    ///
    /// # Errors
    /// What of the input cannot be used, or that the device failed.
    pub fn run(self) -> anyhow::Result<Outcome> {
        let command = match self.family {
            Family::Recurrent(command) => command,
            Family::Transformer(command) => return command.run(),
        };
        let RunArgs { format, device: choice } = command.run;
        let remark = command.text.remark();
        let chosen = Lazy::new(choice);
        let job = command.job(&chosen)?;
        chosen.check(|engine| job.check_on(engine, memory::available()))?;
        remarks(&job).iter().chain(&remark).for_each(|remark| note!("{remark}"));
        let device = chosen.get_for(job.operations())?;
        job.check_on(device.engine(), memory::available())?;
        let share = Share::new();
        let run = |device: &Device| timed(&job, device, &CoreProgress::new(&|done| share.set(done)));
        let records = attempt::on_chosen(choice, device, |sentence| note!("{sentence}"), run)?;
        drop(share);
        match format {
            Format::Table => table::print(&records, comparable(&job).transpose()?.as_ref())?,
            _ => report::print(format, &records)?,
        }
        Ok(Outcome::Done)
    }
}

/// The benchmark whose networks a job can be compared with: of the same sizes, with fresh weights.
fn comparable(job: &Job) -> Option<untrained_core::Result<Table>> {
    // A larger vocabulary adds rows to the embedding that are not read.
    let sizes = Sizes { vocabulary: Sizes::PUBLISHED.vocabulary, ..job.sizes };
    let comparable = sizes == Sizes::PUBLISHED && job.initial.seed().is_some();
    comparable.then(|| NasBenchNlp.table().map(|table| table.scored()))
}

/// The records of a job, timed.
///
/// # Errors
/// That the device failed.
pub fn score(job: &Job, device: &Device) -> anyhow::Result<Vec<Record>> {
    Ok(attempt::on(device, |device| timed(job, device, &CoreProgress::default()))?)
}

/// What a reader of the scores should know of the network and its batch.
fn remarks(job: &Job) -> Vec<String> {
    let needs = job.needs();
    let needed = (1..=job.sizes.layers).filter(|&layer| needs.hidden(layer));
    let blind = !job.recipe.nodes().iter().any(|node| node.inputs.contains(&Source::Input));
    let blind = blind.then(|| "no node of the cell reads x: it does not see the text".to_owned());
    needed.filter_map(|layer| singular(&job.sizes, layer)).chain(blind).collect()
}

/// That a layer has more units than they have values: the first step's are all zero, and the mean is taken off the others'.
fn singular(sizes: &Sizes, layer: usize) -> Option<String> {
    let (units, values) = (sizes.widths(layer - 1).1, sizes.batch * (sizes.steps - 1));
    let zero = units.checked_sub(values).filter(|&zero| zero > 0)?;
    Some(format!(
        "hidden covariance, layer {layer}: at least {zero} of {units} eigenvalues are zero, and dominate the score: more \
         samples or steps are needed"
    ))
}

fn timed(job: &Job, device: &Device, progress: &CoreProgress) -> untrained_core::Result<Vec<Record>> {
    let start = Instant::now();
    let scores = pollster::block_on(run::run_told(job, device, progress))?;
    Ok(Record::from_scores(&job.subject(), scores, device.name(), start.elapsed().as_secs_f64()))
}

impl Recurrent {
    fn job(mut self, device: &Lazy) -> anyhow::Result<Job> {
        let (architecture, recipe) = self.cell.recipe()?;
        let weights_given = self.weights.is_some();
        let fits = |sizes: &Sizes, needs: &Needs| {
            let demand = |engine| Demand { recipe: &recipe, sizes, needs, words: None, weights_given, engine };
            device.check(|engine| demand(engine).check(memory::available()))
        };
        let inputs = self.inputs.as_deref().map(Inputs::read).transpose()?;
        if let Some(inputs) = &inputs {
            (self.size.batch, self.size.steps) = (inputs.batch(), inputs.steps());
        }
        let benchmark = self.cell.id.map(|_| NasBenchNlp.about().id.to_owned());
        let Some(path) = &self.weights else {
            let job = Setup::new(&self.text, &self.size, inputs, fits)?.job(architecture, Arc::clone(&recipe));
            return Ok(Job { origin: Origin { benchmark, ..job.origin }, ..job });
        };
        let bytes = setup::read_bytes(path, "weights")?;
        let read = Weights::from_safetensors(&bytes, &recipe, &self.size.sizes(0));
        let (weights, sizes) = read.with_context(|| setup::named(path))?;
        self.size.take(&sizes);
        let job = Setup::new(&self.text, &self.size, inputs, fits)?.job(architecture, Arc::clone(&recipe));
        let origin = Origin { weights_sha256: Some(sha256(&bytes)), benchmark, ..job.origin };
        Ok(Job { initial: Initial::Weights(Arc::new(weights)), origin, ..job })
    }
}

impl CellArgs {
    fn recipe(&self) -> anyhow::Result<(String, Arc<Recipe>)> {
        if let Some(path) = &self.recipe {
            let recipe = Recipe::from_json(&setup::read(path, "recipe")?).with_context(|| setup::named(path))?;
            return Ok((setup::architecture(path), recipe.into()));
        }
        if let Some(name) = &self.cell {
            let (name, _, json) = nearest::find("cell", name, &CLASSIC, |(known, ..)| *known)?;
            return Ok(((*name).to_owned(), Recipe::from_json(json)?.into()));
        }
        let id = self.id.unwrap_or_default();
        let all = published();
        match all.get(id.checked_sub(FIRST_RECIPE).unwrap_or(id) as usize) {
            Some(network) => Ok((network.id.to_string(), Arc::clone(&network.recipe))),
            None => {
                let last = all.len() - 1;
                Err(Usage(format!("unknown id {id}; the ids of NAS-Bench-NLP run from 0 to {last}")).into())
            }
        }
    }
}
