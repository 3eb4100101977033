//! The cells of NAS-Bench-NLP as jobs.

use untrained_core::benchmark::nas_bench_nlp::{Published, published};
use untrained_core::benchmark::{Benchmark as _, NasBenchNlp};
use untrained_core::job::Job;
use untrained_core::network::recurrent::Sizes;
use untrained_core::observation::Needs;
use untrained_core::origin::Origin;

use super::options::{SizeArgs, TextArgs};
use crate::device::Lazy;
use crate::many::Plan;
use crate::score::recurrent::{Setup, check_cells};

/// A job for every cell. Before anything is read or computed, sizes and memory are checked.
///
/// # Errors
/// What of the options cannot be used.
pub fn plan(text: &TextArgs, size: &SizeArgs, device: &Lazy) -> anyhow::Result<Plan> {
    let networks: Vec<Published> = distinct().collect();
    let fits = |sizes: &Sizes, needs: &Needs| device.check(|engine| check_cells(&networks, engine, (sizes, needs)));
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
