//! The pages: each answers one question a visitor has. Navigation and addresses follow from the list.

mod common_form;
mod drawn;
mod many;
mod metrics;
mod network;
mod scatter;
mod score;
mod stable;
mod train;
mod transformer;
mod worth;

use leptos::prelude::*;
use untrained_core::network::recurrent::Sizes;
use untrained_core::task::Text;

use crate::widgets::Scored;

/// One layer small enough to be scored in a second or two in a browser.
const QUICK: Sizes = Sizes { vocabulary: 1_000, embedding: 64, hidden: 96, layers: 1, batch: 20, steps: 35 };

/// Forms and scores that stay while the visitor looks at other pages.
#[derive(Clone, Copy)]
pub struct Session {
    cell: Scored,
    /// The text that the visitor opened for cells to read.
    text: RwSignal<Option<Text>>,
    transformer: Scored,
    many: many::DrawnNetworks,
    seeds: stable::SeedScores,
    trained: train::TrainedCells,
}

impl Session {
    /// Without scores.
    pub fn new() -> Self {
        let text = RwSignal::new(None);
        Self {
            cell: Scored::new(),
            text,
            transformer: Scored::new(),
            many: many::DrawnNetworks::new(),
            seeds: stable::SeedScores::new(),
            trained: train::TrainedCells::new(),
        }
    }
}

/// A page.
#[derive(Clone, Copy)]
pub struct Page {
    /// Name in the address.
    pub id: &'static str,
    /// Name in the navigation.
    pub name: &'static str,
    /// The question it answers.
    pub question: &'static str,
    /// Whether it shows the benchmark that the address names.
    pub by_benchmark: bool,
    /// Its content.
    pub view: fn() -> AnyView,
}

/// Every page; a visitor arrives at the first one.
pub const PAGES: [Page; 9] = [
    page("worth", "Metrics ranked", "Which metric predicts best?", || worth::WorthPage().into_any()).by_benchmark(),
    page("scatter", "All points", "Does the metric really predict the result?", || scatter::ScatterPage().into_any())
        .by_benchmark(),
    page("network", "One network", "What is this network?", || network::NetworkPage().into_any()).by_benchmark(),
    page("score", "Score mine", "What does my cell score?", || score::ScorePage().into_any()),
    page("transformer", "Score a transformer", "What does my transformer score?", || {
        transformer::TransformerPage().into_any()
    }),
    page("many", "Score many", "Which of many networks is best?", || many::ManyPage().into_any()),
    page("train", "Train", "Does the score come true?", || train::TrainPage().into_any()),
    page("stable", "Stability", "Is the metric stable?", || stable::StablePage().into_any()).by_benchmark(),
    page("metrics", "Formulas", "How is it computed?", || metrics::MetricsPage().into_any()),
];

const fn page(id: &'static str, name: &'static str, question: &'static str, view: fn() -> AnyView) -> Page {
    Page { id, name, question, by_benchmark: false, view }
}

impl Page {
    /// Title of its window.
    pub fn title(self) -> String {
        format!("{} Untrained", self.question)
    }

    const fn by_benchmark(self) -> Self {
        Self { by_benchmark: true, ..self }
    }
}

/// Former names in addresses, and the current ones.
const FORMER: [(&str, &str); 1] = [("encoder", "transformer")];

/// The page of this name, else the first one.
pub fn find(id: Option<&str>) -> Page {
    let current = id.map(|id| FORMER.iter().find(|(former, _)| *former == id).map_or(id, |(_, current)| current));
    PAGES.iter().find(|page| Some(page.id) == current).copied().unwrap_or(PAGES[0])
}
