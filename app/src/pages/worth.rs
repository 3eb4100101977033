//! Every metric compared with the ceiling and the trivial baselines; and a visitor's own scores.

mod own;

use leptos::prelude::*;
use untrained_app::message::{Answer, Figure, Query};
use untrained_core::benchmark::{Evaluation, Kind, Suite, Table, title};
use untrained_core::chart::rounded;
use untrained_core::figure::words;
use untrained_core::plain::float;

use crate::address::query;
use crate::compute::look_up;
use crate::download::{Downloads, Sheet};
use crate::rows;
use crate::widgets::{Choice, Drawing};
use own::OwnResults;

/// The scores computed here, in an address.
const SUITE: &str = "suite";

/// A column of the table.
struct Heading {
    id: &'static str,
    name: &'static str,
    value: fn(&Evaluation) -> Option<f64>,
}

const HEADINGS: [Heading; 7] = [
    Heading { id: "tau", name: "Kendall τ-b", value: |row| row.measures.tau },
    Heading { id: "rho", name: "Spearman ρ", value: |row| row.measures.rho },
    Heading { id: "r", name: "Pearson r", value: |row| row.measures.r },
    Heading { id: "top_tau", name: "τ-b in the best 10 %", value: |row| row.measures.top_tau },
    Heading { id: "top_overlap", name: "Best 10 % found", value: |row| row.measures.top_overlap },
    Heading { id: "partial_tau", name: "τ-b given size", value: |row| row.beyond_size.as_ref()?.partial_tau },
    Heading {
        id: "within_size",
        name: "τ-b within equal size",
        value: |row| row.beyond_size.as_ref()?.tau_within_size,
    },
];

/// The page.
#[component]
pub fn WorthPage() -> impl IntoView {
    let (benchmark, set_benchmark) = query::<String>("benchmark");
    let table = Signal::derive(move || rows::of(&benchmark.get().unwrap_or_default()));
    let id = Signal::derive(move || table.get().about.id.to_owned());
    let (scores, set_scores) = query::<String>("scores");
    let computed = Signal::derive(move || rows::suite(&id.get()));
    let suite = Signal::derive(move || computed.get().is_some() && scores.get().as_deref() == Some(SUITE));
    let source = Signal::derive(move || if suite.get() { SUITE } else { "" }.to_owned());
    view! {
        <p class="lead">
            "A training-free metric scores a network once, before training, to predict how good it will be. "
            "Kendall's τ-b measures how well: 0 is chance, 1 is perfect order. A metric that predicts less than a trivial "
            "count, such as the number of parameters, is not worth computing."
        </p>
        <div class="controls">
            <Choice label="Benchmark" value=id on_change=move |id| set_benchmark.set(Some(id)) options=rows::benchmarks()/>
            {move || computed.get().map(|_| view! {
                <Choice label="Scores" value=source
                    on_change=move |id: String| set_scores.set(Some(id).filter(|id| !id.is_empty()))
                    options=vec![("", "as published".into()), (SUITE, "all metrics, computed here".into())]/>
            })}
        </div>
        {move || rows::problem(benchmark.get().as_deref()).map(|why| view! { <p class="problem">{why}</p> })}
        <AnswerInWords table=table suite=suite/>
        <Drawing figure=Signal::derive(move || Figure::Summary { benchmark: id.get(), suite: suite.get() }) name="summary" widest=760/>
        {move || computed.get().filter(|_| suite.get()).map(findings)}
        <RankingTable table=table suite=suite/>
        {move || table.get().about.recomputed.map(|_| view! { <Recomputed/> })}
        <h2>"What to know about this benchmark"</h2>
        <ul class="problems">
            {move || table.get().about.problems.iter().map(|problem| view! { <li>{*problem}</li> }).collect_view()}
        </ul>
        <OwnResults/>
    }
}

/// How the scores were computed here, and what they say.
fn findings(computed: Suite) -> impl IntoView {
    let networks = words::count(computed.count());
    view! {
        <p class="note" id="conditions">
            {format!("Computed by this program: {}, {networks} networks.", computed.conditions)}
        </p>
        <ul class="problems" id="findings">
            {computed.findings.iter().map(|finding| view! { <li>{*finding}</li> }).collect_view()}
        </ul>
    }
}

