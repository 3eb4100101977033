//! Whether this browser has a GPU that is worth loading the larger worker for.

use js_sys::{Function, Promise, Reflect};
use leptos::prelude::*;
use untrained_app::message::DevicePreference;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;

/// Names of adapters that compute on the CPU.
const SOFTWARE: [&str; 4] = ["swiftshader", "llvmpipe", "lavapipe", "basic render"];

/// The preference of the address: `device=cpu`, `device=webgpu`, or else the faster one.
pub fn preference() -> DevicePreference {
    let query = window().location().search().unwrap_or_default();
    let value = query.trim_start_matches('?').split('&').find_map(|pair| pair.strip_prefix("device="));
    value.and_then(DevicePreference::from_name).unwrap_or_default()
}

/// Whether there is a GPU in hardware.
pub async fn is_available() -> bool {
    adapter().await.is_ok_and(|adapter| adapter.is_some_and(|adapter| !is_software(&adapter)))
}

/// `navigator.gpu.requestAdapter()`, of which `web-sys` has no stable binding.
async fn adapter() -> Result<Option<JsValue>, JsValue> {
    let gpu = Reflect::get(&window().navigator(), &"gpu".into())?;
    if gpu.is_undefined() {
        return Ok(None);
    }
    let request: Function = Reflect::get(&gpu, &"requestAdapter".into())?.dyn_into()?;
    let adapter = JsFuture::from(request.call0(&gpu)?.dyn_into::<Promise>()?).await?;
    Ok((!adapter.is_null()).then_some(adapter))
}

fn is_software(adapter: &JsValue) -> bool {
    let Ok(info) = Reflect::get(adapter, &"info".into()) else { return false };
    let get = |key: &str| Reflect::get(&info, &key.into()).ok();
    let named = ["architecture", "device", "description"].iter().filter_map(|key| get(key)?.as_string());
    let fallback = get("isFallbackAdapter").is_some_and(|value| value.is_truthy());
    fallback || named.map(|name| name.to_lowercase()).any(|name| SOFTWARE.iter().any(|known| name.contains(known)))
}
