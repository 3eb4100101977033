//! The life of a worker: it says what it scores on, then answers what its page asks, one question after the other. A page
//! that no longer wants an answer ends the worker and starts another.

use std::rc::Rc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};

use js_sys::global;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent};

use crate::answer::{Desk, answer};
use crate::devices::Devices;
use crate::failure::Failure;
use crate::message::{Reply, Request, Told};

/// Seconds between two words on how far an answer is.
const QUIET: f64 = 0.1;

/// Number of the request under way; 0 while the worker starts. A worker gets one request after the other.
static UNDER_WAY: AtomicU32 = AtomicU32::new(0);

/// Serves on these devices from now on.
pub fn serve(devices: Devices) {
    let ready = Told::Ready { device: devices.name() };
    let devices = Rc::new(devices);
    let on_message = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
        let devices = Rc::clone(&devices);
        spawn_local(async move { send(&reply(&event.data().as_string().unwrap_or_default(), &devices).await) });
    });
    scope().set_onmessage(Some(on_message.as_ref().unchecked_ref()));
    on_message.forget();
    send(&Reply { number: 0, told: Ok(ready) });
}

/// Reports that the request under way, or the start of the worker, failed.
pub fn fail(failure: Failure) {
    send(&Reply { number: UNDER_WAY.load(Ordering::Relaxed), told: Err(failure) });
}

async fn reply(text: &str, devices: &Devices) -> Reply {
    match serde_json::from_str::<Request>(text) {
        Ok(Request { number, ask }) => {
            UNDER_WAY.store(number, Ordering::Relaxed);
            let clock = || js_sys::Date::now() / 1e3;
            // Each word costs the page a drawing.
            let last = Mutex::new(clock());
            let tell = |share| {
                let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
                if clock() - *last >= QUIET {
                    *last = clock();
                    send(&Reply { number, told: Ok(Told::Progress(share)) });
                }
            };
            let desk = Desk { devices, clock: &clock, tell: &tell };
            Reply { number, told: answer(ask, &desk).await }
        }
        Err(error) => Reply { number: 0, told: Err(Failure::Refused(error.to_string())) },
    }
}

fn scope() -> DedicatedWorkerGlobalScope {
    global().unchecked_into()
}

fn send(reply: &Reply) {
    if let Ok(text) = serde_json::to_string(reply) {
        // A page that is gone cannot be told anything.
        _ = scope().post_message(&text.into());
    }
}
