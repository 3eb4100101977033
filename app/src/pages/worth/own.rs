//! A visitor's own scores against their own results of training.

use leptos::prelude::*;
use untrained_app::command::line;
use untrained_app::message::{Answer, Query};
use untrained_app::own::{Evaluated, OwnFile, OwnFiles};
use untrained_core::benchmark::user::{Candidates, Roles};
use untrained_core::benchmark::{Comparison, Evaluation, Kind};
use untrained_core::chart::rounded;
use untrained_core::figure::words;
use untrained_core::rank::Direction;

use super::{Saved, interval, sheet};
use crate::compute::look_up;
use crate::download::Downloads;
use crate::widgets::{Command, OpenFiles, Opened};

/// The choices of the visitor; empty if the files decide.
#[derive(Clone, Copy)]
struct OwnChoices {
    target: RwSignal<String>,
    better: RwSignal<String>,
    group: RwSignal<String>,
    count: RwSignal<String>,
}

impl OwnChoices {
    fn new() -> Self {
        let [target, better, group, count] = [(); 4].map(|()| RwSignal::new(String::new()));
        Self { target, better, group, count }
    }

    /// Resets the choices: another file has other columns.
    fn clear(self) {
        [self.target, self.better, self.group].iter().for_each(|chosen| chosen.set(String::new()));
    }

    fn roles(self) -> Roles {
        let given = |chosen: RwSignal<String>| Some(chosen.get()).filter(|name| !name.is_empty());
        let better = match self.better.get().as_str() {
            "lower" => Some(Direction::Lower),
            "higher" => Some(Direction::Higher),
            _ => None,
        };
        Roles { target: given(self.target), better, group: given(self.group) }
    }
}

/// The section of the page.
#[component]
pub fn OwnResults() -> impl IntoView {
    let files = RwSignal::new(OwnFiles::default());
    let problem = RwSignal::new(None::<String>);
    let choices = OwnChoices::new();
    let on_open = Callback::new(move |opened: Vec<Opened>| {
        if opened.is_empty() {
            return;
        }
        choices.clear();
        problem.set(None);
        for (name, text) in opened {
            match text {
                Some(text) => files.update(|files| files.add(OwnFile { name, text })),
                None => problem.set(Some(format!("{name} cannot be read as text."))),
            }
        }
    });
    let swap = move |_| {
        choices.clear();
        files.update(OwnFiles::swap);
    };
    let evaluated = LocalResource::new(move || {
        let job = files.with(|files| files.job(choices.roles(), choices.count.get() == "once"));
        async move {
            match job {
                Some(job) => Some(look_up(Query::Own(Box::new(job))).await),
                None => None,
            }
        }
    });
    let both = Memo::new(move |_| files.with(|files| files.scores.is_some() && files.results.is_some()));
    view! {
        <h2>"Your own networks"</h2>
        <OpenFiles label="Files: scores of your networks (.jsonl, .json or .csv, a column per metric), and the results of training them (.csv); they stay in this tab"
            accept=".csv,.json,.jsonl,.txt" report_id="opened" report=Signal::derive(move || files.with(OwnFiles::report)) on_open=on_open/>
        {move || problem.get().map(|why| view! { <p class="problem">{why}</p> })}
        {move || both.get().then(|| view! {
            <Controls files=files choices=choices/>
            <p class="buttons"><button class="quiet" id="swap" on:click=swap>"Swap scores and results"</button></p>
            <Suspense fallback=|| view! { <p class="waiting" role="status">"Computing correlations and intervals …"</p> }>
                {move || evaluated.get().flatten().map(|answer| match answer {
                    Ok(Answer::Own(evaluated)) => view! { <Evaluations evaluated=evaluated/> }.into_any(),
                    Ok(_) => ().into_any(),
                    Err(why) => view! { <p class="problem" id="own-problem">{why}</p> }.into_any(),
                })}
            </Suspense>
            <Command text=Signal::derive(move || command(files, choices))/>
        })}
    }
}

/// The same on the command line.
fn command(files: RwSignal<OwnFiles>, choices: OwnChoices) -> Option<String> {
    let roles = choices.roles();
    files.with(|files| {
        let (scores, results) = files.scores.as_ref().zip(files.results.as_ref())?;
        // A name that begins like an option would be read as one.
        let [scores, results] = [&scores.name, &results.name].map(|name| format!("./{name}"));
        let mut words = vec!["untrained", "correlate", &scores, "--against", &results];
        if let Some(target) = roles.target.as_deref() {
            words.extend(["--target", target]);
        }
        if let Some(better) = roles.better {
            words.extend(["--better", better.name()]);
        }
        if let Some(group) = roles.group.as_deref() {
            words.extend(["--group", group]);
        }
        words.extend((choices.count.get() == "once").then_some("--average-runs"));
        Some(line(words))
    })
}

