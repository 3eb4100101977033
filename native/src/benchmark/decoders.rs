//! Decoders as jobs: those of LTS, or of a file.

use std::collections::HashMap;
use std::sync::Arc;

use untrained_core::corpus;
use untrained_core::family::Family;
use untrained_core::job::Job;
use untrained_core::metric;
use untrained_core::network::decoder::{Model, Sizes};
use untrained_core::network::{self, Batch, WeightSource};
use untrained_core::origin::{Origin, Read};
use untrained_core::space::decoder::Decoder;

use super::options::{SizeArgs, TextArgs};
use crate::architectures::{List, Named};
use crate::device::Lazy;
use crate::many::Plan;
use crate::memory;

/// A job for every decoder. Before a text is made up, sizes and memory are checked; decoders of one vocabulary read the
/// same one.
///
/// # Errors
/// What of the options cannot be used.
pub fn plan(decoders: List<Decoder>, text: &TextArgs, size: &SizeArgs, device: &Lazy) -> anyhow::Result<Plan> {
    let digest = decoders.digest();
    let List { all, benchmark } = decoders;
    let metrics = metric::select(Family::Decoder, &text.metrics)?;
    let model = |decoder: &Arc<Decoder>| {
        let (decoder, weights) = (Arc::clone(decoder), WeightSource::Seed(size.seed));
        network::Model::Decoder(Model { sizes: size.decoder(&decoder), decoder, weights })
    };
    let memory = memory::available();
    device.check(|engine| {
        let fits = |model: network::Model| metric::check(&metrics, |needs| model.check(None, needs, engine, memory));
        all.iter().try_for_each(|one| fits(model(&one.architecture)))
    })?;
    let mut batches: HashMap<(usize, usize), Arc<Batch>> = HashMap::new();
    let mut job = |Named { name, architecture }: Named<Decoder>| {
        let sizes = size.decoder(&architecture);
        let batch = batches
            .entry((architecture.vocabulary, sizes.sequence))
            .or_insert_with(|| Arc::new(made_up(&architecture, sizes, size.seed)));
        let origin = Origin { benchmark: benchmark.map(str::to_owned), ..Origin::of(Read::made_up(size.seed)) };
        Job { name, model: model(&architecture), batch: Arc::clone(batch), metrics: metrics.clone(), origin }
    };
    let jobs: Vec<Job> = all.into_iter().map(&mut job).collect();
    let remarks = jobs.first().map(Job::remarks).unwrap_or_default();
    Ok(Plan::new(jobs, remarks)?.with_recipes(digest))
}

fn made_up(decoder: &Decoder, sizes: Sizes, seed: u32) -> Batch {
    Batch::of_sequences(corpus::sequences(sizes.shape(decoder), seed), None)
}
