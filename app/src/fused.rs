//! The worker on the CPU, for browsers that multiply and add in one instruction.

use untrained_app::devices::Devices;
use untrained_app::failure::{ReportingAllocator, report_panics};
use untrained_app::serve::serve;

#[global_allocator]
static ALLOCATOR: ReportingAllocator = ReportingAllocator;

fn main() {
    report_panics();
    pulp_wasm_simd_flag::enable_relaxed_simd();
    serve(Devices::cpu());
}
