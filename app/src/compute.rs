//! The workers: one looks things up, one scores. A page asks and waits; the browser stays free meanwhile.

mod card;
pub mod companion;
mod scorer;

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use futures::channel::oneshot::{self, Sender};
use leptos::prelude::*;
pub use scorer::{Scorer, Turn};
use untrained_app::failure::Failure;
use untrained_app::message::{Ask, Reply, Request, Told, Wish};
use untrained_core::task::Task;
use wasm_bindgen::prelude::*;
use web_sys::{ErrorEvent, Event, MessageEvent, Worker, WorkerOptions, WorkerType};

/// An answer, or one sentence on why there is none.
type Answer = Result<Told, String>;

/// What a worker sends.
type Reported = Result<Told, Failure>;

thread_local! {
    static LOOKUP: RefCell<Client> = RefCell::default();
    static SCORER: RefCell<Client> = RefCell::default();
    static SCORING: ArcRwSignal<Scoring> = ArcRwSignal::default();
    /// How often scoring was stopped.
    static STOPS: Cell<u32> = const { Cell::new(0) };
}

/// The worker on the processor.
const PROCESSOR: &str = "worker.js";

/// The worker on a graphics card.
const CARD: &str = "gpu.js";

/// What is known of the scoring that is under way.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Scoring {
    /// What it runs on; empty until the worker is ready.
    pub device: String,
    /// How much is done, between 0 and 1.
    pub share: f64,
    /// Where the companion does it, not this tab: what that runs on; empty until it begins.
    pub companion: Option<String>,
    /// When the worker was heard of last, in seconds.
    pub heard: f64,
    /// Whether there is no graphics card to use: none was found, or it could not be opened or computes wrongly.
    without_card: bool,
    /// Why the GPU is not used any more: one sentence on how it failed.
    pub gpu_failure: Option<String>,
}

/// A worker and what it owes.
#[derive(Default)]
struct Client {
    worker: Option<Worker>,
    script: &'static str,
    ready: bool,
    /// Number of the last request.
    last: u32,
    /// Asked before it was ready.
    queue: Vec<String>,
    waiting: HashMap<u32, Sender<Reported>>,
}

/// How far the scoring has come, and on what.
pub fn scoring() -> ArcRwSignal<Scoring> {
    SCORING.with(Clone::clone)
}

/// Looks something up.
///
/// # Errors
/// One sentence on why there is no answer.
pub async fn look_up(ask: Ask) -> Answer {
    wait(&LOOKUP, PROCESSOR, ask).await.map_err(Failure::sentence)
}

/// Scores a network on the device that the address names (`device=cpu` or `device=webgpu`), else on the GPU where it is
/// faster; if the GPU fails then, the CPU takes over. [`stop`] ends it.
///
/// # Errors
/// One sentence on why there are no scores.
pub async fn score(task: Task) -> Answer {
    scored(task).await.map_err(Failure::sentence)
}

async fn scored(task: Task) -> Reported {
    scoring().update(|scoring| (scoring.share, scoring.companion) = (0.0, None));
    let wish = card::wish();
    let ask = Ask::Score(Box::new(task), wish);
    match wish {
        Wish::Cpu => wait(&SCORER, PROCESSOR, ask).await,
        Wish::Webgpu => wait(&SCORER, CARD, ask).await,
        Wish::Auto => {
            // Where there is none it is never asked for again.
            let given_up = || scoring().with_untracked(|scoring| scoring.without_card);
            let stops = STOPS.get();
            if !given_up() && !card::is_there().await {
                scoring().update(|scoring| scoring.without_card = true);
            }
            if stops != STOPS.get() {
                return Err(stopped());
            }
            if !given_up() {
                match wait(&SCORER, CARD, ask.clone()).await {
                    Err(Failure::Failed(why)) => scoring().update(|scoring| {
                        scoring.share = 0.0;
                        scoring.without_card = true;
                        scoring.gpu_failure = Some(why);
                    }),
                    answer => return answer,
                }
            }
            wait(&SCORER, PROCESSOR, ask).await
        }
    }
}

