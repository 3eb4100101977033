//! The workers: one looks things up, one scores. A page sends queries and waits; the browser stays responsive
//! meanwhile.

pub mod companion;
mod gpu;
mod scorer;

use std::cell::{Cell, RefCell};
use std::collections::HashMap;

use futures::channel::oneshot::{self, Sender};
use leptos::prelude::*;
pub use scorer::{Scorer, Turn};
use untrained_app::failure::Failure;
use untrained_app::message::{Answer, DevicePreference, Query, Reply, Request};
use untrained_app::training::TrainRequest;
use untrained_core::task::Task;
use wasm_bindgen::prelude::*;
use web_sys::{ErrorEvent, Event, MessageEvent, Worker, WorkerOptions, WorkerType};

/// An answer, or one sentence on why there is none.
type Answered = Result<Answer, String>;

/// The result that a worker sends.
type Reported = Result<Answer, Failure>;

thread_local! {
    static LOOKUP: RefCell<Client> = RefCell::default();
    static SCORER: RefCell<Client> = RefCell::default();
    static SCORING: ArcRwSignal<Scoring> = ArcRwSignal::default();
    /// How often scoring was stopped.
    static STOPS: Cell<u32> = const { Cell::new(0) };
}

/// The worker on the CPU.
const CPU: &str = "worker.js";

/// The worker on a GPU.
const GPU: &str = "gpu.js";

/// The state of the current scoring.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Scoring {
    /// The device; empty until the worker is ready.
    pub device: String,
    /// The share that is done, between 0 and 1.
    pub share: f64,
    /// If the companion scores and not this tab: its device; empty until it begins.
    pub companion: Option<String>,
    /// When the worker last sent a message, in seconds.
    pub last_message: f64,
    /// Whether there is no GPU to use: none was found, or it could not be opened or computes wrongly.
    without_gpu: bool,
    /// Why the GPU is no longer used: one sentence on how it failed.
    pub gpu_failure: Option<String>,
}

/// A worker and the requests it has not answered.
#[derive(Default)]
struct Client {
    worker: Option<Worker>,
    script: &'static str,
    ready: bool,
    /// Number of the last request.
    last: u32,
    /// Requests from before it was ready.
    queue: Vec<String>,
    waiting: HashMap<u32, Sender<Reported>>,
}

/// The state of the scoring.
pub fn scoring() -> ArcRwSignal<Scoring> {
    SCORING.with(Clone::clone)
}

/// Looks something up.
///
/// # Errors
/// One sentence on why there is no answer.
pub async fn look_up(query: Query) -> Answered {
    wait(&LOOKUP, CPU, query).await.map_err(Failure::sentence)
}

/// Scores a network on the device that the address names (`device=cpu` or `device=webgpu`), else on the GPU where it is
/// faster; if the GPU fails then, the CPU takes over. [`stop`] ends it.
///
/// # Errors
/// One sentence on why there are no scores.
pub async fn score(task: Task) -> Answered {
    score_on_preferred(task).await.map_err(Failure::sentence)
}

/// A few updates of a cell in training, on the CPU. [`stop`] ends it.
///
/// # Errors
/// One sentence on why there are none.
pub async fn train(request: TrainRequest) -> Answered {
    wait(&SCORER, CPU, Query::Train(Box::new(request))).await.map_err(Failure::sentence)
}

async fn score_on_preferred(task: Task) -> Reported {
    scoring().update(|scoring| (scoring.share, scoring.companion) = (0.0, None));
    let preference = gpu::preference();
    let query = Query::Score(Box::new(task), preference);
    match preference {
        DevicePreference::Cpu => wait(&SCORER, CPU, query).await,
        DevicePreference::Webgpu => wait(&SCORER, GPU, query).await,
        DevicePreference::Auto => {
            // Where there is none, it is never requested again.
            let given_up = || scoring().with_untracked(|scoring| scoring.without_gpu);
            let stops = STOPS.get();
            if !given_up() && !gpu::is_available().await {
                scoring().update(|scoring| scoring.without_gpu = true);
            }
            if stops != STOPS.get() {
                return Err(stopped());
            }
            if !given_up() {
                match wait(&SCORER, GPU, query.clone()).await {
                    Err(Failure::Failed(why)) => scoring().update(|scoring| {
                        scoring.share = 0.0;
                        scoring.without_gpu = true;
                        scoring.gpu_failure = Some(why);
                    }),
                    answer => return answer,
                }
            }
            wait(&SCORER, CPU, query).await
        }
    }
}

