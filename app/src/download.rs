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

/// Rows as CSV; a cell with a comma or a quote is quoted.
pub fn csv(header: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let header: Vec<String> = header.iter().map(|&name| name.to_owned()).collect();
    let line = |cells: Vec<String>| cells.iter().map(|cell| quoted(cell)).collect::<Vec<_>>().join(",") + "\n";
    std::iter::once(header).chain(rows).map(line).collect()
}

fn quoted(cell: &str) -> String {
    if cell.contains([',', '"', '\n']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell.to_owned() }
}
