//! The title of the window: that of the page, unless a scoring shows its progress there.

use leptos::prelude::*;

/// The title.
#[derive(Clone, Copy)]
pub struct Title {
    /// The title of the page.
    page: Signal<String>,
    /// What is shown instead.
    progress: RwSignal<Option<String>>,
}

impl Title {
    /// Shows the title of the page from now on.
    pub fn new(page: Signal<String>) -> Self {
        let title = Self { page, progress: RwSignal::new(None) };
        Effect::new(move |_| document().set_title(&title.text()));
        title
    }

    /// Shows a progress, all that is seen of a tab in the background, or the title of the page again.
    pub fn set_progress(self, text: Option<String>) {
        self.progress.set(text);
    }

    fn text(self) -> String {
        self.progress.get().unwrap_or_else(|| self.page.get())
    }
}