/// Which metric predicts best, in a sentence.
#[component]
fn AnswerInWords(
    /// The benchmark.
    table: Signal<&'static Table>,
    /// Whether the scores are those computed here.
    suite: Signal<bool>,
) -> impl IntoView {
    let plain = LocalResource::new(move || {
        let benchmark = table.get().about.id.to_owned();
        let query = Query::Worth { benchmark, suite: suite.get(), by_group: false, average_runs: false };
        async move { look_up(query).await }
    });
    let sentence = move || {
        let Some(Ok(Answer::Worth(rows))) = plain.get() else { return None };
        answer(&rows, rows::flawed(table.get(), suite.get()))
    };
    view! {
        <Suspense>{move || sentence().map(|answer| view! { <p class="answer" id="answer">{answer}</p> })}</Suspense>
    }
}

/// Every predictor, sorted as the visitor likes.
#[component]
fn RankingTable(
    /// The benchmark.
    table: Signal<&'static Table>,
    /// Whether the scores are those computed here.
    suite: Signal<bool>,
) -> impl IntoView {
    let (group, set_group) = query::<String>("group");
    let (count, set_count) = query::<String>("count");
    let (sort, set_sort) = query::<String>("sort");
    let group = Signal::derive(move || group.get().unwrap_or_else(|| "all".into()));
    let count = Signal::derive(move || count.get().unwrap_or_else(|| "runs".into()));
    let judged = LocalResource::new(move || {
        let (by_group, average_runs) = (group.get() == "apart", count.get() == "once");
        let query =
            Query::Worth { benchmark: table.get().about.id.to_owned(), suite: suite.get(), by_group, average_runs };
        async move { look_up(query).await }
    });
    let sorted = Signal::derive(move || sort.get().unwrap_or_else(|| "tau".into()));
    let on_sort = Callback::new(move |id: &'static str| set_sort.set(Some(id.into())));
    view! {
        <div class="controls">
            {move || view! {
                <Choice label="Networks" value=group on_change=move |id| set_group.set(Some(id))
                    options=vec![("all", "all together".into()), ("apart", format!("by {}", table.get().about.group))]/>
            }}
            <Choice label="Count" value=count on_change=move |id| set_count.set(Some(id))
                options=vec![("runs", "every training run".into()), ("once", "every network once".into())]/>
        </div>
        <Suspense fallback=|| view! { <p class="waiting" role="status">"Computing correlations and intervals …"</p> }>
            {move || judged.get().map(|answer| match answer {
                Ok(Answer::Worth(rows)) => ranked((table.get(), suite.get()), rows, &sorted.get(), on_sort).into_any(),
                Ok(_) => ().into_any(),
                Err(why) => view! { <p class="problem">{why}</p> }.into_any(),
            })}
        </Suspense>
    }
}

/// The answer as a sentence; columns that do not hold what their name says are left out.
fn answer(rows: &[Evaluation], flawed: &[&str]) -> Option<String> {
    let size = |row: &&Evaluation| row.measures.tau.map_or(0.0, f64::abs);
    let rows: Vec<&Evaluation> = rows.iter().filter(|row| !flawed.contains(&row.metric.as_str())).collect();
    let best = |kind| rows.iter().copied().filter(|row| row.kind == kind).max_by(|a, b| size(a).total_cmp(&size(b)));
    let (metric, baseline) = (best(Kind::Metric)?, best(Kind::Baseline)?);
    let (reached, counted) = (rounded(size(&metric), 2), rounded(size(&baseline), 2));
    let (name, count) = (&metric.title, &baseline.title);
    let verdict = if size(&metric) < size(&baseline) {
        format!("None: the trivial count '{count}' reaches {counted}, the best metric, {name}, {reached}.")
    } else if size(&metric) < HARDLY * size(&baseline) {
        format!("{name} reaches {reached}, hardly more than the trivial count '{count}' with {counted}.")
    } else {
        format!("{name} reaches {reached}; the best trivial count, '{count}', {counted}.")
    };
    let top = rows.iter().filter(|row| row.kind == Kind::Metric).filter_map(|row| row.measures.top_tau);
    let top = rounded(top.map(f64::abs).fold(0.0, f64::max), 2);
    Some(format!("{verdict} Among the best tenth of the networks no metric reaches more than {top}."))
}

/// How much more than a trivial count a metric must reach to be worth computing.
const HARDLY: f64 = 1.05;

/// The best published metric of every cell, recomputed from seeds alone.
#[component]
fn Recomputed() -> impl IntoView {
    let rows = LocalResource::new(|| look_up(Query::Recomputed));
    let line = |row: Evaluation| {
        let four = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |value| rounded(value, 4));
        view! {
            <tr>
                <th scope="row">{row.group.clone()}</th>
                <td class="number">{four(row.measures.tau)}</td><td class="number">{four(row.measures.rho)}</td>
                <td class="number">{four(row.measures.r)}</td>
                <td class="number">{interval(&row)}</td><td class="number">{words::count(row.rows)}</td>
            </tr>
        }
    };
    view! {
        <h2>"Recomputed by this program"</h2>
        <p>"Hidden covariance of layer 1 of every distinct cell, its weights drawn again from the published seeds."</p>
        <Suspense fallback=|| view! { <p class="waiting" role="status">"Comparing …"</p> }>
            <div class="scroll" tabindex="0" role="group" aria-label="Recomputed scores">
                <table id="recomputed">
                    <thead><tr>
                        <th scope="col">"Hidden covariance, layer 1"</th>
                        <th scope="col" class="number">"Kendall τ-b"</th><th scope="col" class="number">"Spearman ρ"</th>
                        <th scope="col" class="number">"Pearson r"</th>
                        <th scope="col" class="number">"95 % interval of τ-b"</th><th scope="col" class="number">"Rows"</th>
                    </tr></thead>
                    <tbody>{move || match rows.get() {
                        Some(Ok(Answer::Worth(rows))) => rows.into_iter().map(line).collect_view().into_any(),
                        Some(Err(why)) => view! { <tr><td class="problem">{why}</td></tr> }.into_any(),
                        _ => ().into_any(),
                    }}</tbody>
                </table>
            </div>
        </Suspense>
    }
}

