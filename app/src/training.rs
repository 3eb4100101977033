//! Networks in training in a worker: the page requests a few updates of one network at a time, so that all of them
//! advance side by side, and that it can stop at any moment.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use untrained_core::corpus::frequent_ids;
use untrained_core::corpus::source::Source;
use untrained_core::device::Device;
use untrained_core::network::recurrent::{Sizes, Weights};
use untrained_core::space::recurrent::Recipe;
use untrained_core::training::recurrent::{Dropout, Settings, Text, Trainer};

use crate::failure::Failure;

/// Words of made-up text to train on.
const WORDS: usize = 200_000;

/// Words of made-up text to validate on.
const VALIDATION: usize = 5_000;

/// Learning rate: five times the published one, for these networks are small and their runs short.
const RATE: f64 = 5e-3;

/// A few updates of one network.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrainRequest {
    /// Number of the run; a new one begins with untrained networks.
    pub run: u32,
    /// Number of the network in the run.
    pub network: usize,
    /// The cell.
    pub recipe: Recipe,
    /// Sizes of the network.
    pub sizes: Sizes,
    /// Seed of the weights.
    pub seed: u32,
    /// Whether recurrent matrices keep their initial values, as in NAS-Bench-NLP.
    pub frozen: bool,
    /// How many.
    pub updates: usize,
    /// Whether to validate after them.
    pub validate: bool,
    /// Text to read, in the first request of a run; made up without it.
    pub text: Option<String>,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Trained {
    /// Training loss of each update, in nats a word.
    pub losses: Vec<f64>,
    /// Validation loss, where it was requested.
    pub validation: Option<f64>,
    /// The best loss that can be reached on the validation text, where that is known: of made-up text.
    pub best: Option<f64>,
    /// Why the network is not trained any further.
    pub diverged: Option<String>,
}

/// The networks of a run.
struct TrainingRun {
    number: u32,
    text: Arc<Text>,
    validation: Text,
    best: Option<f64>,
    networks: HashMap<usize, Trainer>,
}

thread_local! {
    static RUN: RefCell<Option<TrainingRun>> = const { RefCell::new(None) };
}

/// Makes the updates of a request on the CPU, which is faster than a GPU for networks of these sizes.
///
/// # Errors
/// What of the sizes cannot be.
pub async fn train(request: TrainRequest) -> Result<Trained, Failure> {
    request.sizes.check()?;
    let mut run = match RUN.take().filter(|run| run.number == request.run) {
        Some(run) => run,
        None => TrainingRun::new(&request)?,
    };
    let text = run.text.clone();
    let network = run.networks.entry(request.network).or_insert_with(|| trainer(&request, text));
    let mut trained = Trained { losses: Vec::new(), validation: None, best: run.best, diverged: None };
    for _ in 0..request.updates {
        match network.step(&Device::Cpu).await {
            Ok(step) => trained.losses.push(step.loss.cross_entropy),
            Err(error) => {
                trained.diverged = Some(error.to_string());
                break;
            }
        }
    }
    if request.validate && trained.diverged.is_none() {
        trained.validation = Some(network.evaluate(&run.validation));
    }
    RUN.set(Some(run));
    Ok(trained)
}

impl TrainingRun {
    fn new(request: &TrainRequest) -> Result<Self, Failure> {
        if let Some(text) = &request.text {
            return Self::of_text(request, text);
        }
        let source = Source::new(request.sizes.vocabulary, request.seed);
        let training = source.text(WORDS, request.seed.wrapping_add(1));
        let validation = source.text(VALIDATION, request.seed.wrapping_add(2));
        Ok(Self {
            number: request.run,
            text: Text::new(&training.ids, request.sizes.batch)?.into(),
            validation: Text::new(&validation.ids, request.sizes.batch)?,
            best: Some(validation.best_loss),
            networks: HashMap::new(),
        })
    }

    /// The most frequent words of a text; the last tenth is validated on.
    fn of_text(request: &TrainRequest, text: &str) -> Result<Self, Failure> {
        let mut training = frequent_ids(text, request.sizes.vocabulary);
        let mut validation = training.split_off(training.len() - training.len() / 10);
        validation.truncate(VALIDATION);
        Ok(Self {
            number: request.run,
            text: Text::new(&training, request.sizes.batch)?.into(),
            validation: Text::new(&validation, request.sizes.batch)?,
            best: None,
            networks: HashMap::new(),
        })
    }
}

fn trainer(request: &TrainRequest, text: Arc<Text>) -> Trainer {
    let TrainRequest { sizes, seed, .. } = *request;
    let all = Settings {
        rate: RATE,
        batch: sizes.batch,
        steps: sizes.steps,
        dropout: Dropout::NONE,
        seed,
        ..Settings::PUBLISHED
    };
    let settings = if request.frozen { all } else { all.in_full() };
    let weights = Weights::from_seed(&request.recipe, &sizes, sizes.layers, seed.into());
    Trainer::new(Arc::new(request.recipe.clone()), sizes, settings, weights, text)
}

#[cfg(test)]
mod tests {
    use untrained_core::space::recurrent::CLASSIC;

    use super::*;

    fn request(run: u32, network: usize, updates: usize) -> TrainRequest {
        let recipe = Recipe::from_json(CLASSIC[network].2).unwrap();
        let sizes = Sizes { vocabulary: 40, embedding: 12, hidden: 12, layers: 1, batch: 8, steps: 10 };
        TrainRequest { run, network, recipe, sizes, seed: 0, frozen: false, updates, validate: true, text: None }
    }

    fn trained(request: TrainRequest) -> Trained {
        pollster::block_on(train(request)).unwrap()
    }

    /// Two networks in turns are each what they are alone; another run begins anew.
    #[test]
    fn networks_advance_side_by_side() {
        let alone = trained(request(1, 0, 12));
        let parts = [trained(request(2, 0, 5)), trained(request(2, 1, 5)), trained(request(2, 0, 7))];
        assert_eq!([parts[0].losses.clone(), parts[2].losses.clone()].concat(), alone.losses);
        assert_eq!(parts[2].validation, alone.validation);
        assert_ne!(parts[1].losses, parts[0].losses);
        let best = alone.best.unwrap();
        assert!(alone.validation.unwrap() > best && best > 1.0);
        assert_eq!(trained(request(3, 0, 12)), alone);
    }

    /// Two words in turns are learnt completely; a text of a few words is refused.
    #[test]
    fn a_text_of_ones_own_is_read() {
        let with = |run, text: String| TrainRequest { text: Some(text), ..request(run, 0, 300) };
        let learnt = trained(with(4, "a b ".repeat(2_000)));
        assert!(learnt.best.is_none() && learnt.validation.unwrap() < 0.2, "{learnt:?}");
        let failure = pollster::block_on(train(with(5, "a b".to_owned()))).unwrap_err();
        assert!(format!("{failure:?}").contains("words are too few for 8 streams of three"), "{failure:?}");
    }
}
