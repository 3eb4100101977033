//! The companion: the program that serves the explorer from this machine, where it does, and scores what a tab cannot.

use std::cell::RefCell;
use std::io;

use futures::{AsyncBufReadExt as _, StreamExt as _, TryStreamExt as _};
use gloo::net::http::{Request, Response};
use js_sys::Uint8Array;
use leptos::prelude::*;
use serde::Deserialize;
use untrained_app::message::Told;
use untrained_core::task::{Event, Task};
use wasm_streams::ReadableStream;
use web_sys::AbortController;

use super::{Answer, STOPPED, scoring};

/// What it calls itself; the pages of another server say that there is none.
const PROGRAM: &str = "untrained";

const NO_CONNECTION: &str = "The companion cannot be reached. Start 'untrained explore' again, then score again.";

const ENDED: &str = "The connection to the companion ended before the task did. Score again.";

const NOT_UNDERSTOOD: &str = "The companion sent a line that this page does not understand; it may be of another \
                              version. Load the page again.";

thread_local! {
    static UNDER_WAY: RefCell<Option<AbortController>> = const { RefCell::new(None) };
}

/// How it is.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Health {
    program: String,
    /// Its version.
    pub version: String,
}

/// The companion, where it is what serves this page.
pub async fn health() -> Option<Health> {
    let answer = Request::get("api/health").send().await.ok()?;
    answer.json::<Health>().await.ok().filter(|health| health.program == PROGRAM)
}

/// Has it score a task; [`stop`] ends that.
///
/// # Errors
/// One sentence on why there are no scores.
pub async fn score(task: &Task) -> Answer {
    scoring().update(|scoring| (scoring.share, scoring.companion) = (0.0, Some(String::new())));
    let controller = AbortController::new().map_err(|_| "This browser cannot end a request.")?;
    let signal = controller.signal();
    UNDER_WAY.replace(Some(controller));
    let request =
        Request::post("api/score").abort_signal(Some(&signal)).json(task).map_err(|error| error.to_string())?;
    let answer = async {
        let answer = request.send().await.map_err(|_| NO_CONNECTION.to_owned())?;
        if answer.ok() { listen(answer).await } else { Err(problem(answer).await) }
    };
    let told = answer.await;
    if signal.aborted() { Err(STOPPED.to_owned()) } else { told }
}

/// Ends what it scores.
pub fn stop() {
    if let Some(controller) = UNDER_WAY.take() {
        controller.abort();
    }
}

/// Hears event after event until the last one.
async fn listen(answer: Response) -> Answer {
    let lost = |_| io::Error::other(ENDED);
    let stream = ReadableStream::from_raw(answer.body().ok_or(ENDED)?).into_stream();
    let bytes = stream.map(|part| part.map(|value| Uint8Array::new(&value).to_vec()).map_err(lost));
    let mut lines = bytes.into_async_read().lines();
    let mut records = Vec::new();
    while let Some(Ok(line)) = lines.next().await {
        let event = serde_json::from_str(&line).map_err(|_| NOT_UNDERSTOOD)?;
        match event {
            Event::Queued { .. } => {}
            Event::Started { device } => scoring().update(|scoring| scoring.companion = Some(device)),
            Event::Progress(share) => scoring().update(|scoring| scoring.share = share),
            Event::Record(record) => records.push(record),
            Event::Finished { .. } => return Ok(Told::Records(records)),
            Event::Problem(why) => return Err(why),
        }
    }
    Err(ENDED.to_owned())
}

/// Why a task was refused.
async fn problem(answer: Response) -> String {
    #[derive(Deserialize)]
    struct Refused {
        problem: String,
    }
    let status = answer.status();
    let without = |_| format!("The companion refused the task without a reason (HTTP status {status}).");
    answer.json::<Refused>().await.map_or_else(without, |refused| refused.problem)
}
