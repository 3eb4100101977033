//! A cell of one's own: start from a known one, edit it, score it here.

mod files;
mod start;

use leptos::prelude::*;
use leptos_router::hooks::query_signal;
use untrained_app::message::{Ask, Task, Text, Told};
use untrained_core::metric::METRICS;
use untrained_core::network::recurrent::Sizes;
use untrained_core::record::Record;
use untrained_core::space::recurrent::Recipe;

use super::QUICK;
use crate::compute::{score, stop};
use crate::rows;
use crate::widgets::{CellGraph, Choice, Number, Records};
use files::Files;
use start::Start;

/// All layers, so that every metric has a value.
const SMALL: Sizes = Sizes { layers: 3, ..QUICK };

/// Everything on the page that a job is made of.
#[derive(Clone, Copy)]
pub struct Form {
    /// How the cell is called: an id of the benchmark, or what its author likes.
    pub name: RwSignal<String>,
    /// The recipe as it is typed.
    pub recipe: RwSignal<String>,
    /// Text of one's own.
    pub text: RwSignal<Option<Text>>,
    sizes: [(&'static str, &'static str, RwSignal<usize>); 6],
    seed: RwSignal<usize>,
    metrics: RwSignal<String>,
}

impl Form {
    fn new() -> Self {
        let form = Self {
            name: RwSignal::new("mine".into()),
            recipe: RwSignal::new(String::new()),
            text: RwSignal::new(None),
            sizes: [
                ("Vocabulary", "vocabulary-size", RwSignal::new(0)),
                ("Embedding", "embedding", RwSignal::new(0)),
                ("Hidden", "hidden", RwSignal::new(0)),
                ("Layers", "layers", RwSignal::new(0)),
                ("Batch", "batch", RwSignal::new(0)),
                ("Steps", "steps", RwSignal::new(0)),
            ],
            seed: RwSignal::new(0),
            metrics: RwSignal::new("all".into()),
        };
        form.set_sizes(&SMALL);
        form
    }

    fn set_sizes(self, sizes: &Sizes) {
        let Sizes { vocabulary, embedding, hidden, layers, batch, steps } = *sizes;
        let values = [vocabulary, embedding, hidden, layers, batch, steps];
        self.sizes.iter().zip(values).for_each(|((.., signal), value)| signal.set(value));
    }

    fn sizes(self) -> Sizes {
        let [vocabulary, embedding, hidden, layers, batch, steps] = self.sizes.map(|(.., signal)| signal.get());
        Sizes { vocabulary, embedding, hidden, layers, batch, steps }
    }

    fn task(self) -> Task {
        let metrics = match self.metrics.get().as_str() {
            "all" => METRICS.iter().map(|metric| metric.about().id.to_owned()).collect(),
            one => vec![one.to_owned()],
        };
        let seed = u32::try_from(self.seed.get()).unwrap_or(u32::MAX);
        let (name, recipe, text) = (self.name.get(), self.recipe.get(), self.text.get());
        Task { name, recipe, sizes: self.sizes(), seed, metrics, text }
    }

    /// The command that gives the same result natively.
    fn command(self) -> String {
        let cell = match self.name.get().parse::<u32>() {
            Ok(id) => format!("--id {id}"),
            Err(_) => "--recipe cell.json".to_owned(),
        };
        let sizes = self.sizes.iter().map(|(_, flag, value)| format!(" --{flag} {}", value.get())).collect::<String>();
        let metric = match self.metrics.get().as_str() {
            "all" => String::new(),
            one => format!(" --metric {one}"),
        };
        let text = if self.text.get().is_some() { " --corpus FILE --vocabulary FILE" } else { "" };
        format!("untrained score recurrent {cell}{sizes} --seed {}{metric}{text} --device cpu", self.seed.get())
    }
}

