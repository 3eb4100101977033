//! The cells of NAS-Bench-NLP as jobs.

use untrained_core::benchmark::nas_bench_nlp::{Published, published};
use untrained_core::benchmark::{Benchmark as _, NasBenchNlp};
use untrained_core::job::Job;
use untrained_core::memory::Engine;
use untrained_core::network::recurrent::{Demand, Sizes};
use untrained_core::observation::Needs;
use untrained_core::origin::Origin;

use super::options::{SizeArgs, TextArgs};
use crate::device::Lazy;
use crate::many::Plan;
use crate::memory;
use crate::score::recurrent::Setup;

/// A job for every cell. Before anything is read or computed, sizes and memory are checked.
///
/// # Errors
/// What of the options cannot be used.
pub fn plan(text: &TextArgs, size: &SizeArgs, device: &Lazy) -> anyhow::Result<Plan> {
    let networks: Vec<Published> = distinct().collect();
    let fits = |sizes: &Sizes, needs: &Needs| device.check(|engine| check(&networks, engine, (sizes, needs)));
    let text = text.cells();
    let setup = Setup::new(&text, &size.cells(), None, fits)?;
    let job = |network: Published| {
        let job = setup.job(network.id.to_string(), network.recipe);
        let benchmark = Some(NasBenchNlp.about().id.to_owned());
        Job { origin: Origin { benchmark, ..job.origin }, ..job }
    };
    let remarks = text.remark().into_iter().collect();
    Ok(Plan::new(networks.into_iter().map(job).collect(), remarks)?)
}

/// Every architecture once.
pub fn distinct() -> impl Iterator<Item = Published> {
    published().into_iter().filter(|network| network.architecture == network.id)
}

/// Checks every architecture. On the CPU several are in memory at a time.
fn check(networks: &[Published], engine: Engine, (sizes, needs): (&Sizes, &Needs)) -> untrained_core::Result<()> {
    let at_a_time = if engine == Engine::Kernel { rayon::current_num_threads() } else { 1 };
    let memory = memory::available() / at_a_time;
    networks.iter().try_for_each(|network| {
        let recipe = &network.recipe;
        Demand { recipe, sizes, needs, words: None, weights_given: false, engine }.check(memory)
    })
}
