//! What a worker scores on.

use std::cell::RefCell;
use std::collections::HashMap;

use untrained_core::device::Device;
use untrained_core::job::Job;
use untrained_core::network::recurrent::Sizes;
use untrained_core::progress::Progress;
use untrained_core::run;
use untrained_core::task::Work;

use crate::message::Wish;

/// Steps of the trial that tells which device is faster.
const TRIAL: usize = 2;

/// The processor, and the graphics card where one is open.
pub struct Devices {
    card: Option<Device>,
    /// Whether the card won the trial, by sizes, and by whether there is a way back.
    card_wins: RefCell<HashMap<(Sizes, bool), bool>>,
}

impl Devices {
    /// The processor alone.
    pub fn processor() -> Self {
        Self { card: None, card_wins: RefCell::default() }
    }

    /// A card that passed its check.
    pub fn with_card(card: Device) -> Self {
        Self { card: Some(card), card_wins: RefCell::default() }
    }

    /// What a page shows.
    pub fn name(&self) -> String {
        self.card.as_ref().unwrap_or(&Device::Processor).name().to_owned()
    }

    /// The device for a job: the one that is wished for, else the faster one.
    ///
    /// # Errors
    /// That the card failed.
    pub async fn choose(&self, work: &Work, wish: Wish, clock: impl Fn() -> f64) -> untrained_core::Result<&Device> {
        match (&self.card, wish) {
            (None, _) | (_, Wish::Cpu) => Ok(&Device::Processor),
            (Some(card), Wish::Webgpu) => Ok(card),
            (Some(card), Wish::Auto) if card.is_software() => Ok(&Device::Processor),
            (Some(card), Wish::Auto) => {
                // Two steps of a cell tell; an encoder has none, and as many large products as cards are made for.
                let Work::Cell(job) = work else { return Ok(card) };
                let needs = job.needs();
                if needs.is_empty() {
                    return Ok(&Device::Processor);
                }
                let kind = (job.sizes, needs.gradient());
                let known = self.card_wins.borrow().get(&kind).copied();
                let wins = match known {
                    Some(wins) => wins,
                    None => wins(card, job, clock).await?,
                };
                self.card_wins.borrow_mut().insert(kind, wins);
                Ok(if wins { card } else { &Device::Processor })
            }
        }
    }
}

/// Whether the card runs the first steps of a job faster than the processor. Its first run is not counted: it compiles.
async fn wins(card: &Device, job: &Job, clock: impl Fn() -> f64) -> untrained_core::Result<bool> {
    let job = job.first_steps(TRIAL);
    run::observe(&job, card, &Progress::default()).await?;
    let start = clock();
    run::observe(&job, card, &Progress::default()).await?;
    let between = clock();
    run::observe(&job, &Device::Processor, &Progress::default()).await?;
    Ok(between - start < clock() - between)
}
