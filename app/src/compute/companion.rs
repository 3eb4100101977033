//! The companion: the native program, if it serves this explorer; it scores and trains what a tab cannot.

use std::cell::RefCell;
use std::io;

use futures::{AsyncBufReadExt as _, StreamExt as _, TryStreamExt as _};
use gloo::net::http::{Request, Response};
use js_sys::Uint8Array;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use untrained_app::message::Answer;
use untrained_core::task::{Event, Task, TrainingTask};
use wasm_streams::ReadableStream;
use web_sys::AbortController;

use super::{Answered, STOPPED, scoring};

/// The name by which it identifies itself.
const PROGRAM: &str = "untrained";

const NO_CONNECTION: &str = "The companion cannot be reached. Start 'untrained explore' again, then try again.";

const ENDED: &str = "The connection to the companion ended before the task did. Try again.";

const NOT_UNDERSTOOD: &str = "The companion sent a line that this page does not understand; it may be of another \
                              version. Load the page again.";

thread_local! {
    static UNDER_WAY: RefCell<Option<AbortController>> = const { RefCell::new(None) };
}

/// Its state.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Health {
    program: String,
    /// Its version.
    pub version: String,
}

/// The companion's state, if it serves this page.
pub async fn health() -> Option<Health> {
    let response = Request::get("api/health").send().await.ok()?;
    response.json::<Health>().await.ok().filter(|health| health.program == PROGRAM)
}

/// Scores a task with the companion; [`stop`] ends that.
///
/// # Errors
/// One sentence on why there are no scores.
pub async fn score(task: &Task) -> Answered {
    scoring().update(|scoring| scoring.share = 0.0);
    let mut records = Vec::new();
    let each = |event| match event {
        Event::Progress(share) => scoring().update(|scoring| scoring.share = share),
        Event::Record(record) => records.push(record),
        _ => {}
    };
    call("api/score", task, each).await?;
    Ok(Answer::Records(records))
}

/// Trains cells with the companion; `each` is called with every event, and [`stop`] ends it.
///
/// # Errors
/// One sentence on why there is no more.
pub async fn train(task: &TrainingTask, each: impl FnMut(Event)) -> Result<(), String> {
    call("api/train", task, each).await
}

/// Sends a task to a call, and passes on its events until the last one.
async fn call<T: Serialize>(path: &str, task: &T, each: impl FnMut(Event)) -> Result<(), String> {
    scoring().update(|scoring| scoring.companion = Some(String::new()));
    let controller = AbortController::new().map_err(|_| "This browser cannot end a request.")?;
    let signal = controller.signal();
    UNDER_WAY.replace(Some(controller));
    let request = Request::post(path).abort_signal(Some(&signal)).json(task).map_err(|error| error.to_string())?;
    let answered = async {
        let response = request.send().await.map_err(|_| NO_CONNECTION.to_owned())?;
        if response.ok() { receive(response, each).await } else { Err(problem(response).await) }
    };
    let ended = answered.await;
    if signal.aborted() { Err(STOPPED.to_owned()) } else { ended }
}

/// Stops the current scoring.
pub fn stop() {
    if let Some(controller) = UNDER_WAY.take() {
        controller.abort();
    }
}

/// Receives events until the last one.
async fn receive(response: Response, mut each: impl FnMut(Event)) -> Result<(), String> {
    let lost = |_| io::Error::other(ENDED);
    let stream = ReadableStream::from_raw(response.body().ok_or(ENDED)?).into_stream();
    let bytes = stream.map(|part| part.map(|value| Uint8Array::new(&value).to_vec()).map_err(lost));
    let mut lines = bytes.into_async_read().lines();
    while let Some(Ok(line)) = lines.next().await {
        let event = serde_json::from_str(&line).map_err(|_| NOT_UNDERSTOOD)?;
        if let Event::Started { device } = &event {
            scoring().update(|scoring| scoring.companion = Some(device.clone()));
        }
        match event {
            Event::Finished { .. } => return Ok(()),
            Event::Problem(why) => return Err(why),
            event => each(event),
        }
    }
    Err(ENDED.to_owned())
}

/// Why a task was refused.
async fn problem(response: Response) -> String {
    #[derive(Deserialize)]
    struct Refused {
        problem: String,
    }
    let status = response.status();
    let without = |_| format!("The companion refused the task without a reason (HTTP status {status}).");
    response.json::<Refused>().await.map_or_else(without, |refused| refused.problem)
}