/// Ends whatever is being scored. What was answered before stays.
pub fn stop() {
    STOPS.set(STOPS.get() + 1);
    companion::stop();
    SCORER.with(RefCell::take).end(&stopped());
}

fn stopped() -> Failure {
    Failure::Refused(STOPPED.to_owned())
}

type Place = &'static std::thread::LocalKey<RefCell<Client>>;

async fn wait(place: Place, script: &'static str, ask: Ask) -> Reported {
    let (sender, receiver) = oneshot::channel();
    if place.with_borrow(|client| client.script != script) {
        place.with(RefCell::take).end(&stopped());
    }
    place.with_borrow_mut(|client| client.send(place, script, ask, sender)).map_err(Failure::Failed)?;
    receiver.await.unwrap_or_else(|_| Err(stopped()))
}

impl Client {
    fn send(&mut self, place: Place, script: &'static str, ask: Ask, sender: Sender<Reported>) -> Result<(), String> {
        if self.worker.is_none() {
            self.worker = Some(start(place, script)?);
            self.script = script;
        }
        self.last += 1;
        let text = serde_json::to_string(&Request { number: self.last, ask }).map_err(|error| error.to_string())?;
        self.waiting.insert(self.last, sender);
        match &self.worker {
            Some(worker) if self.ready => {
                worker.post_message(&text.into()).map_err(|_| "The worker is gone.".to_owned())
            }
            _ => {
                self.queue.push(text);
                Ok(())
            }
        }
    }

    fn receive(&mut self, Reply { number, told }: Reply) {
        match told {
            Ok(Told::Progress(share)) => scoring().update(|scoring| {
                scoring.share = share;
                scoring.heard = js_sys::Date::now() / 1e3;
            }),
            Ok(Told::Ready { device }) => self.begin(device),
            // It did not start, or stopped for good.
            Err(failure @ Failure::Failed(_)) => std::mem::take(self).end(&failure),
            Err(failure) if number == 0 => std::mem::take(self).end(&failure),
            told => {
                if let Some(sender) = self.waiting.remove(&number) {
                    // The page may have moved on and no longer wait.
                    _ = sender.send(told);
                }
            }
        }
    }

    fn begin(&mut self, device: String) {
        scoring().update(|scoring| scoring.device = device);
        self.ready = true;
        for text in self.queue.drain(..) {
            if let Some(worker) = &self.worker {
                _ = worker.post_message(&text.into());
            }
        }
    }

    /// Ends the worker, of which nothing is heard any more; whoever waits gets the reason.
    fn end(self, why: &Failure) {
        if let Some(worker) = self.worker {
            worker.set_onmessage(None);
            worker.set_onerror(None);
            worker.terminate();
        }
        for sender in self.waiting.into_values() {
            _ = sender.send(Err(why.clone()));
        }
    }
}

fn start(place: Place, script: &str) -> Result<Worker, String> {
    let options = WorkerOptions::new();
    options.set_type(WorkerType::Module);
    let worker = Worker::new_with_options(script, &options).map_err(|_| "This browser has no workers.")?;
    let on_message = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
        let text = event.data().as_string().unwrap_or_default();
        if let Ok(reply) = serde_json::from_str(&text) {
            place.with_borrow_mut(|client| client.receive(reply));
        }
    });
    worker.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
    on_message.forget();
    let on_error = Closure::<dyn Fn(Event)>::new(move |event| place.with(RefCell::take).end(&ended(&event)));
    worker.set_onerror(Some(on_error.as_ref().unchecked_ref()));
    on_error.forget();
    Ok(worker)
}

/// What a scoring that was stopped tells.
pub const STOPPED: &str = "Stopped.";

/// A worker that ended without a word of its own: what the browser says of it.
fn ended(event: &Event) -> Failure {
    let message = event.dyn_ref::<ErrorEvent>().map(ErrorEvent::message).filter(|message| !message.is_empty());
    Failure::Failed(message.map_or_else(
        || "The worker could not be loaded.".to_owned(),
        |message| format!("The worker stopped: {message}."),
    ))
}
