//! The worker: answers what its page asks, one question after the other. A page that no longer wants an answer ends
//! the worker and starts another.

use untrained_app::answer::answer;
use untrained_app::message::{Reply, Request, Told};
use wasm_bindgen::prelude::*;
use web_sys::{DedicatedWorkerGlobalScope, MessageEvent};

fn main() {
    let scope: DedicatedWorkerGlobalScope = js_sys::global().unchecked_into();
    let on_message = Closure::<dyn Fn(MessageEvent)>::new(|event: MessageEvent| {
        let text = event.data().as_string().unwrap_or_default();
        let reply = match serde_json::from_str::<Request>(&text) {
            Ok(Request { number, ask }) => Reply { number, told: answer(ask, || js_sys::Date::now() / 1e3) },
            Err(error) => Reply { number: 0, told: Err(error.to_string()) },
        };
        send(&reply);
    });
    scope.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
    on_message.forget();
    send(&Reply { number: 0, told: Ok(Told::Ready) });
}

fn send(reply: &Reply) {
    let scope: DedicatedWorkerGlobalScope = js_sys::global().unchecked_into();
    if let Ok(text) = serde_json::to_string(reply) {
        // A page that is gone cannot be told anything.
        _ = scope.post_message(&text.into());
    }
}
