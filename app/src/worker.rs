//! The worker on the processor: looks things up, and scores where there is no graphics card.

use untrained_app::devices::Devices;
use untrained_app::failure::{ReportingAllocator, report_panics};
use untrained_app::serve::serve;

#[global_allocator]
static ALLOCATOR: ReportingAllocator = ReportingAllocator;

fn main() {
    report_panics();
    serve(Devices::processor());
}
