//! The workers: one looks things up, one scores. A page asks and waits; the browser stays free meanwhile.

use std::cell::RefCell;
use std::collections::HashMap;

use futures::channel::oneshot::{self, Sender};
use untrained_app::message::{Ask, Reply, Request, Told};
use wasm_bindgen::prelude::*;
use web_sys::{MessageEvent, Worker, WorkerOptions, WorkerType};

type Answer = Result<Told, String>;

thread_local! {
    static LOOKUP: RefCell<Client> = RefCell::default();
    static SCORER: RefCell<Client> = RefCell::default();
}

/// A worker and what it owes.
#[derive(Default)]
struct Client {
    worker: Option<Worker>,
    ready: bool,
    /// Number of the last request.
    last: u32,
    /// Asked before it was ready.
    queue: Vec<String>,
    waiting: HashMap<u32, Sender<Answer>>,
}

/// Looks something up.
///
/// # Errors
/// One sentence on why there is no answer.
pub async fn look_up(ask: Ask) -> Answer {
    wait(&LOOKUP, ask).await
}

/// Scores a network; [`stop`] ends it.
///
/// # Errors
/// One sentence on why there are no scores.
pub async fn score(ask: Ask) -> Answer {
    wait(&SCORER, ask).await
}

/// Ends whatever is being scored. What was answered before stays.
pub fn stop() {
    let Client { worker, waiting, .. } = SCORER.with(RefCell::take);
    if let Some(worker) = worker {
        worker.terminate();
    }
    give_up(waiting, "Stopped.");
}

type Place = &'static std::thread::LocalKey<RefCell<Client>>;

async fn wait(place: Place, ask: Ask) -> Answer {
    let (sender, receiver) = oneshot::channel();
    place.with_borrow_mut(|client| client.send(place, ask, sender))?;
    receiver.await.unwrap_or_else(|_| Err("Stopped.".to_owned()))
}

impl Client {
    fn send(&mut self, place: Place, ask: Ask, sender: Sender<Answer>) -> Result<(), String> {
        if self.worker.is_none() {
            self.worker = Some(start(place)?);
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

    fn receive(&mut self, reply: Reply) {
        if let Some(sender) = self.waiting.remove(&reply.number) {
            // The page may have moved on and no longer wait.
            _ = sender.send(reply.told);
            return;
        }
        self.ready = true;
        for text in self.queue.drain(..) {
            if let Some(worker) = &self.worker {
                _ = worker.post_message(&text.into());
            }
        }
    }
}

fn start(place: Place) -> Result<Worker, String> {
    let options = WorkerOptions::new();
    options.set_type(WorkerType::Module);
    let worker = Worker::new_with_options("worker.js", &options).map_err(|_| "This browser has no workers.")?;
    let on_message = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
        let text = event.data().as_string().unwrap_or_default();
        if let Ok(reply) = serde_json::from_str(&text) {
            place.with_borrow_mut(|client| client.receive(reply));
        }
    });
    worker.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
    on_message.forget();
    let on_error = Closure::<dyn Fn()>::new(move || {
        let Client { waiting, .. } = place.with(RefCell::take);
        give_up(waiting, "The computation failed: the sizes may need more memory than a browser gives.");
    });
    worker.set_onerror(Some(on_error.as_ref().unchecked_ref()));
    on_error.forget();
    Ok(worker)
}

fn give_up(waiting: HashMap<u32, Sender<Answer>>, why: &str) {
    for sender in waiting.into_values() {
        _ = sender.send(Err(why.to_owned()));
    }
}
