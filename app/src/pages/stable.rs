//! How much a metric moves when only the minibatch or only the initial weights change.

use leptos::prelude::*;
use leptos_router::hooks::query_signal;
use untrained_app::message::{Figure, Told};
use untrained_core::chart::compact;
use untrained_core::nearest;
use untrained_core::space::recurrent::{CLASSIC, Recipe};
use untrained_core::task::{CellTask, Task};

use super::QUICK;
use crate::compute::{score, stop};
use crate::rows::{BEST, LOSS, columns, table};
use crate::widgets::{Choice, Drawing, Number};

/// The page.
#[component]
pub fn Stable() -> impl IntoView {
    let (metric, set_metric) = query_signal::<String>("metric");
    let metric = Signal::derive(move || metric.get().unwrap_or_else(|| BEST.into()));
    let scored = |id: &str| untrained_core::benchmark::nas_bench_nlp::METRICS.contains(&id);
    let options = columns(table()).into_iter().filter(|(id, _)| *id != LOSS && scored(id));
    let options = options.collect();
    view! {
        <p class="lead">
            "Ten cells were scored ten times each, with other text or other initial weights. "
            "A metric is of use when the boxes of different cells stay apart."
        </p>
        <div class="controls">
            <Choice label="Metric" value=metric on_change=move |id| set_metric.set(Some(id)) options=options/>
        </div>
        <Drawing figure=Signal::derive(move || Figure::Initialization(metric.get())) name="initialization" widest=960/>
        <Drawing figure=Signal::derive(move || Figure::Batch(metric.get())) name="batch" widest=960/>
        <h2>"Try it: one cell, several seeds"</h2>
        <Live/>
    }
}

#[component]
fn Live() -> impl IntoView {
    let cell = RwSignal::new(CLASSIC[0].0.to_owned());
    let seeds = RwSignal::new(5usize);
    let values = RwSignal::new(Vec::<(u32, f64)>::new());
    let running = RwSignal::new(false);
    let problem = RwSignal::new(None::<String>);
    let start = move |_| {
        values.set(Vec::new());
        problem.set(None);
        running.set(true);
        leptos::task::spawn_local(async move {
            for seed in 0..seeds.get_untracked().min(1_000) as u32 {
                let answer = match task(&cell.get_untracked(), seed) {
                    Ok(task) => score(task).await,
                    Err(why) => Err(why),
                };
                match answer {
                    Ok(Told::Records(records)) => {
                        values.update(|all| all.extend(records.first().map(|r| (seed, r.value))));
                    }
                    Ok(_) => {}
                    Err(why) => {
                        problem.set(Some(why));
                        break;
                    }
                }
            }
            running.set(false);
        });
    };
    let options = CLASSIC.iter().map(|&(name, ..)| (name, name.to_uppercase())).collect::<Vec<_>>();
    view! {
        <div class="controls">
            <Choice label="Cell" value=cell on_change=move |name| cell.set(name) options=options/>
            <Number label="Seeds" value=seeds/>
            <button on:click=start disabled=running>"Score"</button>
            <button class="quiet" on:click=move |_| stop() disabled=move || !running.get()>"Stop"</button>
        </div>
        <p class="note">"Hidden covariance of one layer of 96 units, 20 samples of 35 steps of made-up text."</p>
        <p role="status">{move || summary(&values.get(), seeds.get(), running.get())}</p>
        {move || problem.get().map(|why| view! { <p class="problem">{why}</p> })}
        <ol class="values" id="seeds">
            {move || values.get().into_iter().map(|(seed, value)| view! { <li>{format!("seed {seed}: {}", compact(value))}</li> }).collect_view()}
        </ol>
    }
}

fn task(cell: &str, seed: u32) -> Result<Task, String> {
    let known = nearest::find("cell", cell, &CLASSIC, |(known, ..)| *known);
    let recipe = known.and_then(|(.., json)| Recipe::from_json(json)).map_err(|error| error.to_string())?;
    let metrics = vec![BEST.into()];
    Ok(Task::Recurrent(CellTask { name: cell.into(), recipe, sizes: QUICK, seed, metrics, text: None }))
}

fn summary(values: &[(u32, f64)], asked: usize, running: bool) -> String {
    let finite: Vec<f64> = values.iter().map(|(_, value)| *value).filter(|value| value.is_finite()).collect();
    if finite.len() < 2 {
        return if running { format!("{} of {asked} seeds", values.len()) } else { String::new() };
    }
    let mean = finite.iter().sum::<f64>() / finite.len() as f64;
    let variance = finite.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (finite.len() - 1) as f64;
    let spread = 100.0 * variance.sqrt() / mean.abs();
    format!("{} of {asked} seeds; mean {}, standard deviation {spread:.1} % of it", values.len(), compact(mean))
}
