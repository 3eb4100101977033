//! Serves connections with limits of time, so that no client keeps the companion from ending.

use std::pin::pin;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;

/// How long the header of a request may take, counted from the end of the request before it.
const HEADER: Duration = Duration::from_secs(10);

/// How long to wait after a connection could not be accepted, e.g. because there are too many open files.
const RETRY: Duration = Duration::from_millis(50);

/// Serves until `stop` is done, then lets the connections finish for at most `grace`. The connections that are still open
/// then end with the runtime.
pub async fn serve(listener: TcpListener, router: Router, stop: impl Future<Output = ()>, grace: Duration) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEADER);
    let open = GracefulShutdown::new();
    let mut stop = pin!(stop);
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut stop => break,
        };
        let Ok((stream, _)) = accepted else {
            tokio::time::sleep(RETRY).await;
            continue;
        };
        let connection = http.serve_connection(TokioIo::new(stream), TowerToHyperService::new(router.clone()));
        // A connection that breaks off concerns its client alone.
        tokio::spawn(open.watch(connection));
    }
    drop(listener);
    // What does not end by itself within the grace is cut.
    _ = tokio::time::timeout(grace, open.shutdown()).await;
}
