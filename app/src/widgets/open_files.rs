//! Opens files by a button, or by dropping them anywhere on the page. They stay in this tab.

use gloo::file::File;
use gloo::file::futures::read_as_text;
use leptos::ev::{dragover, drop};
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast as _;
use web_sys::{DragEvent, Event, FileList, HtmlInputElement};

/// A file's name, and its text if it is text.
pub type Opened = (String, Option<String>);

/// The area to drop files on.
#[component]
pub fn OpenFiles(
    /// Label.
    label: &'static str,
    /// Endings of the files that are offered.
    accept: &'static str,
    /// Where the report is in the page.
    report_id: &'static str,
    /// Report on the files that were opened last.
    #[prop(into)]
    report: Signal<String>,
    /// Called with all files that are opened at once; with none where a choice is taken back.
    on_open: Callback<Vec<Opened>>,
) -> impl IntoView {
    let open = move |list: Option<FileList>| {
        let files: Vec<File> = list.map(|list| gloo::file::FileList::from(list).to_vec()).unwrap_or_default();
        leptos::task::spawn_local(async move {
            let mut opened = Vec::new();
            for file in files {
                opened.push((file.name(), read_as_text(&file).await.ok()));
            }
            on_open.run(opened);
        });
    };
    let dropped = move |event: DragEvent| {
        event.prevent_default();
        open(event.data_transfer().and_then(|transfer| transfer.files()));
    };
    // Anywhere on the page: a browser would leave the page for a file that is dropped elsewhere on it.
    let over = window_event_listener(dragover, |event| event.prevent_default());
    let drops = window_event_listener(drop, dropped);
    on_cleanup(move || {
        over.remove();
        drops.remove();
    });
    let picked = move |event: Event| {
        let input = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok());
        open(input.and_then(|input| input.files()));
    };
    view! {
        <div class="drop">
            <label class="wide">
                <span>{label}</span>
                <input type="file" multiple accept=accept on:change=picked/>
            </label>
            <p role="status" id=report_id>{move || report.get()}</p>
        </div>
    }
}
