//! The worker on a graphics card, through WebGPU, with the processor beside it.

use untrained_app::devices::Devices;
use untrained_app::serve::{refuse, serve};
use untrained_core::device;
use wasm_bindgen_futures::spawn_local;

fn main() {
    spawn_local(async {
        match device::wgpu().await {
            Ok(card) => serve(Devices::with_card(card)),
            Err(error) => refuse(error.to_string()),
        }
    });
}
