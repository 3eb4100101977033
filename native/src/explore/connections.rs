//! Serves connections with time limits, so that no client prevents the companion from stopping.

use std::pin::pin;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;

/// Time limit for the header of a request, from the end of the previous request.
const HEADER: Duration = Duration::from_secs(10);

/// How long to wait after a connection could not be accepted, e.g. because there are too many open files.
const RETRY: Duration = Duration::from_millis(50);

/// Serves until `stop` is done, then lets the connections finish for at most `grace`. The connections that are still
/// open then end with the runtime.
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
        // A broken connection affects only its client.
        tokio::spawn(open.watch(connection));
    }
    drop(listener);
    // Connections that do not end within the grace period are closed.
    _ = tokio::time::timeout(grace, open.shutdown()).await;
}
