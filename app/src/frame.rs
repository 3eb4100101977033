//! The frame of every page: navigation, theme, title.

use std::collections::HashMap;

use leptos::prelude::*;
use leptos_router::components::Router;
use leptos_router::hooks::{use_location, use_query_map};

use untrained_core::benchmark::BENCHMARKS;

use crate::pages::{self, PAGES, Page, Session};
use crate::theme::Theme;
use crate::title::Title;

/// The explorer.
#[component]
pub fn App() -> impl IntoView {
    view! { <Router><Frame/></Router> }
}

#[component]
fn Frame() -> impl IntoView {
    let theme = Theme::new();
    provide_context(theme);
    provide_context(Session::new());
    let query = use_query_map();
    let id = Memo::new(move |_| pages::find(query.read().get_str("page")).id);
    provide_context(Title::new(Signal::derive(move || pages::find(Some(id.get())).title())));
    let visited = Visited::new(id);
    Effect::new(move |_| {
        if let Some(root) = document().document_element() {
            // Only a name without a value could be refused.
            _ = root.set_attribute("data-theme", theme.name());
        }
    });
    view! {
        <a class="skip" href="#main">"Skip to the page"</a>
        <header>
            <a class="brand" href="?page=worth">"Untrained"</a>
            <nav aria-label="Pages">{PAGES.map(|page| link(page, id, visited)).into_iter().collect_view()}</nav>
            <button class="quiet" on:click=move |_| theme.switch()>
                {move || if theme.dark() { "Light" } else { "Dark" }}
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
            "Everything here is computed on this machine. "
            <a href="NOTICES.txt" target="_blank" rel="external">"Licences"</a>
        </footer>
    }
}

/// The addresses of the pages as they were left: the navigation leads back to them.
#[derive(Clone, Copy)]
struct Visited {
    /// By page.
    addresses: RwSignal<HashMap<&'static str, String>>,
    /// The benchmark of the address last shown; none for the first one.
    benchmark: RwSignal<Option<String>>,
}

impl Visited {
    fn new(current: Memo<&'static str>) -> Self {
        let visited = Self { addresses: RwSignal::default(), benchmark: RwSignal::default() };
        let location = use_location();
        let query = use_query_map();
        Effect::new(move |_| {
            let (id, search) = (current.get(), location.search.get());
            if pages::find(Some(id)).by_benchmark {
                let known = |id: &String| BENCHMARKS.iter().any(|benchmark| benchmark.about().id == id);
                visited.benchmark.set(query.read().get("benchmark").filter(known));
            }
            visited.addresses.update(|all| _ = all.insert(id, search));
        });
        visited
    }

    /// The address at which a page was left; a new one if it showed another benchmark than the current one.
    fn address(self, page: Page) -> String {
        let benchmark = self.benchmark.get().filter(|_| page.by_benchmark);
        let named = benchmark.map(|id| format!("&benchmark={id}"));
        let fits = |address: &&String| match &named {
            Some(named) => address.contains(named.as_str()),
            None => !page.by_benchmark || !address.contains("benchmark="),
        };
        let left = self.addresses.with(|all| all.get(page.id).filter(fits).cloned());
        let fresh = || format!("page={}{}", page.id, named.as_deref().unwrap_or_default());
        format!("?{}", left.unwrap_or_else(fresh).trim_start_matches('?'))
    }
}

fn link(page: Page, current: Memo<&'static str>, visited: Visited) -> impl IntoView {
    view! {
        <a href=move || visited.address(page) aria-current=move || (current.get() == page.id).then_some("page")>
            {page.name}
        </a>
    }
}
