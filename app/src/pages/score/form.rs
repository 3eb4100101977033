//! Everything on the page that a job is made of, and its place in the address.

use leptos::prelude::*;
use untrained_app::answer::MEMORY;
use untrained_app::command::Score;
use untrained_core::Error;
use untrained_core::family::Family;
use untrained_core::memory::Engine;
use untrained_core::metric::METRICS;
use untrained_core::network::recurrent::Sizes;
use untrained_core::space::recurrent::{Draft, Recipe};
use untrained_core::task::{CellTask, Text};

use untrained_app::whole::Whole;

use super::SMALL;
use crate::address::keep;
use crate::pages::Kept;
use crate::pages::asked::{Asked, MINE, Offer};
use crate::rows;

/// Everything on the page that a job is made of.
#[derive(Clone, Copy)]
pub struct Form {
    /// Name, sizes, seed and metrics.
    pub asked: Asked<6>,
    /// The recipe as it is typed.
    pub recipe: RwSignal<String>,
    /// Text of one's own.
    pub text: RwSignal<Option<Text>>,
    /// Names and recipes that were there before, the latest last.
    pub before: RwSignal<Vec<(String, String)>>,
    /// How often a cell was asked for or written.
    changes: StoredValue<u32>,
}

impl Form {
    /// As the address has it; where it has nothing, small sizes.
    pub fn from_address() -> Self {
        const MOST: usize = Whole::COUNT.most;
        let offer = Offer {
            sizes: [
                ("Vocabulary", "vocabulary-size", SMALL.vocabulary, MOST),
                ("Embedding", "embedding", SMALL.embedding, MOST),
                ("Hidden", "hidden", SMALL.hidden, MOST),
                ("Layers", "layers", SMALL.layers, Sizes::MOST_LAYERS),
                ("Batch", "batch", SMALL.batch, MOST),
                ("Steps", "steps", SMALL.steps, MOST),
            ],
            metrics: || METRICS.iter().map(|metric| metric.about().id).collect(),
            ids: rows::of_networks(Family::Recurrent).about.ids,
        };
        Self {
            asked: Asked::from_address(&offer),
            recipe: RwSignal::new(String::new()),
            text: expect_context::<Kept>().text,
            before: RwSignal::new(Vec::new()),
            changes: StoredValue::new(0),
        }
    }

    /// Puts in what is being typed, the visitor's own from now on.
    pub fn write(self, recipe: String) {
        self.change();
        self.put((MINE.to_owned(), recipe));
    }

    /// Puts in what may be a cell, laid out for reading where it is a list of nodes.
    pub fn take(self, name: String, recipe: &str) {
        let recipe = Draft::from_json(recipe).map_or_else(|_| recipe.to_owned(), |draft| draft.to_string());
        self.replace((name, recipe));
    }

    /// Puts in an edited cell, the visitor's own from now on.
    pub fn edit(self, recipe: String) {
        self.replace((MINE.to_owned(), recipe));
    }

    /// Puts in another cell, from which there is a way back.
    fn replace(self, cell: (String, String)) {
        self.change();
        let before = (self.asked.name.get_untracked(), self.recipe.get_untracked());
        if !before.1.is_empty() {
            self.before.update(|all| all.push(before));
        }
        self.put(cell);
    }

    /// Goes back to before the last edit.
    pub fn undo(self) {
        if let Some(before) = self.before.try_update(Vec::pop).flatten() {
            self.change();
            self.put(before);
        }
    }

    /// Announces that a cell will be put in; the number tells whether another one came before it.
    pub fn change(self) -> u32 {
        self.changes.update_value(|changes| *changes += 1);
        self.changes.get_value()
    }

    /// Whether nothing was asked for or written since that number, and the page is still there.
    pub fn is_latest(self, change: u32) -> bool {
        self.changes.try_get_value() == Some(change)
    }

    fn put(self, (name, recipe): (String, String)) {
        self.asked.name.set(name);
        self.recipe.set(recipe);
    }

    /// Writes every change into the address, where it replaces what was there.
    pub fn keep_in_address(self) {
        self.asked.keep_in_address();
        keep("recipe", Signal::derive(move || self.asked.id().is_none().then(|| compact(&self.recipe.get()))));
    }

    /// Puts other sizes in.
    pub fn set_sizes(self, sizes: &Sizes) {
        let Sizes { vocabulary, embedding, hidden, layers, batch, steps } = *sizes;
        self.asked.set_sizes([vocabulary, embedding, hidden, layers, batch, steps]);
    }

    fn sizes(self) -> Result<Sizes, String> {
        let [vocabulary, embedding, hidden, layers, batch, steps] = self.asked.sizes()?;
        Ok(Sizes { vocabulary, embedding, hidden, layers, batch, steps })
    }

    /// The size that makes the network too large for a tab, by its name on the command line, and why.
    pub fn refused(self) -> Option<(&'static str, String)> {
        match self.task().ok()?.check(Engine::Kernel, MEMORY) {
            Err(Error::Size { name, problem, .. }) => Some((name, format!("Refused: {problem}."))),
            _ => None,
        }
    }

    /// What is to be scored.
    ///
    /// # Errors
    /// Where the recipe is none, or a number cannot be used.
    pub fn task(self) -> Result<CellTask, String> {
        Ok(CellTask {
            name: self.asked.name.get(),
            recipe: Recipe::from_json(&self.recipe.get()).map_err(|error| error.to_string())?,
            sizes: self.sizes()?,
            seed: self.asked.seed.short()?,
            metrics: self.asked.metrics(),
            text: self.text.get(),
        })
    }

    /// The command that gives the same result natively; none where a number cannot be used.
    pub fn command(self) -> Option<String> {
        let id = self.asked.id().map(|id| id.to_string());
        let network = id.as_ref().map_or(["--recipe", "cell.json"], |id| ["--id", id]);
        let text: &[_] =
            if self.text.with(Option::is_some) { &["--corpus", "FILE", "--vocabulary", "FILE"] } else { &[] };
        let options = [text, &["--device", "cpu"]].concat();
        let (sizes, metric) = (self.asked.flags()?, self.asked.metric());
        let seed = self.asked.seed.short().ok()?;
        Some(Score { space: "recurrent", network, sizes: &sizes, seed, metric, options: &options }.line())
    }
}

/// A recipe without white space; as it is typed where it is none yet.
fn compact(recipe: &str) -> String {
    let parsed = Recipe::from_json(recipe).ok().and_then(|recipe| serde_json::to_string(&recipe).ok());
    parsed.unwrap_or_else(|| recipe.to_owned())
}
