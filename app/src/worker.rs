//! The worker on the CPU: answers queries, and scores where there is no GPU.

use untrained_app::devices::Devices;
use untrained_app::failure::{ReportingAllocator, report_panics};
use untrained_app::serve::serve;

#[global_allocator]
static ALLOCATOR: ReportingAllocator = ReportingAllocator;

fn main() {
    report_panics();
    serve(Devices::cpu());
}