#[component]
fn Controls(files: RwSignal<OwnFiles>, choices: OwnChoices) -> impl IntoView {
    let candidates = Memo::new(move |_| {
        files.with(|files| files.results.as_ref().map(|results| Candidates::read(&results.text)).unwrap_or_default())
    });
    let named = |first: &str, names: Vec<String>| {
        let all = names.into_iter().map(|name| (name.clone(), name));
        std::iter::once((String::new(), first.to_owned())).chain(all).collect::<Vec<_>>()
    };
    let fixed = |options: &[(&str, &str)]| -> Vec<(String, String)> {
        options.iter().map(|(id, name)| ((*id).to_owned(), (*name).to_owned())).collect()
    };
    let better = fixed(&[("", "as its name suggests"), ("lower", "lower is better"), ("higher", "higher is better")]);
    let count = fixed(&[("", "every training run"), ("once", "every network once")]);
    view! {
        <div class="controls">
            {move || view! {
                <ColumnChoice label="Predicted" id="own-target" chosen=choices.target options=named("by its name", candidates.get().targets)/>
            }}
            <ColumnChoice label="Direction" id="own-better" chosen=choices.better options=better/>
            {move || view! {
                <ColumnChoice label="Networks" id="own-group" chosen=choices.group options=named("all together", candidates.get().groups)/>
            }}
            <ColumnChoice label="Count" id="own-count" chosen=choices.count options=count/>
        </div>
    }
}

/// A choice of one among columns of a file.
#[component]
fn ColumnChoice(
    label: &'static str,
    id: &'static str,
    chosen: RwSignal<String>,
    /// Value and name of each.
    options: Vec<(String, String)>,
) -> impl IntoView {
    let options = options.into_iter().map(move |(value, name)| {
        let this = value.clone();
        view! { <option value=value selected=move || chosen.get() == this>{name}</option> }
    });
    view! {
        <label>
            <span>{label}</span>
            <select id=id on:change=move |event| chosen.set(event_target_value(&event)) prop:value=move || chosen.get()>
                {options.collect_view()}
            </select>
        </label>
    }
}

#[component]
fn Evaluations(evaluated: Evaluated) -> impl IntoView {
    let Evaluated { evaluations, notes } = evaluated;
    let grouped = evaluations.iter().any(|one| one.group != evaluations[0].group);
    let saved = evaluations.clone();
    view! {
        <div class="scroll" tabindex="0" role="group" aria-label="Your metrics">
            <table id="own">
                <thead><tr>
                    {grouped.then(|| view! { <th scope="col">"Networks"</th> })}
                    <th scope="col">"Predictor"</th>
                    <th scope="col" class="number">"Kendall τ-b"</th>
                    <th scope="col" class="number">"95 % interval of τ-b"</th>
                    <th scope="col" class="number">"Spearman ρ"</th>
                    <th scope="col" class="number">"Pearson r"</th>
                    <th scope="col" class="number">"Best 10 % found"</th>
                    <th scope="col" class="number">"Best metric ahead by"</th>
                    <th scope="col" class="number">"Rows"</th>
                </tr></thead>
                <tbody>{evaluations.into_iter().map(|one| line_of(one, grouped)).collect_view()}</tbody>
            </table>
        </div>
        <ul class="problems">
            {notes.into_iter().map(|note| view! { <li>{note}</li> }).collect_view()}
            <li>
                {format!("Best metric ahead by: its |τ-b| less that of the baseline, on the rows of both. Intervals: {}.", words::resampled())}
            </li>
        </ul>
        <p class="buttons"><Downloads name="own" sheet=move |()| sheet(&saved, &AHEAD)/></p>
    }
}

fn line_of(evaluation: Evaluation, grouped: bool) -> impl IntoView {
    let class = match evaluation.kind {
        Kind::Ceiling => "ceiling",
        Kind::Baseline => "baseline",
        Kind::Metric | Kind::Published => "metric",
    };
    let four = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |value| rounded(value, 4));
    let measures = evaluation.measures;
    view! {
        <tr class=class>
            {grouped.then(|| view! { <td>{evaluation.group.replace('=', " ")}</td> })}
            <th scope="row">{evaluation.title.clone()}</th>
            <td class="number" data-own=evaluation.metric.clone()>{four(measures.tau)}</td>
            <td class="number">{interval(&evaluation)}</td>
            <td class="number">{four(measures.rho)}</td>
            <td class="number">{four(measures.r)}</td>
            <td class="number">{four(measures.top_overlap)}</td>
            <td class="number">{evaluation.comparison.as_ref().map(ahead)}</td>
            <td class="number">{words::count(evaluation.rows)}</td>
        </tr>
    }
}

/// "0.120 (0.050 to 0.190)".
fn ahead(comparison: &Comparison) -> String {
    let bounds = comparison.difference_low.zip(comparison.difference_high);
    let bounds = bounds.map(|(low, high)| format!(" ({} to {})", rounded(low, 3), rounded(high, 3)));
    format!("{}{}", rounded(comparison.difference, 3), bounds.unwrap_or_default())
}

/// What a saved table of a visitor's scores has besides.
const AHEAD: [Saved; 4] = [
    ("top_regret", |row| row.measures.top_regret),
    ("difference", |row| row.comparison.as_ref().map(|one| one.difference)),
    ("difference_low", |row| row.comparison.as_ref()?.difference_low),
    ("difference_high", |row| row.comparison.as_ref()?.difference_high),
];
