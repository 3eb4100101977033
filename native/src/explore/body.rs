//! Bodies of requests: received within limits of time and memory, and parsed outside the server's threads.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::Request;
use axum::http::StatusCode;
use serde::de::DeserializeOwned;
use serde_json::error::Category;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinError;
use tokio_stream::StreamExt as _;
use untrained_core::task::AnyTask;

use super::problem::Problem;

/// Largest body of a request, in bytes: a text and its vocabulary.
const LARGEST: usize = 8 << 20;

/// Largest total size of the bodies that are received, wait or are being scored, in bytes.
const TOTAL: usize = 128 << 20;

/// Bodies up to this size, in bytes, do not count in the total and are parsed in a separate lane, so that large ones of
/// another client do not delay them.
const SMALL: usize = 64 << 10;

/// Time limit for receiving a body.
const RECEIVE_LIMIT: Duration = Duration::from_secs(30);

/// The limits that all bodies share.
pub struct Bodies {
    room: Arc<Semaphore>,
    small: Arc<Semaphore>,
    large: Arc<Semaphore>,
}

/// A received and checked task.
pub struct Received {
    /// The task.
    pub task: AnyTask,
    /// The share of its body in the total, until this is dropped.
    _share: Permit,
}

/// The share of a body in the total; `None` for a small one.
type Permit = Option<OwnedSemaphorePermit>;

impl Bodies {
    /// No bodies yet.
    pub fn new() -> Self {
        let lane = || Arc::new(Semaphore::new(1));
        Self { room: Arc::new(Semaphore::new(TOTAL)), small: lane(), large: lane() }
    }

    /// Receives a task, which becomes one of a `kind`, and checks with `check` whether it can be run.
    ///
    /// # Errors
    /// What is wrong with the body or the task, or that there is currently no room for it.
    pub async fn task<T: DeserializeOwned + Send + 'static>(
        &self,
        request: Request,
        kind: fn(Box<T>) -> AnyTask,
        check: impl FnOnce(&AnyTask) -> untrained_core::Result<()> + Send + 'static,
    ) -> Result<Received, Problem> {
        let late = |_| Problem::new(StatusCode::REQUEST_TIMEOUT, "The body was not received in time.");
        let (bytes, share) = tokio::time::timeout(RECEIVE_LIMIT, self.receive(request)).await.map_err(late)??;
        let lane = if bytes.len() <= SMALL { &self.small } else { &self.large };
        let turn = Arc::clone(lane).acquire_owned().await;
        let read = move || {
            // Held even if the client has gone: one body at a time is parsed in each lane.
            let _turn = turn;
            let task = kind(Box::new(read(&bytes)?));
            check(&task).map_err(|error| refused(&error))?;
            Ok(Received { task, _share: share })
        };
        tokio::task::spawn_blocking(read).await.map_err(failed)?
    }

    /// The body, unless it is too large or there is no room for it. Then it is still received, but dropped: a client
    /// that is sending would otherwise see a broken connection instead of the reason.
    async fn receive(&self, request: Request) -> Result<(Vec<u8>, Permit), Problem> {
        let (mut bytes, mut length, mut share, mut full) = (Vec::new(), 0, None, false);
        let mut parts = request.into_body().into_data_stream();
        while let Some(part) = parts.next().await {
            let part = part.map_err(|_| Problem::new(StatusCode::BAD_REQUEST, "The body is incomplete."))?;
            length += part.len();
            full = full || length <= LARGEST && !self.grow(&mut share, length);
            if full || length > LARGEST {
                (bytes, share) = (Vec::new(), None);
            } else {
                bytes.extend_from_slice(&part);
            }
        }
        if length > LARGEST {
            let limit = format!("A body has at most {} MiB.", LARGEST >> 20);
            return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, limit));
        }
        if full {
            let why = "The tasks that wait are too large together; send this one again when some of them are done.";
            return Err(Problem::new(StatusCode::SERVICE_UNAVAILABLE, why));
        }
        Ok((bytes, share))
    }

    /// Takes the share of the total that a body of this length needs; returns whether it is available.
    fn grow(&self, share: &mut Permit, length: usize) -> bool {
        let taken = share.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
        // A body has at most `LARGEST` bytes.
        let more = u32::try_from(length.saturating_sub(SMALL + taken)).unwrap_or(u32::MAX);
        if more == 0 {
            return true;
        }
        let Ok(permit) = Arc::clone(&self.room).try_acquire_many_owned(more) else { return false };
        match share {
            Some(share) => share.merge(permit),
            None => *share = Some(permit),
        }
        true
    }
}

fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    serde_json::from_slice(bytes).map_err(|error| {
        let status = match error.classify() {
            Category::Data => StatusCode::UNPROCESSABLE_ENTITY,
            _ => StatusCode::BAD_REQUEST,
        };
        Problem::new(status, error.to_string())
    })
}

fn refused(error: &untrained_core::Error) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, error.to_string())
}

/// Why the check itself failed.
fn failed(error: JoinError) -> Problem {
    let panic = match error.try_into_panic() {
        Ok(panic) => panic,
        Err(_) => return Problem::new(StatusCode::SERVICE_UNAVAILABLE, "The companion is stopping."),
    };
    let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    let why = format!("The check of the task failed: {}.", text.unwrap_or("a panic without a text"));
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, why)
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    fn receive(bodies: &Bodies, length: usize) -> Result<(Vec<u8>, Permit), Problem> {
        let request = Request::new(Body::from(vec![b' '; length]));
        pollster::block_on(bodies.receive(request))
    }

    #[test]
    fn large_bodies_share_a_total_and_small_ones_always_come_through() {
        let bodies = Bodies::new();
        let mut held: Vec<_> = (0..TOTAL / LARGEST).map(|_| receive(&bodies, LARGEST).unwrap()).collect();
        // The first 64 KiB of each do not count.
        let rest = held.len() * SMALL;
        held.push(receive(&bodies, rest + SMALL).unwrap());
        assert_eq!(bodies.room.available_permits(), 0);
        assert_eq!(receive(&bodies, SMALL + 1).unwrap_err().status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(receive(&bodies, SMALL).unwrap().0.len(), SMALL);
        assert_eq!(receive(&bodies, LARGEST + 1).unwrap_err().status, StatusCode::PAYLOAD_TOO_LARGE);
        held.clear();
        assert_eq!(bodies.room.available_permits(), TOTAL);
        assert!(receive(&bodies, LARGEST).is_ok());
    }
}
