//! The pages: each answers one question a visitor has. Navigation and addresses follow from the list.

mod asked;
mod encoder;
mod many;
mod metrics;
mod network;
mod scatter;
mod score;
mod stable;
mod worth;

use leptos::prelude::*;
use untrained_core::network::recurrent::Sizes;

/// One layer small enough to be scored in a second or two in a browser.
const QUICK: Sizes = Sizes { vocabulary: 1_000, embedding: 64, hidden: 96, layers: 1, batch: 20, steps: 35 };

/// A page.
#[derive(Clone, Copy)]
pub struct Page {
    /// Name in the address.
    pub id: &'static str,
    /// Name in the navigation.
    pub name: &'static str,
    /// The question it answers.
    pub question: &'static str,
    /// What it shows.
    pub view: fn() -> AnyView,
}

/// Every page; the first one is where a visitor arrives.
pub const PAGES: [Page; 8] = [
    Page {
        id: "worth",
        name: "Metrics ranked",
        question: "Which metric predicts best?",
        view: || worth::Worth().into_any(),
    },
    Page { id: "scatter", name: "All points", question: "Does it really?", view: || scatter::ScatterPage().into_any() },
    Page {
        id: "network",
        name: "One network",
        question: "What is this network?",
        view: || network::NetworkPage().into_any(),
    },
    Page { id: "score", name: "Score mine", question: "What does my cell score?", view: || score::Score().into_any() },
    Page {
        id: "encoder",
        name: "Score an encoder",
        question: "What does my encoder score?",
        view: || encoder::Encoder().into_any(),
    },
    Page { id: "many", name: "Score many", question: "Which of many is best?", view: || many::Many().into_any() },
    Page { id: "stable", name: "Stability", question: "Is it stable?", view: || stable::Stable().into_any() },
    Page { id: "metrics", name: "Formulas", question: "How is it computed?", view: || metrics::Metrics().into_any() },
];

/// The page of this name; the first where there is none.
pub fn find(id: Option<&str>) -> Page {
    PAGES.iter().find(|page| Some(page.id) == id).copied().unwrap_or(PAGES[0])
}
