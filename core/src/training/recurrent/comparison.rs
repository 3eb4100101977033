//! Cells that are trained to be compared with each other: they read the same text, and advance in turns.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Dropout, Settings, Text, Trainer};
use crate::corpus::frequent_ids;
use crate::corpus::source::Source;
use crate::device::Device;
use crate::network::recurrent::{Sizes, Weights};
use crate::space::recurrent::Recipe;
use crate::{Error, Result};

/// Words of made-up text to train on.
const WORDS: usize = 200_000;

/// Most words that are validated on.
const VALIDATION: usize = 5_000;

/// How the cells of a comparison are trained; what is not here is as published.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ComparisonSettings {
    /// Sizes of the networks, of their batches and windows.
    #[serde(default)]
    pub sizes: Sizes,
    /// Seed of weights, windows, dropout and made-up text.
    #[cfg_attr(feature = "schema", schema(minimum = 0, maximum = 4_294_967_295_u32, format = "uint32"))]
    #[serde(default)]
    pub seed: u32,
    /// Whether recurrent matrices keep their initial values, as in NAS-Bench-NLP.
    #[serde(default)]
    pub frozen: bool,
    /// Whether there is dropout, as published.
    #[serde(default)]
    pub dropout: bool,
    /// Learning rate.
    #[serde(default = "published_rate")]
    pub rate: f64,
}

fn published_rate() -> f64 {
    Settings::PUBLISHED.rate
}

/// What became of some updates of one cell.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Trained {
    /// Place of the cell in the comparison, from 0.
    pub cell: usize,
    /// Training loss of each update, in nats a word.
    pub losses: Vec<f64>,
    /// Validation loss after them, where it was requested.
    pub validation: Option<f64>,
    /// The best loss that can be reached on the validation text, where that is known: of made-up text.
    pub best: Option<f64>,
    /// Why the cell is not trained any further.
    pub diverged: Option<String>,
}

/// Cells in training.
pub struct Comparison {
    validation: Text,
    best: Option<f64>,
    cells: Vec<Trainer>,
}

impl ComparisonSettings {
    /// Checks that networks can be built and trained.
    ///
    /// # Errors
    /// [`Error::Size`] with the size at fault.
    pub fn check(&self) -> Result<()> {
        self.sizes.check()?;
        if self.rate.is_finite() && self.rate > 0.0 {
            return Ok(());
        }
        Err(Error::Size { name: "rate", value: 0, problem: format!("{} must be above 0", self.rate) })
    }

    /// All settings.
    pub fn settings(&self) -> Settings {
        let Self { sizes, seed, frozen, dropout, rate } = *self;
        let published = Settings::PUBLISHED;
        let dropout = if dropout { published.dropout } else { Dropout::NONE };
        let settings = Settings { rate, batch: sizes.batch, steps: sizes.steps, dropout, seed, ..published };
        if frozen { settings } else { settings.in_full() }
    }
}

impl Comparison {
    /// Untrained networks of `recipes`, which read `text` in its most frequent words, its last tenth to validate on, or
    /// made-up text.
    ///
    /// # Errors
    /// What of the settings or the text cannot be used.
    pub fn new(settings: &ComparisonSettings, recipes: Vec<Recipe>, text: Option<&str>) -> Result<Self> {
        settings.check()?;
        let sizes = &settings.sizes;
        let (training, validation, best) = match text {
            Some(text) => {
                let mut training = frequent_ids(text, sizes.vocabulary);
                let mut validation = training.split_off(training.len() - training.len() / 10);
                validation.truncate(VALIDATION);
                (training, validation, None)
            }
            None => {
                let source = Source::new(sizes.vocabulary, settings.seed);
                let text = |words, seed| source.text(words, settings.seed.wrapping_add(seed));
                let validation = text(VALIDATION, 2);
                (text(WORDS, 1).ids, validation.ids, Some(validation.best_loss))
            }
        };
        let training: Arc<Text> = Text::new(&training, sizes.batch)?.into();
        let validation = Text::new(&validation, sizes.batch)?;
        let trainer = |recipe: Recipe| {
            let weights = Weights::from_seed(&recipe, sizes, sizes.layers, settings.seed.into());
            Trainer::new(recipe.into(), *sizes, settings.settings(), weights, training.clone())
        };
        Ok(Self { validation, best, cells: recipes.into_iter().map(trainer).collect() })
    }