/// The page.
#[component]
pub fn Score() -> impl IntoView {
    let form = Form::new();
    let (id, _) = query_signal::<u32>("id");
    let parsed = Memo::new(move |_| Recipe::from_json(&form.recipe.get()).map_err(|error| error.to_string()));
    view! {
        <p class="lead">"Choose a cell, change it as you like, and score it in this tab. Nothing leaves your machine."</p>
        <Start form=form id=id.get_untracked()/>
        <div class="pair">
            <section aria-label="Recipe">
                <label class="wide"><span>"Recipe"</span>
                    <textarea id="recipe" spellcheck="false" rows="16" prop:value=move || form.recipe.get()
                        on:input=move |event| { form.name.set("mine".into()); form.recipe.set(event_target_value(&event)); }></textarea>
                </label>
            </section>
            <section aria-label="Graph">
                {move || match parsed.get() {
                    Ok(recipe) => view! { <CellGraph recipe=recipe/> }.into_any(),
                    Err(_) if form.recipe.get().is_empty() => view! { <p class="waiting">"Fetching the cell …"</p> }.into_any(),
                    Err(why) => view! { <p class="problem" role="status" id="recipe-problem">{why}</p> }.into_any(),
                }}
            </section>
        </div>
        <Options form=form/>
        <Files form=form/>
        <Run form=form ready=Signal::derive(move || parsed.get().is_ok())/>
    }
}

#[component]
fn Options(form: Form) -> impl IntoView {
    let metrics = METRICS.iter().map(|metric| (metric.about().id, metric.about().title.to_owned()));
    let metrics = std::iter::once(("all", "all".to_owned())).chain(metrics).collect::<Vec<_>>();
    view! {
        <div class="controls">
            <Choice label="Metric" value=form.metrics on_change=move |id| form.metrics.set(id) options=metrics/>
            {form.sizes.map(|(label, _, value)| view! { <Number label=label value=value/> }).into_iter().collect_view()}
            <Number label="Seed" value=form.seed/>
        </div>
        <p class="buttons">
            <button class="quiet" on:click=move |_| form.set_sizes(&SMALL)>"Small sizes: seconds"</button>
            <button class="quiet" on:click=move |_| form.set_sizes(&Sizes::PUBLISHED)>"Published sizes: a minute or more"</button>
        </p>
    }
}

#[component]
fn Run(form: Form, ready: Signal<bool>) -> impl IntoView {
    let running = RwSignal::new(false);
    let since = RwSignal::new(0.0);
    let told = RwSignal::new(None::<Result<(Task, Vec<Record>), String>>);
    let start = move |_| {
        let task = form.task();
        told.set(None);
        running.set(true);
        since.set(js_sys::Date::now());
        leptos::task::spawn_local(async move {
            let answer = score(Ask::Score(Box::new(task.clone()))).await;
            running.set(false);
            told.set(match answer {
                Ok(Told::Records(records)) => Some(Ok((task, records))),
                Ok(_) => None,
                Err(why) => Some(Err(why)),
            });
        });
    };
    view! {
        <p class="buttons">
            <button id="score" on:click=start disabled=move || running.get() || !ready.get()>"Score here"</button>
            <button id="stop" class="quiet" on:click=move |_| stop() disabled=move || !running.get()>"Stop"</button>
        </p>
        {move || running.get().then(|| view! { <Elapsed since=since/> })}
        {move || told.get().map(|told| match told {
            Ok((task, records)) => view! { <Records records=records published=published(&task)/> }.into_any(),
            Err(why) => view! { <p class="problem" role="alert">{why}</p> }.into_any(),
        })}
        <h2>"The same on your own machine"</h2>
        <pre class="formula" tabindex="0"><code>{move || form.command()}</code></pre>
    }
}

/// Published scores to compare with: only where sizes and seed are the published ones and text was given.
fn published(task: &Task) -> Vec<(String, f64)> {
    let table = rows::table();
    let comparable = task.sizes == Sizes::PUBLISHED && task.seed == 0 && task.text.is_some();
    let id = task.name.parse::<u32>().ok().filter(|_| comparable);
    let row = id.and_then(|id| table.rows.iter().position(|row| row.id == id || row.architecture == id));
    let known = |row: usize| table.columns.iter().map(move |column| (column.id.to_owned(), column.values[row]));
    row.map(|row| known(row).collect()).unwrap_or_default()
}

#[component]
fn Elapsed(since: RwSignal<f64>) -> impl IntoView {
    let now = RwSignal::new(since.get_untracked());
    let ticking = set_interval_with_handle(move || now.set(js_sys::Date::now()), std::time::Duration::from_millis(100));
    on_cleanup(move || {
        if let Ok(ticking) = ticking {
            ticking.clear();
        }
    });
    view! {
        <p role="status" class="waiting">
            {move || format!("Scoring on this machine's processor, in one thread … {:.0} s", (now.get() - since.get()) / 1e3)}
        </p>
    }
}
