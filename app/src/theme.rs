//! Light or dark theme: the system's unless the visitor chose one, which is saved. And the width of the window.

use leptos::ev::resize;
use leptos::prelude::*;
use untrained_core::chart;
use web_sys::Storage;

const KEY: &str = "theme";

/// Pixels by which a window must change for charts to be redrawn.
const STEP: u32 = 20;

/// The theme of all pages.
#[derive(Clone, Copy)]
pub struct Theme {
    dark: RwSignal<bool>,
    /// Logical pixels.
    width: RwSignal<u32>,
}

impl Theme {
    /// From the visitor's choice or the system.
    pub fn new() -> Self {
        let query = "(prefers-color-scheme: dark)";
        let system = window().match_media(query).ok().flatten().is_some_and(|list| list.matches());
        let saved = saved().map(|name| name.trim_matches('"') == "dark");
        let theme = Self { dark: RwSignal::new(saved.unwrap_or(system)), width: RwSignal::new(measured()) };
        let listening = window_event_listener(resize, move |_| theme.resize());
        on_cleanup(move || listening.remove());
        theme
    }

    /// Whether it is dark.
    pub fn dark(self) -> bool {
        self.dark.get()
    }

    /// Width of the window in logical pixels, as it was when charts were last redrawn.
    pub fn width(self) -> u32 {
        self.width.get()
    }

    /// The theme of charts.
    pub fn of_charts(self) -> chart::Theme {
        if self.dark() { chart::Theme::DARK } else { chart::Theme::LIGHT }
    }

    /// Switches to the other one.
    pub fn switch(self) {
        self.dark.update(|dark| *dark = !*dark);
        // Without storage the choice holds until the page is closed.
        _ = storage().map(|storage| storage.set_item(KEY, self.name()));
    }

    /// `dark` or `light`.
    pub fn name(self) -> &'static str {
        if self.dark() { "dark" } else { "light" }
    }

    fn resize(self) {
        let now = measured();
        if now.abs_diff(self.width.get_untracked()) >= STEP {
            self.width.set(now);
        }
    }
}

/// The choice of an earlier visit; earlier editions wrote it in quotes.
fn saved() -> Option<String> {
    storage()?.get_item(KEY).ok()?
}

/// None if the visitor does not let pages store anything.
fn storage() -> Option<Storage> {
    window().local_storage().ok()?
}

fn measured() -> u32 {
    window().inner_width().ok().and_then(|width| width.as_f64()).unwrap_or(1_024.0) as u32
}
