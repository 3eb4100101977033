//! Prints the architectures of a space, one JSON object a line.

use std::ops::Range;
use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;
use serde::Serialize;
use serde_json::{Value, json};
use untrained_core::benchmark::lts::architectures;
use untrained_core::benchmark::nas_bench_nlp::FIRST_RECIPE;
use untrained_core::benchmark::nas_bench_nlp::{Published, published};
use untrained_core::space::decoder;
use untrained_core::space::encoder::Sampler;
use untrained_core::space::recurrent::{self, Recipe};

use crate::outcome::{Outcome, Usage};
use crate::{input, output};

/// Print the architectures of a space, or a complete benchmark regenerated from seeds, as JSON Lines
#[derive(Debug, Args)]
pub struct Space {
    #[command(subcommand)]
    space: Which,
}

#[derive(Debug, clap::Subcommand)]
enum Which {
    Recurrent(Recurrent),
    #[command(alias = "transformer")]
    Encoder(Encoder),
    Decoder(Decoder),
}

/// Decoders of a space, or all that LTS published
#[derive(Debug, Args)]
struct Decoder {
    /// lts-gpt2 or lts-xl, as LTS' random sets on WikiText-103; hw-gpt-s, hw-gpt-m or hw-gpt-l of HW-GPT-Bench
    #[arg(value_name = "SPACE", value_parser = space, required_unless_present = "benchmark")]
    space: Option<&'static decoder::Space>,
    /// Seed to draw with
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Decoders to draw, one after the other
    #[arg(long, value_name = "N", default_value_t = 10)]
    count: usize,
    /// Only check that this decoder is of the space: a configuration in JSON, '-' for standard input
    #[arg(long, value_name = "FILE", conflicts_with_all = ["seed", "count"])]
    check: Option<PathBuf>,
    /// The published decoders of LTS instead, as 'score decoder --id' numbers them
    #[arg(long, conflicts_with_all = ["space", "seed", "count", "check"])]
    benchmark: bool,
}

/// A space of decoders by its name.
fn space(name: &str) -> untrained_core::Result<&'static decoder::Space> {
    decoder::Space::find(name)
}

/// Encoders, as NAS-Bench-BERT drew them
#[derive(Debug, Args)]
struct Encoder {
    /// Seed to draw with; the benchmark's is 0
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Configurations to draw, one after the other
    #[arg(long, value_name = "N", default_value_t = 500)]
    count: usize,
}

/// Recurrent cells, as NAS-Bench-NLP drew them
#[derive(Debug, Args)]
struct Recurrent {
    /// States the cell carries from step to step: 1, 2 or 3
    #[arg(long, value_name = "N", default_value_t = 1)]
    states: usize,
    /// Nodes drawn beyond one per state, before those that nothing reads are removed
    #[arg(long, value_name = "N", default_value_t = recurrent::Sampler::PUBLISHED_BUDGET)]
    budget: usize,
    /// Seeds to draw with, the last one excluded; a seed whose draw is no cell gives no line
    #[arg(long, value_name = "FIRST..LAST", default_value = "0..10", value_parser = range)]
    seeds: Range<u32>,
    /// Order in which the states are candidates for gates, such as '1,0,2'; the default is the published one
    #[arg(long, value_name = "STATE,...", value_delimiter = ',')]
    order: Option<Vec<usize>>,
    /// The published benchmark instead: all 14,208 ids with their recipes
    #[arg(long, conflicts_with_all = ["states", "budget", "seeds", "order"])]
    benchmark: bool,
}

/// A line of a sample.
#[derive(Serialize)]
struct Sampled<'a> {
    seed: u32,
    recipe: &'a Recipe,
}

/// A line of the benchmark.
#[derive(Serialize)]
struct Line<'a> {
    recipe_id: u32,
    states: usize,
    run: u32,
    seed: Option<u32>,
    architecture: u32,
    recipe: &'a Recipe,
}

impl Space {
    /// Prints the lines as they are drawn.
    ///
    /// # Errors
    /// Settings that describe no cell.
    pub fn run(self) -> anyhow::Result<Outcome> {
        match self.space {
            Which::Recurrent(recurrent) => recurrent.run(),
            Which::Encoder(transformer) => transformer.run(),
            Which::Decoder(decoder) => decoder.run(),
        }
    }
}

impl Encoder {
    fn run(self) -> anyhow::Result<Outcome> {
        output::print(Sampler::new(self.seed).take(self.count).map(|configuration| json(&configuration)))?;
        Ok(Outcome::Done)
    }
}

impl Decoder {
    fn run(self) -> anyhow::Result<Outcome> {
        // Without a space there is --benchmark.
        let Some(space) = self.space else {
            let line = |(number, one): (usize, &architectures::Published)| {
                json(&json!({ "id": format!("lts/{number}"), "config": one.config() }))
            };
            output::print(architectures::published()?.iter().enumerate().map(line))?;
            return Ok(Outcome::Done);
        };
        if let Some(path) = &self.check {
            let read = decoder::Decoder::from_json(&input::json(path, "configuration")?);
            let checked = read.and_then(|decoder| space.check(&decoder));
            checked.with_context(|| input::named(path))?;
            note!("{} is of the space {}", input::named(path), space.name);
            return Ok(Outcome::Done);
        }
        if output::print(space.draw(self.seed).take(self.count).map(|config: Value| json(&config)))? {
            note!("{} of the {:.2e} decoders of {}", self.count, space.decoders(), space.name);
        }
        Ok(Outcome::Done)
    }
}

impl Recurrent {
    fn run(self) -> anyhow::Result<Outcome> {
        let Self { states, budget, seeds, order, benchmark } = self;
        if benchmark {
            output::print(published().iter().map(line))?;
            return Ok(Outcome::Done);
        }
        let sampler = recurrent::Sampler::new(
            states,
            budget,
            order.unwrap_or_else(|| recurrent::Sampler::published_order(states)),
        )?;
        let drawn = seeds.clone().filter_map(|seed| Some((seed, sampler.sample(seed)?)));
        let mut count = 0;
        let lines = drawn.inspect(|_| count += 1).map(|(seed, recipe)| json(&Sampled { seed, recipe: &recipe }));
        if output::print(lines)? {
            note!("{count} of {} seeds give a cell", seeds.len());
        }
        Ok(Outcome::Done)
    }
}

fn line(network: &Published) -> anyhow::Result<String> {
    let Published { id, states, run, seed, architecture, recipe } = network;
    json(&Line {
        recipe_id: FIRST_RECIPE + id,
        states: *states,
        run: *run,
        seed: *seed,
        architecture: FIRST_RECIPE + architecture,
        recipe,
    })
}

fn json(line: &impl Serialize) -> anyhow::Result<String> {
    Ok(serde_json::to_string(line)? + "\n")
}

fn range(text: &str) -> Result<Range<u32>, Usage> {
    let parsed = text.split_once("..").and_then(|(first, last)| Some(first.parse().ok()?..last.parse().ok()?));
    let range = parsed.ok_or_else(|| Usage(format!("'{text}' is not a range such as 0..10000")))?;
    if range.is_empty() { Err(Usage(format!("'{text}' is empty"))) } else { Ok(range) }
}