    /// How many cells there are.
    pub fn len(&self) -> usize {
        self.cells.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    /// Some updates of one cell, and its validation loss after them where `validate` requests it. A loss that grows
    /// instead of falling ends them, and is no error.
    ///
    /// # Errors
    /// [`Error::Size`] where there is no such cell; that the device fails.
    pub async fn advance(&mut self, cell: usize, updates: usize, validate: bool, device: &Device) -> Result<Trained> {
        let missing = || Error::Size { name: "cell", value: cell, problem: "there is none of this number".to_owned() };
        let trainer = self.cells.get_mut(cell).ok_or_else(missing)?;
        let mut trained = Trained { cell, losses: Vec::new(), validation: None, best: self.best, diverged: None };
        for _ in 0..updates {
            match trainer.step(device).await {
                Ok(step) => trained.losses.push(step.loss.cross_entropy),
                Err(error @ Error::Diverged { .. }) => {
                    trained.diverged = Some(error.to_string());
                    return Ok(trained);
                }
                Err(error) => return Err(error),
            }
        }
        trained.validation = validate.then(|| trainer.evaluate(&self.validation));
        Ok(trained)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::space::recurrent::CLASSIC;

    fn comparison(cells: &[usize], text: Option<&str>) -> Result<Comparison> {
        let sizes = Sizes { vocabulary: 40, embedding: 12, hidden: 12, layers: 1, batch: 8, steps: 10 };
        let settings = ComparisonSettings { sizes, seed: 0, frozen: false, dropout: false, rate: 5e-3 };
        let recipes = cells.iter().map(|&cell| Recipe::from_json(CLASSIC[cell].2).unwrap());
        Comparison::new(&settings, recipes.collect(), text)
    }

    fn advance(comparison: &mut Comparison, cell: usize, updates: usize) -> Trained {
        pollster::block_on(comparison.advance(cell, updates, true, &Device::Cpu)).unwrap()
    }

    /// Two networks in turns are each what they are alone.
    #[test]
    fn networks_advance_side_by_side() {
        let alone = advance(&mut comparison(&[0], None).unwrap(), 0, 12);
        let mut both = comparison(&[0, 1], None).unwrap();
        let parts = [advance(&mut both, 0, 5), advance(&mut both, 1, 5), advance(&mut both, 0, 7)];
        assert_eq!([parts[0].losses.clone(), parts[2].losses.clone()].concat(), alone.losses);
        assert_eq!(parts[2].validation, alone.validation);
        assert_ne!(parts[1].losses, parts[0].losses);
        let best = alone.best.unwrap();
        assert!(alone.validation.unwrap() > best && best > 1.0);
        let missing = pollster::block_on(both.advance(2, 1, false, &Device::Cpu)).unwrap_err().to_string();
        assert_eq!(missing, "size cell = 2: there is none of this number");
    }

    /// Two words in turns are learnt completely; a text of a few words is refused.
    #[test]
    fn a_text_of_ones_own_is_read() {
        let learnt = advance(&mut comparison(&[0], Some(&"a b ".repeat(2_000))).unwrap(), 0, 300);
        assert!(learnt.best.is_none() && learnt.validation.unwrap() < 0.2, "{learnt:?}");
        let problem = comparison(&[0], Some("a b")).err().unwrap().to_string();
        assert!(problem.contains("words are too few for 8 streams of three"), "{problem}");
    }
}
