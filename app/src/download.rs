//! Files that a visitor saves.

use gloo::file::{Blob, ObjectUrl};
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::wasm_bindgen::closure::Closure;
use serde_json::{Map, Value};
use web_sys::{CanvasRenderingContext2d, HtmlAnchorElement, HtmlCanvasElement, HtmlImageElement};

/// Pixels of a picture per pixel of a drawing.
const DENSITY: u32 = 2;

/// A table to save.
pub struct Sheet {
    /// Names of the columns.
    pub header: Vec<&'static str>,
    /// As many cells as names.
    pub rows: Vec<Vec<String>>,
}

impl Sheet {
    fn csv(&self) -> String {
        let mut writer = csv::Writer::from_writer(Vec::new());
        // Writing into memory does not fail, and every row has as many cells as the header.
        _ = writer.write_record(&self.header);
        self.rows.iter().for_each(|row| _ = writer.write_record(row));
        writer.into_inner().ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default()
    }

    /// One array of objects.
    fn json(&self) -> String {
        let row = |row: &Vec<String>| -> Map<String, Value> {
            self.header.iter().map(|name| (*name).to_owned()).zip(row.iter().map(|text| cell(text))).collect()
        };
        let rows: Vec<_> = self.rows.iter().map(row).collect();
        serde_json::to_string_pretty(&rows).unwrap_or_default() + "\n"
    }
}

/// A cell in JSON: null where it is empty, a number or an object where it is one.
fn cell(text: &str) -> Value {
    let number = || -> Option<Value> {
        let whole = text.parse::<i64>().ok().map(Value::from);
        whole.or_else(|| serde_json::Number::from_f64(text.parse().ok()?).map(Value::Number))
    };
    match text.chars().next() {
        None => Value::Null,
        Some('{') => serde_json::from_str(text).unwrap_or_else(|_| text.into()),
        Some(_) => number().unwrap_or_else(|| text.into()),
    }
}

/// Buttons that save a table.
#[component]
pub fn Downloads(
    /// File name without its ending.
    name: &'static str,
    /// Builds the table when it is saved.
    #[prop(into)]
    sheet: Callback<(), Sheet>,
) -> impl IntoView {
    let csv = move |_| save(&format!("{name}.csv"), "text/csv", &sheet.run(()).csv());
    let json = move |_| save(&format!("{name}.json"), "application/json", &sheet.run(()).json());
    view! {
        <button class="quiet" on:click=csv>"Save as CSV"</button>
        <button class="quiet" on:click=json>"Save as JSON"</button>
    }
}

/// Saves `text` as a file of this name and type.
pub fn save(name: &str, kind: &str, text: &str) {
    let url = ObjectUrl::from(Blob::new_with_options(text, Some(kind)));
    follow(&url, name);
}

/// Saves what is on a canvas as PNG.
pub fn save_canvas(canvas: &HtmlCanvasElement, name: &str) {
    if let Ok(url) = canvas.to_data_url() {
        follow(&url, name);
    }
}

/// Saves a drawing as PNG, at twice its size.
pub fn save_picture(svg: &str, name: String) {
    let Ok(image) = HtmlImageElement::new() else { return };
    let url = ObjectUrl::from(Blob::new_with_options(svg, Some("image/svg+xml")));
    image.set_src(&url);
    let drawn = image.clone();
    let on_load = Closure::once_into_js(move || {
        // The picture is read from this address.
        let _url = url;
        if let Some(canvas) = painted(&drawn) {
            save_canvas(&canvas, &name);
        }
    });
    image.set_onload(Some(on_load.unchecked_ref()));
}

fn painted(image: &HtmlImageElement) -> Option<HtmlCanvasElement> {
    let canvas: HtmlCanvasElement = document().create_element("canvas").ok()?.dyn_into().ok()?;
    let (width, height) = (image.natural_width() * DENSITY, image.natural_height() * DENSITY);
    canvas.set_width(width);
    canvas.set_height(height);
    let context: CanvasRenderingContext2d = canvas.get_context("2d").ok()??.dyn_into().ok()?;
    let drawn = context.draw_image_with_html_image_element_and_dw_and_dh(image, 0.0, 0.0, width.into(), height.into());
    drawn.ok().map(|()| canvas)
}

fn follow(url: &str, name: &str) {
    let Ok(Ok(link)) = document().create_element("a").map(JsCast::dyn_into::<HtmlAnchorElement>) else {
        return;
    };
    link.set_href(url);
    link.set_download(name);
    link.click();
}