fn interval(row: &Evaluation) -> Option<String> {
    row.low.zip(row.high).map(|(low, high)| format!("{} to {}", rounded(low, 3), rounded(high, 3)))
}

/// `suite`: the scores are those computed here, of which none is marked.
fn ranked(
    (table, suite): (&'static Table, bool),
    mut rows: Vec<Evaluation>,
    sort: &str,
    on_sort: Callback<&'static str>,
) -> impl IntoView + use<> {
    let by = HEADINGS.iter().find(|heading| heading.id == sort).unwrap_or(&HEADINGS[0]);
    let size = |row: &Evaluation| (by.value)(row).map_or(-1.0, f64::abs);
    for group in rows.chunk_by_mut(|a, b| a.group == b.group) {
        // The ceiling is no predictor among others: it stays above them.
        group.sort_by_key(|row| row.kind != Kind::Ceiling);
        let predictors = usize::from(group[0].kind == Kind::Ceiling);
        group[predictors..].sort_by(|a, b| size(b).total_cmp(&size(a)));
    }
    let grouped = rows.iter().any(|row| row.group != rows[0].group);
    let saved = rows.clone();
    let size = rows.iter().find_map(|row| row.beyond_size.as_ref()).map(|beyond| beyond.size.clone());
    let size = size.map(|size| {
        format!(
            "Size: {}. Given size: Kendall's partial τ-b. Within equal size: the mean of τ-b within tenths of the networks \
             by size.",
            title::baseline(&size)
        )
    });
    view! {
        <div class="scroll" tabindex="0" role="group" aria-label="Metrics ranked">
            <table id="worth">
                <thead><tr>
                    {grouped.then(|| view! { <th scope="col">"Networks"</th> })}
                    <th scope="col">"Predictor"</th>
                    {HEADINGS.iter().map(|heading| head(heading, by.id, on_sort)).collect_view()}
                    <th scope="col" class="number">"95 % interval of τ-b"</th>
                    <th scope="col" class="number">"Rows"</th>
                </tr></thead>
                <tbody>{rows.into_iter().map(|row| line((table, suite), row, grouped)).collect_view()}</tbody>
            </table>
        </div>
        <p class="note">
            {format!("Sorted by size. A minus sign: networks with a higher score reach a lower {}. Interval: {}.", table.about.target.name, words::resampled())}
        </p>
        {size.map(|size| view! { <p class="note">{size}</p> })}
        {rows::marked(table, suite, if suite { "above" } else { "below" }).map(|words| view! { <p class="note">{words}</p> })}
        <p class="buttons">
            <Downloads name="worth" sheet=move |()| sheet(&saved, &BEYOND_SIZE)/>
        </p>
    }
}

fn head(heading: &'static Heading, sorted: &str, on_sort: Callback<&'static str>) -> impl IntoView {
    let order = if heading.id == sorted { "descending" } else { "none" };
    view! {
        <th scope="col" class="number" aria-sort=order>
            <button class="sort" on:click=move |_| on_sort.run(heading.id)>{heading.name}</button>
        </th>
    }
}

fn line((table, suite): (&Table, bool), row: Evaluation, grouped: bool) -> impl IntoView + use<> {
    let (class, name) = match row.kind {
        Kind::Ceiling => ("ceiling", "Noise ceiling: another training run".to_owned()),
        Kind::Baseline => ("baseline", row.title.clone()),
        Kind::Published => ("metric", format!("{}, published", row.title)),
        Kind::Metric => ("metric", row.title.clone() + rows::mark(table, suite, &row.metric)),
    };
    let cells = HEADINGS.iter().map(|heading| {
        let value = (heading.value)(&row).map_or_else(|| "–".to_owned(), |value| rounded(value, 4));
        view! { <td class="number" data-of=format!("{}-{}", row.metric, heading.id)>{value}</td> }
    });
    let cells = cells.collect_view();
    let published = table.column(&row.metric).filter(|_| !suite || row.kind == Kind::Baseline);
    let points = published.map(|column| format!("?page=scatter&benchmark={}&x={}", table.about.id, column.id));
    view! {
        <tr class=class>
            {grouped.then(|| view! { <td>{row.group.replace('=', " ")}</td> })}
            <th scope="row">{match points {
                Some(points) => view! { <a href=points>{name}</a> }.into_any(),
                None => name.into_any(),
            }}</th>
            {cells}
            <td class="number">{interval(&row)}</td>
            <td class="number">{words::count(row.rows)}</td>
        </tr>
    }
}

/// A column of a saved table.
type Saved = (&'static str, fn(&Evaluation) -> Option<f64>);

/// What every saved table has.
const SAVED: [Saved; 7] = [
    ("tau_b", |row| row.measures.tau),
    ("low", |row| row.low),
    ("high", |row| row.high),
    ("rho", |row| row.measures.rho),
    ("r", |row| row.measures.r),
    ("top_tau", |row| row.measures.top_tau),
    ("top_overlap", |row| row.measures.top_overlap),
];

/// What that of a benchmark has besides.
const BEYOND_SIZE: [Saved; 4] = [
    ("partial_tau", |row| row.beyond_size.as_ref()?.partial_tau),
    ("partial_low", |row| row.beyond_size.as_ref()?.partial_low),
    ("partial_high", |row| row.beyond_size.as_ref()?.partial_high),
    ("tau_within_size", |row| row.beyond_size.as_ref()?.tau_within_size),
];

/// Evaluations to save, with these columns after those that every such table has.
fn sheet(rows: &[Evaluation], further: &[Saved]) -> Sheet {
    let columns = || SAVED.iter().chain(further);
    let text = |value: Option<f64>| value.map_or_else(String::new, float);
    let line = |row: &Evaluation| {
        let names = [row.group.clone(), row.metric.clone(), row.rows.to_string()];
        names.into_iter().chain(columns().map(|(_, value)| text(value(row)))).collect()
    };
    let names = ["group", "predictor", "rows"].into_iter();
    Sheet { header: names.chain(columns().map(|(name, _)| *name)).collect(), rows: rows.iter().map(line).collect() }
}
