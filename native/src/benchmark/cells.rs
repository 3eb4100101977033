//! Cells as jobs: those of NAS-Bench-NLP, or of a file.

use untrained_core::job::Job;
use untrained_core::network::recurrent::Sizes;
use untrained_core::origin::Origin;
use untrained_core::space::recurrent::Recipe;

use super::options::{SizeArgs, TextArgs};
use crate::architectures::{List, Named};
use crate::device::Lazy;
use crate::many::Plan;
use crate::score::recurrent::{Setup, check_cells};

/// A job for every cell. Before anything is read or computed, sizes and memory are checked.
///
/// # Errors
/// What of the options cannot be used.
pub fn plan(cells: List<Recipe>, text: &TextArgs, size: &SizeArgs, device: &Lazy) -> anyhow::Result<Plan> {
    let digest = cells.digest();
    let List { all, benchmark } = cells;
    let recipes = || all.iter().map(|cell| cell.architecture.as_ref());
    let fits = |sizes: &Sizes, metrics: &[_]| device.check(|engine| check_cells(recipes(), engine, (sizes, metrics)));
    let text = text.cells();
    let setup = Setup::new(&text, &size.cells(), None, fits)?;
    let job = |cell: &Named<Recipe>| {
        let job = setup.job(cell.name.clone(), cell.architecture.clone());
        Job { origin: Origin { benchmark: benchmark.map(str::to_owned), ..job.origin }, ..job }
    };
    let remarks = text.remark().into_iter().collect();
    Ok(Plan::new(all.iter().map(job).collect(), remarks)?.with_recipes(digest))
}
