//! Light or dark: the system's choice unless the visitor made one, which is kept. And how wide the window is.

use leptos::ev::resize;
use leptos::prelude::*;
use untrained_core::chart::Theme;
use web_sys::Storage;

const KEY: &str = "theme";

/// Pixels by which a window must change to have charts drawn anew.
const STEP: u32 = 20;

/// How pages look.
#[derive(Clone, Copy)]
pub struct Look {
    dark: RwSignal<bool>,
    /// Logical pixels.
    width: RwSignal<u32>,
}

impl Look {
    /// From the visitor's choice or the system.
    pub fn new() -> Self {
        let query = "(prefers-color-scheme: dark)";
        let system = window().match_media(query).ok().flatten().is_some_and(|list| list.matches());
        let chosen = kept().map(|name| name.trim_matches('"') == "dark");
        let look = Self { dark: RwSignal::new(chosen.unwrap_or(system)), width: RwSignal::new(measured()) };
        let listening = window_event_listener(resize, move |_| look.resize());
        on_cleanup(move || listening.remove());
        look
    }

    /// Whether it is dark now.
    pub fn dark(self) -> bool {
        self.dark.get()
    }

    /// Width of the window in logical pixels, as it was when charts were last drawn anew.
    pub fn width(self) -> u32 {
        self.width.get()
    }

    /// Colours of charts.
    pub fn theme(self) -> Theme {
        if self.dark() { Theme::DARK } else { Theme::LIGHT }
    }

    /// The other one, from now on.
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

/// What earlier visits chose; earlier editions wrote it in quotes.
fn kept() -> Option<String> {
    storage()?.get_item(KEY).ok()?
}

/// None where the visitor does not let pages keep anything.
fn storage() -> Option<Storage> {
    window().local_storage().ok()?
}

fn measured() -> u32 {
    window().inner_width().ok().and_then(|width| width.as_f64()).unwrap_or(1_024.0) as u32
}
