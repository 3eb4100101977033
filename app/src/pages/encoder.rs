//! An encoder of one's own: start from a known one, change it, score it in the tab or through the companion.

mod form;
mod start;

use leptos::prelude::*;
use leptos_router::hooks::query_signal;
use untrained_app::message::Told;
use untrained_core::benchmark::{Benchmark as _, NasBenchBert};
use untrained_core::metric::transformer::METRICS;
use untrained_core::network::transformer::Sizes;
use untrained_core::record::Record;
use untrained_core::task::Task;

use crate::compute::companion::{self, Health};
use crate::compute::{score, stop};
use crate::pages::asked::MINE;
use crate::rows;
use crate::widgets::{Choice, Command, Layers, Number, Records, Under};
use form::{Form, SMALL};
use start::Start;

/// As large as a desktop's graphics card scores in a few seconds.
const USUAL: Sizes = Sizes { batch: 16, sequence: 128, ..Sizes::PUBLISHED };

/// Where the address wishes it to be scored: in the tab, though there is a companion.
const TAB: &str = "tab";

/// The page.
#[component]
pub fn Encoder() -> impl IntoView {
    let form = Form::from_address();
    form.keep_in_address();
    let typed = move |event| {
        form.asked.name.set(MINE.into());
        form.configuration.set(event_target_value(&event));
    };
    let parsed = Memo::new(move |_| form.parsed().map_err(|error| error.to_string()));
    let health = LocalResource::new(companion::health);
    let found = Signal::derive(move || health.get().flatten());
    view! {
        <p class="lead">
            "Choose an encoder, change it as you like, and score it: in this tab, or through the companion on this "
            "machine's graphics card. Nothing leaves your machine."
        </p>
        <Start form=form/>
        <label class="wide"><span>"Configuration"</span>
            <textarea id="configuration" spellcheck="false" rows="9" prop:value=move || form.configuration.get() on:input=typed></textarea>
        </label>
        {move || match parsed.get() {
            Ok(configuration) => view! { <Layers configuration=configuration beside=None/> }.into_any(),
            Err(why) => view! { <p class="problem" role="status" id="configuration-problem">{why}</p> }.into_any(),
        }}
        <Options form=form/>
        <Suspense fallback=|| view! { <p class="waiting">"Looking for the companion …"</p> }>
            {move || health.get().map(|found| view! { <Place health=found/> })}
        </Suspense>
        <Run form=form companion=Signal::derive(move || found.get().is_some())/>
    }
}

#[component]
fn Options(form: Form) -> impl IntoView {
    let metrics = METRICS.iter().map(|metric| (metric.about().id, metric.about().title.to_owned()));
    let metrics = std::iter::once(("all", "all".to_owned())).chain(metrics).collect::<Vec<_>>();
    let own = "as configured".to_owned();
    let sizes = vec![("false", own), ("true", "256 and 1,024, as published".to_owned())];
    let as_published = Signal::derive(move || form.as_published.get().to_string());
    view! {
        <div class="controls">
            <Choice label="Metric" value=form.asked.metrics on_change=move |id| form.asked.metrics.set(id) options=metrics/>
            <Choice label="Hidden size, stacks" value=as_published on_change=move |id| form.as_published.set(id == "true") options=sizes/>
            {form.asked.sizes.map(|(label, _, value)| view! { <Number label=label value=value/> }).into_iter().collect_view()}
            <Number label="Seed" value=form.asked.seed/>
        </div>
        <p class="buttons">
            <button class="quiet" on:click=move |_| form.set_sizes(&SMALL)>"Small sizes: seconds in a tab"</button>
            <button class="quiet" on:click=move |_| form.set_sizes(&USUAL)>"16 × 128 tokens: for the companion"</button>
            <button class="quiet" on:click=move |_| form.set_sizes(&Sizes::PUBLISHED)>"Published, 128 × 512: for a graphics card"</button>
        </p>
    }
}

/// Where it will be scored, and how to have a companion where there is none.
#[component]
fn Place(health: Option<Health>) -> impl IntoView {
    let (place, set_place) = query_signal::<String>("where");
    let value = Signal::derive(move || place.get().unwrap_or_else(|| "companion".into()));
    let places = vec![("companion", "the companion".to_owned()), (TAB, "this tab".to_owned())];
    let choose = move |id: String| set_place.set((id == TAB).then_some(id));
    match health {
        Some(Health { version, .. }) => view! {
            <div class="controls"><Choice label="Score in" value=value on_change=choose options=places/></div>
            <p class="note" id="companion">{format!("The companion answers (version {version}).")}</p>
        }
        .into_any(),
        None => view! {
            <p class="note" id="companion">
                "There is no companion here, so this tab scores on the processor. For larger encoders, and for a graphics "
                "card, start it and open the address that it tells:"
            </p>
            <Command text=Signal::stored("untrained explore".to_owned())/>
        }
        .into_any(),
    }
}

#[component]
fn Run(form: Form, companion: Signal<bool>) -> impl IntoView {
    let (place, _) = query_signal::<String>("where");
    let running = RwSignal::new(false);
    let since = RwSignal::new(0.0);
    let told = RwSignal::new(None::<Result<Vec<Record>, String>>);
    let start = move |_| {
        told.set(None);
        let task = match form.task() {
            Ok(task) => Task::Transformer(task),
            Err(error) => return told.set(Some(Err(error.to_string()))),
        };
        let there = companion.get_untracked() && place.get_untracked().as_deref() != Some(TAB);
        running.set(true);
        since.set(js_sys::Date::now());
        leptos::task::spawn_local(async move {
            let answer = if there { companion::score(&task).await } else { score(task).await };
            running.set(false);
            told.set(match answer {
                Ok(Told::Records(records)) => Some(Ok(records)),
                Ok(_) => None,
                Err(why) => Some(Err(why)),
            });
        });
    };
    let table = rows::of(NasBenchBert.about().id);
    view! {
        <p class="buttons">
            <button id="score" on:click=start disabled=move || running.get() || form.parsed().is_err()>"Score"</button>
            <button id="stop" class="quiet" on:click=move |_| stop() disabled=move || !running.get()>"Stop"</button>
        </p>
        {move || running.get().then(|| view! { <Under since=since/> })}
        {move || told.get().map(|told| match told {
            Ok(records) => view! {
                <Records records=records table=table/>
                <p class="note">
                    "The benchmark's scores were computed as published, on 128 sequences of 512 tokens of web text: at "
                    "other sizes compare encoders with each other, not with the benchmark."
                </p>
            }.into_any(),
            Err(why) => view! { <p class="problem" role="alert">{why}</p> }.into_any(),
        })}
        <h2>"The same on the command line"</h2>
        <Command text=Signal::derive(move || form.command())/>
    }
}
