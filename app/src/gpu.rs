//! The worker on a GPU, through WebGPU; it also has the CPU.

use untrained_app::devices::Devices;
use untrained_app::failure::{ReportingAllocator, report_panics};
use untrained_app::serve::{fail, serve};
use untrained_core::devices;
use wasm_bindgen_futures::spawn_local;

#[global_allocator]
static ALLOCATOR: ReportingAllocator = ReportingAllocator;

unsafe extern "C" {
    /// Runs the static constructors of everything that is linked.
    fn __wasm_call_ctors();
}

fn main() {
    // Burn's compiler has some, and the linker runs them on every call into a module that never runs them by itself.
    // SAFETY: a function of the linker's without arguments, called once, before anything else.
    unsafe { __wasm_call_ctors() };
    report_panics();
    spawn_local(async {
        match devices::wgpu().await {
            Ok(gpu) => serve(Devices::with_gpu(gpu)),
            Err(error) => fail(error.into()),
        }
    });
}
