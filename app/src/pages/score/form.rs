//! The form of a cell: its recipe, the text it reads, and what every form has.

use leptos::prelude::*;
use untrained_core::family::Family;
use untrained_core::network::recurrent::Sizes;
use untrained_core::space::recurrent::{Draft, Recipe};
use untrained_core::task::{Architecture, Source, Task, Text};

use super::SMALL;
use crate::pages::Session;
use crate::pages::common_form::{CommonForm, FormCommand, FormOptions, MINE, MOST, Refusal, compact, refusal};
use crate::rows;

/// The form.
#[derive(Clone, Copy)]
pub struct CellForm {
    /// Name, sizes, seed and metrics.
    pub common: CommonForm<6>,
    /// The recipe as it is typed.
    pub recipe: RwSignal<String>,
    /// The visitor's own text.
    pub text: RwSignal<Option<Text>>,
    /// Earlier names and recipes, the latest last.
    pub history: RwSignal<Vec<(String, String)>>,
    /// How often a cell was requested or written.
    changes: StoredValue<u32>,
}

impl CellForm {
    /// As the address has it; small sizes if it has none.
    pub fn from_address() -> Self {
        let options = FormOptions {
            sizes: [
                ("Vocabulary", "vocabulary-size", SMALL.vocabulary, MOST),
                ("Embedding", "embedding", SMALL.embedding, MOST),
                ("Hidden", "hidden", SMALL.hidden, MOST),
                ("Layers", "layers", SMALL.layers, Sizes::MOST_LAYERS),
                ("Batch", "batch", SMALL.batch, MOST),
                ("Steps", "steps", SMALL.steps, MOST),
            ],
            family: Family::Recurrent.into(),
            ids: rows::of_networks(Family::Recurrent).about.ids,
        };
        Self {
            common: CommonForm::from_address(&options),
            recipe: RwSignal::new(String::new()),
            text: expect_context::<Session>().text,
            history: RwSignal::new(Vec::new()),
            changes: StoredValue::new(0),
        }
    }

    /// Takes what is being typed; the cell is then the visitor's own.
    pub fn write(self, recipe: String) {
        self.change();
        self.put((MINE.to_owned(), recipe));
    }

    /// Shows what may be a cell, laid out for reading if it is a list of nodes.
    pub fn show(self, name: String, recipe: &str) {
        let recipe = Draft::from_json(recipe).map_or_else(|_| recipe.to_owned(), |draft| draft.to_string());
        self.replace((name, recipe));
    }

    /// Takes an edited cell, which is then the visitor's own.
    pub fn edit(self, recipe: String) {
        self.replace((MINE.to_owned(), recipe));
    }

    /// Replaces the cell; [`Self::undo`] restores it.
    fn replace(self, cell: (String, String)) {
        self.change();
        let before = (self.common.name.get_untracked(), self.recipe.get_untracked());
        if !before.1.is_empty() {
            self.history.update(|all| all.push(before));
        }
        self.put(cell);
    }

    /// Restores the cell before the last edit.
    pub fn undo(self) {
        if let Some(before) = self.history.try_update(Vec::pop).flatten() {
            self.change();
            self.put(before);
        }
    }

    /// Announces a change of the cell; its number shows later whether another one came before it.
    pub fn change(self) -> u32 {
        self.changes.update_value(|changes| *changes += 1);
        self.changes.get_value()
    }

    /// Whether nothing was requested or written since that number, and the page still exists.
    pub fn is_latest(self, change: u32) -> bool {
        self.changes.try_get_value() == Some(change)
    }

    fn put(self, (name, recipe): (String, String)) {
        self.common.name.set(name);
        self.recipe.set(recipe);
    }

    /// Writes every change into the address, without a new entry in the history.
    pub fn keep_in_address(self) {
        self.common.keep_in_address("recipe", self.recipe, |text| compact(text, Recipe::from_json));
    }

    /// Replaces the sizes.
    pub fn set_sizes(self, sizes: &Sizes) {
        let Sizes { vocabulary, embedding, hidden, layers, batch, steps } = *sizes;
        self.common.set_sizes([vocabulary, embedding, hidden, layers, batch, steps]);
    }

    /// The size that makes the network too large for a tab.
    pub fn refused(self) -> Option<Refusal> {
        refusal(&self.task().ok()?)
    }

    /// The task.
    ///
    /// # Errors
    /// If the recipe is none, or a number cannot be used.
    pub fn task(self) -> Result<Task, String> {
        let recipe = Recipe::from_json(&self.recipe.get()).map_err(|error| error.to_string())?;
        let [vocabulary, embedding, hidden, layers, batch, steps] = self.common.sizes()?;
        let sizes = Sizes { vocabulary, embedding, hidden, layers, batch, steps };
        Ok(Task {
            source: self.text.get().map_or(Source::MadeUp, Source::Text),
            seed: self.common.seed.number_u32()?,
            metrics: self.common.metrics(),
            ..Task::new(self.common.name.get(), Architecture::Recurrent { recipe, sizes })
        })
    }

    /// The command that computes the same natively; none if a number cannot be used.
    pub fn command(self) -> Option<String> {
        let has_text = self.text.with(Option::is_some);
        let text: &[_] = if has_text { &["--corpus", "FILE", "--vocabulary", "FILE"] } else { &[] };
        let options = [text, &["--device", "cpu"]].concat();
        let file = ["--recipe", "cell.json"];
        self.common.command(&FormCommand { space: "recurrent", benchmark: "", file, options: &options })
    }
}
