//! The life of a worker: it reports its device, then answers the queries of its page one after the other. A page that
//! no longer wants an answer terminates the worker and starts another.

use std::rc::Rc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};

use js_sys::global;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent};

use crate::answer::{Context, answer};
use crate::devices::Devices;
use crate::failure::Failure;
use crate::message::{Answer, Reply, Request};

/// Seconds between two reports of progress.
const INTERVAL: f64 = 0.1;

/// Number of the request under way; 0 while the worker starts. A worker gets one request after the other.
static UNDER_WAY: AtomicU32 = AtomicU32::new(0);

/// Answers queries on these devices from now on.
pub fn serve(devices: Devices) {
    let ready = Answer::Ready { device: devices.name() };
    let devices = Rc::new(devices);
    let on_message = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
        let devices = Rc::clone(&devices);
        spawn_local(async move { send(&reply(&event.data().as_string().unwrap_or_default(), &devices).await) });
    });
    scope().set_onmessage(Some(on_message.as_ref().unchecked_ref()));
    on_message.forget();
    send(&Reply { number: 0, answer: Ok(ready) });
}

/// Reports that the request under way, or the start of the worker, failed.
pub fn fail(failure: Failure) {
    send(&Reply { number: UNDER_WAY.load(Ordering::Relaxed), answer: Err(failure) });
}

async fn reply(text: &str, devices: &Devices) -> Reply {
    match serde_json::from_str::<Request>(text) {
        Ok(Request { number, query }) => {
            UNDER_WAY.store(number, Ordering::Relaxed);
            let clock = || js_sys::Date::now() / 1e3;
            // Each report costs the page a redraw.
            let last = Mutex::new(clock());
            let report = |share| {
                let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
                if clock() - *last >= INTERVAL {
                    *last = clock();
                    send(&Reply { number, answer: Ok(Answer::Progress(share)) });
                }
            };
            let context = Context { devices, clock: &clock, report: &report };
            Reply { number, answer: answer(query, &context).await }
        }
        Err(error) => Reply { number: 0, answer: Err(Failure::Refused(error.to_string())) },
    }
}

fn scope() -> DedicatedWorkerGlobalScope {
    global().unchecked_into()
}

fn send(reply: &Reply) {
    if let Ok(text) = serde_json::to_string(reply) {
        // Nothing can be sent to a page that is gone.
        _ = scope().post_message(&text.into());
    }
}
