//! What stands around every page.

use leptos::prelude::*;
use leptos_router::components::Router;
use leptos_router::hooks::use_query_map;
use wasm_bindgen::JsCast as _;
use web_sys::HtmlElement;

use crate::look::Look;
use crate::pages::{self, PAGES};

/// The whole explorer.
#[component]
pub fn App() -> impl IntoView {
    view! { <Router><Frame/></Router> }
}

#[component]
fn Frame() -> impl IntoView {
    let look = Look::new();
    provide_context(look);
    let query = use_query_map();
    let id = Memo::new(move |_| pages::find(query.read().get_str("page")).id);
    Effect::new(move |_| {
        let page = pages::find(Some(id.get()));
        document().set_title(&format!("{} Untrained", page.question));
        request_animation_frame(show_current);
    });
    Effect::new(move |_| {
        if let Some(root) = document().document_element() {
            // Only a name without a value could be refused.
            _ = root.set_attribute("data-theme", look.name());
        }
    });
    view! {
        <a class="skip" href="#main">"Skip to the page"</a>
        <header>
            <a class="brand" href="?page=worth">"Untrained"</a>
            <nav aria-label="Pages">{PAGES.map(|page| link(page, id)).into_iter().collect_view()}</nav>
            <button class="quiet" on:click=move |_| look.switch()>
                {move || if look.dark() { "Light" } else { "Dark" }}
            </button>
        </header>
        <main id="main" tabindex="-1">
            {move || {
                let page = pages::find(Some(id.get()));
                view! {
                    <h1>{page.question}</h1>
                    <ErrorBoundary fallback=|_| view! { <p class="problem">"This page failed. Load it again."</p> }>
                        {(page.view)()}
                    </ErrorBoundary>
                }
            }}
        </main>
        <footer>
            "Serianni and Kalita, Training-free Neural Architecture Search for RNNs and Transformers, ACL 2023. "
            "Everything here is computed on this machine."
        </footer>
    }
}

/// Brings the name of the page into sight where the names need more than the window's width.
fn show_current() {
    let find = |selector| document().query_selector(selector).ok().flatten()?.dyn_into::<HtmlElement>().ok();
    if let (Some(nav), Some(link)) = (find("nav"), find("nav [aria-current]")) {
        let middle = link.offset_left() - nav.offset_left() + link.offset_width() / 2;
        nav.set_scroll_left(middle - nav.client_width() / 2);
    }
}

fn link(page: pages::Page, current: Memo<&'static str>) -> impl IntoView {
    view! {
        <a href=format!("?page={}", page.id) aria-current=move || (current.get() == page.id).then_some("page")>
            {page.name}
        </a>
    }
}
