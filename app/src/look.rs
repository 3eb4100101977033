//! Light or dark: the system's choice unless the visitor made one, which is kept.

use gloo::storage::{LocalStorage, Storage as _};
use leptos::prelude::*;
use untrained_core::chart::Theme;

const KEY: &str = "theme";

/// Whether pages are dark.
#[derive(Clone, Copy)]
pub struct Look(RwSignal<bool>);

impl Look {
    /// From the visitor's choice or the system.
    pub fn new() -> Self {
        let query = "(prefers-color-scheme: dark)";
        let system = window().match_media(query).ok().flatten().is_some_and(|list| list.matches());
        let chosen = LocalStorage::get::<String>(KEY).ok().map(|name| name == "dark");
        Self(RwSignal::new(chosen.unwrap_or(system)))
    }

    /// Whether it is dark now.
    pub fn dark(self) -> bool {
        self.0.get()
    }

    /// Colours of charts.
    pub fn theme(self) -> Theme {
        if self.dark() { Theme::DARK } else { Theme::LIGHT }
    }

    /// The other one, from now on.
    pub fn switch(self) {
        self.0.update(|dark| *dark = !*dark);
        // Without storage the choice holds until the page is closed.
        _ = LocalStorage::set(KEY, self.name());
    }

    /// `dark` or `light`.
    pub fn name(self) -> &'static str {
        if self.dark() { "dark" } else { "light" }
    }
}
