//! Formula, source, direction and cost of every metric, from the list in the code.

use leptos::prelude::*;
use untrained_core::benchmark::{BENCHMARKS, of_family};
use untrained_core::family::Family;
use untrained_core::metric::{self, Cost, Metric};
use untrained_core::observation::Needs;
use untrained_core::rank::Direction;

/// The page.
#[component]
pub fn MetricsPage() -> impl IntoView {
    // The card that the address names may not have existed when the browser scrolled to it.
    request_animation_frame(show_named);
    view! {
        <p class="lead">
            "Every metric runs one batch of text through the network as it was initialised: nothing is trained."
        </p>
        <h2>"Recurrent networks"</h2>
        <div class="cards">
            {cards(Family::Recurrent, "")}
        </div>
        <h2>"Encoders"</h2>
        <div class="cards">
            {cards(Family::Encoder, "encoder-")}
        </div>
        <h2>"Decoders"</h2>
        <div class="cards">
            {cards(Family::Decoder, "decoder-")}
        </div>
        <h2>"Benchmarks"</h2>
        {BENCHMARKS.iter().map(|benchmark| {
            let about = benchmark.about();
            view! {
                <section class="card">
                    <h3>{&*about.title}</h3>
                    <dl>
                        <dt>"Space"</dt><dd>{about.space}</dd>
                        <dt>"Predicted"</dt><dd>{&*about.target.description}</dd>
                        <dt>"Origin"</dt><dd>{about.origin}</dd>
                        <dt>"Licence"</dt><dd>{about.licence}</dd>
                        <dt>"Cite"</dt><dd>{about.citation}</dd>
                    </dl>
                </section>
            }
        }).collect_view()}
    }
}

/// Scrolls to the card that the address names.
fn show_named() {
    let named = window().location().hash().ok().filter(|hash| hash.len() > 1);
    if let Some(card) = named.and_then(|hash| document().get_element_by_id(&hash[1..])) {
        card.scroll_into_view();
        // Only a name without a value could be refused.
        _ = card.set_attribute("data-named", "");
    }
}

/// The metrics of a family; what names one in the address begins with `prefix`.
fn cards(family: Family, prefix: &str) -> impl IntoView + use<> {
    let named = |metric: &dyn Metric| format!("{prefix}{}", metric.about().id);
    metric::of(family).into_iter().map(|metric| card(named(metric), family, metric)).collect_view()
}

/// `id` names it in the address.
fn card(id: String, family: Family, metric: &'static dyn Metric) -> impl IntoView {
    let about = metric.about();
    view! {
        <section class="card" id=id>
            <h3>{about.title}</h3>
            <p>{about.summary}</p>
            <p class="formula" tabindex="0" role="group" aria-label="Formula">{about.formula}</p>
            <dl>
                <dt>"Better"</dt><dd>{better(family, about.id)}</dd>
                <dt>"Cost"</dt><dd>{cost(metric)}</dd>
                {(about.unit != "score").then(|| view! { <dt>"Unit"</dt><dd>{about.unit}</dd> })}
                <dt>"Source"</dt><dd>{about.source}</dd>
            </dl>
        </section>
    }
}

/// Which values the better networks of the family's benchmark have.
fn better(family: Family, metric: &str) -> &'static str {
    let known = of_family(family).and_then(|benchmark| benchmark.about().direction(metric));
    known.map_or("no clear direction", Direction::name)
}

fn cost(metric: &dyn Metric) -> String {
    match metric::cost(metric) {
        Cost::Count => "nothing to run".to_owned(),
        Cost::Forward => "one forward pass".to_owned(),
        Cost::Backward => "a forward and a backward pass".to_owned(),
        Cost::Passes => {
            let needs: Needs = metric.needs().into_iter().collect();
            format!("{} forward and backward passes", needs.passes().len())
        }
    }
}