/// Stops the current scoring. Earlier answers stay.
pub fn stop() {
    STOPS.set(STOPS.get() + 1);
    companion::stop();
    SCORER.with(RefCell::take).end(&stopped());
}

fn stopped() -> Failure {
    Failure::Refused(STOPPED.to_owned())
}

type ClientKey = &'static std::thread::LocalKey<RefCell<Client>>;

async fn wait(key: ClientKey, script: &'static str, query: Query) -> Reported {
    let (sender, receiver) = oneshot::channel();
    if key.with_borrow(|client| client.script != script) {
        key.with(RefCell::take).end(&stopped());
    }
    key.with_borrow_mut(|client| client.send(key, script, query, sender)).map_err(Failure::Failed)?;
    receiver.await.unwrap_or_else(|_| Err(stopped()))
}

impl Client {
    fn send(
        &mut self,
        key: ClientKey,
        script: &'static str,
        query: Query,
        sender: Sender<Reported>,
    ) -> Result<(), String> {
        if self.worker.is_none() {
            self.worker = Some(start(key, script)?);
            self.script = script;
        }
        self.last += 1;
        let text = serde_json::to_string(&Request { number: self.last, query }).map_err(|error| error.to_string())?;
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

    fn receive(&mut self, Reply { number, answer }: Reply) {
        match answer {
            Ok(Answer::Progress(share)) => scoring().update(|scoring| {
                scoring.share = share;
                scoring.last_message = js_sys::Date::now() / 1e3;
            }),
            Ok(Answer::Ready { device }) => self.begin(device),
            // It stopped for good.
            Err(failure @ Failure::Failed(_)) => std::mem::take(self).end(&failure),
            // It did not start.
            Err(failure) if number == 0 => std::mem::take(self).end(&failure),
            answer => {
                if let Some(sender) = self.waiting.remove(&number) {
                    // The page may have moved on and no longer wait.
                    _ = sender.send(answer);
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

    /// Terminates the worker; whoever waits gets the reason.
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

/// Starts a worker; the query of its address names the edition, as in the address of the page's own script.
fn start(key: ClientKey, script: &str) -> Result<Worker, String> {
    let options = WorkerOptions::new();
    options.set_type(WorkerType::Module);
    let worker = Worker::new_with_options(&format!("{script}{}", edition()), &options)
        .map_err(|_| "This browser has no workers.")?;
    let on_message = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
        let text = event.data().as_string().unwrap_or_default();
        if let Ok(reply) = serde_json::from_str(&text) {
            key.with_borrow_mut(|client| client.receive(reply));
        }
    });
    worker.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
    on_message.forget();
    let on_error = Closure::<dyn Fn(Event)>::new(move |event| key.with(RefCell::take).end(&ended(&event)));
    worker.set_onerror(Some(on_error.as_ref().unchecked_ref()));
    on_error.forget();
    Ok(worker)
}

/// The query that the build gives to the address of the page's script; empty where there is none.
fn edition() -> String {
    let script = document().query_selector("script[src^=\"boot.js\"]").ok().flatten();
    let address = script.and_then(|script| script.get_attribute("src")).unwrap_or_default();
    address.strip_prefix("boot.js").unwrap_or_default().to_owned()
}

/// The message of a scoring that was stopped.
pub const STOPPED: &str = "Stopped.";

/// The failure of a worker that ended without a message of its own: what the browser reports.
fn ended(event: &Event) -> Failure {
    let message = event.dyn_ref::<ErrorEvent>().map(ErrorEvent::message).filter(|message| !message.is_empty());
    Failure::Failed(message.map_or_else(
        || "The worker could not be loaded.".to_owned(),
        |message| format!("The worker stopped: {message}."),
    ))
}
