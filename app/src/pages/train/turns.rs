//! The run of a comparison: its cells are found and scored untrained, then trained in turns, in this tab or by the
//! companion.

use leptos::prelude::*;
use untrained_app::message::Answer;
use untrained_app::training::TrainRequest;
use untrained_core::network::recurrent::Sizes;
use untrained_core::space::recurrent::Recipe;
use untrained_core::task::{Event, TrainingTask};
use untrained_core::training::recurrent::{ComparisonSettings, Settings, Trained};

use super::{TrainedCell, TrainedCells};
use crate::compute::{STOPPED, Turn, companion, score, train};
use crate::pages::QUICK;
use crate::pages::drawn::{sample, task};
use crate::rows::BEST;

/// Learning rate of small networks: five times the published one, for their runs are short.
const RATE: f64 = 5e-3;

impl TrainedCells {
    /// Begins a run.
    pub fn start(self) {
        let (Ok(count), Ok(first), Ok(steps)) = (self.count.number(), self.first.number_u32(), self.steps.number())
        else {
            return;
        };
        self.cells.set(Vec::new());
        self.best.set(None);
        self.problem.set(None);
        self.begun.set(0.0);
        self.wanted.set(steps);
        let by_companion = self.by_companion.get_value();
        let work = async move |turn| {
            let ended = self.run((count, first), by_companion, turn).await;
            self.problem.set(ended.err().filter(|why| why != STOPPED));
        };
        self.scorer.start(work);
    }

    /// Finds the cells, and trains them.
    async fn run(self, (count, first): (usize, u32), by_companion: bool, turn: Turn) -> Result<(), String> {
        let settings = self.settings(by_companion);
        let own = self.own.get_untracked();
        if own.is_empty() {
            self.draw((count, first), settings.sizes, &turn).await?;
        }
        for (name, recipe) in own {
            if !turn.is_on() {
                return Ok(());
            }
            self.add(name, recipe, settings.sizes).await?;
        }
        if !turn.is_on() {
            return Ok(());
        }
        let recipes = self.cells.with_untracked(|cells| cells.iter().map(|cell| cell.recipe.clone()).collect());
        let task =
            TrainingTask { recipes, settings, steps: self.wanted.get_untracked(), text: self.text.get_untracked() };
        if by_companion { self.in_companion(task, &turn).await } else { self.in_tab(task, &turn).await }
    }

    fn settings(self, by_companion: bool) -> ComparisonSettings {
        let frozen = self.frozen.get_untracked();
        if by_companion && self.published.get_untracked() {
            let rate = Settings::PUBLISHED.rate;
            ComparisonSettings { sizes: Sizes::PUBLISHED, seed: 0, frozen, dropout: true, rate }
        } else {
            ComparisonSettings { sizes: QUICK, seed: 0, frozen, dropout: false, rate: RATE }
        }
    }

    /// Draws and scores cells until there are enough, or the visitor stops it.
    async fn draw(self, (count, first): (usize, u32), sizes: Sizes, turn: &Turn) -> Result<(), String> {
        let states = self.states.get_untracked();
        let mut seeds = first..=u32::MAX;
        while turn.is_on()
            && self.cells.with_untracked(Vec::len) < count
            && let Some(seed) = seeds.next()
        {
            let known =
                |recipe: &Recipe| self.cells.with_untracked(|all| all.iter().any(|one| one.recipe.computes_as(recipe)));
            if let Some(recipe) = sample(states, seed).await?.filter(|recipe| !known(recipe)) {
                self.add(seed.to_string(), recipe, sizes).await?;
            }
        }
        Ok(())
    }

    /// Adds a cell with its score, before training.
    async fn add(self, name: String, recipe: Recipe, sizes: Sizes) -> Result<(), String> {
        let task = task(name.clone(), &recipe, sizes, &[BEST]);
        // What a tab cannot train, it does not score.
        let answer = if sizes == QUICK { score(task).await? } else { companion::score(&task).await? };
        if let Answer::Records(records) = answer {
            self.cells.update(|all| all.push(TrainedCell::new(name, recipe, &records)));
        }
        Ok(())
    }

    async fn in_tab(self, task: TrainingTask, turn: &Turn) -> Result<(), String> {
        let turns = task.turns();
        let mut task = Some(Box::new(task));
        for (cell, updates, validate) in turns {
            if self.cells.with_untracked(|all| all[cell].diverged.is_some()) {
                continue;
            }
            let request = TrainRequest { task: task.take(), cell, updates, validate };
            let Answer::Trained(trained) = train(request).await? else { return Ok(()) };
            if !turn.is_on() {
                return Ok(());
            }
            self.receive(trained);
        }
        Ok(())
    }

    async fn in_companion(self, task: TrainingTask, turn: &Turn) -> Result<(), String> {
        let each = |event| match event {
            Event::Trained(trained) if turn.is_on() => self.receive(trained),
            // The companion begins anew where another device takes over.
            Event::Started { .. } if turn.is_on() => {
                self.cells.update(|all| all.iter_mut().for_each(TrainedCell::begin_anew));
            }
            _ => {}
        };
        companion::train(&task, each).await
    }

    fn receive(self, Trained { cell, losses, validation, best, diverged }: Trained) {
        self.best.set(best);
        if self.begun.get_untracked() == 0.0 {
            self.begun.set(js_sys::Date::now());
        }
        self.cells.update(|all| {
            if let Some(cell) = all.get_mut(cell) {
                cell.losses.extend(losses);
                (cell.validation, cell.diverged) = (validation, diverged);
            }
        });
    }
}
