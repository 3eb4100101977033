//! RNN_parameters.csv: the loss of every training run, and the size of every network.

use std::collections::{BTreeMap, HashMap};

use untrained_core::benchmark::nas_bench_nlp::BASELINES;
use untrained_core::benchmark::nas_bench_nlp::published as networks;

use super::made::Made;
use super::published::{Line, Published, read as read_published};
use crate::outcome::Usage;

const FILE: &str = "RNN_parameters.csv";

/// The columns after the losses, in the spelling of the file.
const COLUMNS: [&str; 2] = ["trainable paramters", "total paramters"];

/// What later tables refer to.
pub struct Losses {
    /// Architecture of every published id.
    pub architecture: HashMap<u32, u32>,
    /// Loss of every run, as published; `nan` where training diverged.
    pub of: BTreeMap<u32, String>,
}

/// Makes `losses.csv` and `cells.csv`.
///
/// # Errors
/// When the file cannot be read.
pub fn read(made: &mut Made) -> anyhow::Result<Losses> {
    let text = made.source("training-free-nas", FILE)?;
    let published = read_published(FILE, &text, &COLUMNS)?;
    tell(made, &published);
    let mut of: BTreeMap<u32, String> = BTreeMap::new();
    for row in &published.rows {
        let known = of.entry(row.id).or_insert_with(|| row.loss.clone());
        if known == "nan" {
            known.clone_from(&row.loss);
        }
    }
    let losses = Losses { architecture: architectures(), of };
    let lines = losses.of.iter().map(|(id, loss)| Ok(format!("{id},{},{loss}", losses.architecture(*id)?)));
    let lines = lines.collect::<anyhow::Result<Vec<_>>>()?;
    made.table("losses.csv", &["id", "architecture", "loss"], lines);
    cells(made, &published.rows, &losses)?;
    Ok(losses)
}

impl Losses {
    /// The architecture of a published id.
    ///
    /// # Errors
    /// When there is no such network.
    pub fn architecture(&self, id: u32) -> anyhow::Result<u32> {
        self.architecture.get(&id).copied().ok_or_else(|| Usage(format!("{FILE}: there is no network {id}")).into())
    }
}

/// Makes `cells.csv`: the baselines of every architecture, its size as published, the rest from its recipe.
fn cells(made: &mut Made, rows: &[Line], losses: &Losses) -> anyhow::Result<()> {
    let mut sizes: BTreeMap<u32, &str> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.cells[0] != "nan") {
        let known = sizes.entry(losses.architecture(row.id)?).or_insert(&row.cells[0]);
        if *known != row.cells[0] || row.cells[0] != row.cells[1] {
            let problem =
                format!("{FILE}, line {}: another number of parameters than the same recipe before", row.line);
            return Err(Usage(problem).into());
        }
    }
    let networks = networks();
    let lines = networks.iter().filter(|network| network.id == network.architecture).filter_map(|network| {
        let (recipe, size) = (&network.recipe, sizes.get(&network.id)?);
        let (nodes, linears) = (recipe.nodes().len(), recipe.linears().count());
        Some(format!("{},{size},{nodes},{linears},{}", network.id, recipe.depth()))
    });
    let header: Vec<&str> = ["architecture"].into_iter().chain(BASELINES).collect();
    made.table("cells.csv", &header, lines);
    Ok(())
}

fn tell(made: &mut Made, published: &Published) {
    let rows = &published.rows;
    let empty = rows.iter().filter(|row| !row.trained() && row.cells[0] == "nan").count();
    let diverged = rows.iter().filter(|row| !row.trained()).count() - empty;
    let mut times: BTreeMap<u32, usize> = BTreeMap::new();
    rows.iter().for_each(|row| *times.entry(row.id).or_default() += 1);
    let repeated = times.values().filter(|times| **times > 1).count();
    made.note(format!(
        "{FILE}: {} rows of {} runs; {repeated} runs stand there more than once, and count once.",
        rows.len(),
        times.len(),
    ));
    made.note(format!("{FILE}: {diverged} rows whose loss is nan, and {empty} rows without any number."));
    made.note(format!(
        "{FILE}: {} header lines among the rows, {} glued to a value, {} rows of files that are no logs ({}); left out.",
        published.repeated_headers,
        published.glued_headers,
        published.strays.len(),
        published.strays.join(", ")
    ));
}

/// The architecture of every published id.
fn architectures() -> HashMap<u32, u32> {
    networks().into_iter().map(|network| (network.id, network.architecture)).collect()
}
