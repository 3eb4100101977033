//! Files a visitor takes along.

use gloo::file::{Blob, ObjectUrl};
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use web_sys::HtmlAnchorElement;

/// Saves `text` as a file of this name and type.
pub fn save(name: &str, kind: &str, text: &str) {
    let url = ObjectUrl::from(Blob::new_with_options(text, Some(kind)));
    let Ok(Ok(link)) = document().create_element("a").map(JsCast::dyn_into::<HtmlAnchorElement>) else { return };
    link.set_href(&url);
    link.set_download(name);
    link.click();
}

/// Rows as CSV.
pub fn csv(header: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    // Writing into memory does not fail, and every row has as many cells as the header.
    _ = writer.write_record(header);
    rows.into_iter().for_each(|row| _ = writer.write_record(row));
    writer.into_inner().ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default()
}
