//! An encoder: its layers and its results on each task of GLUE.

use std::sync::OnceLock;

use leptos::prelude::*;
use untrained_core::benchmark::Table;
use untrained_core::benchmark::nas_bench_bert::{Glue, TASKS, encoders, glue};
use untrained_core::chart::{compact, rounded};
use untrained_core::network::encoder::Sizes;
use untrained_core::rank::{Direction, better_than};
use untrained_core::space::encoder::Configuration;

use super::scores::{head, line};
use super::{Scores, Shown};
use crate::rows::link;
use crate::widgets::Layers;

/// Name of each task of [`TASKS`], and the question it poses.
const QUESTIONS: [(&str, &str); TASKS.len()] = [
    ("CoLA", "is the sentence acceptable?"),
    ("MNLI", "does one sentence follow from the other?"),
    ("MRPC", "do both sentences say the same?"),
    ("QNLI", "does the sentence answer the question?"),
    ("QQP", "do both questions ask the same?"),
    ("RTE", "the same as MNLI, from few examples"),
    ("SST-2", "does the review praise?"),
    ("STS-B", "how alike are both sentences?"),
];

/// The encoder.
#[component]
pub fn EncoderDetails(shown: Shown) -> impl IntoView {
    let Shown { table, id, other } = shown;
    let encoder = |id: u32| encoders().nth(id as usize);
    let Some(configuration) = encoder(id) else {
        return view! { <p class="problem">{format!("There is no encoder {id}.")}</p> }.into_any();
    };
    let compared = other.and_then(encoder);
    let marked = compared.is_some();
    view! {
        <p class="note">{described(&configuration, results(id))}</p>
        <div class="halves"><div>
        <Layers configuration=configuration other=compared/>
        <p class="note">
            {marked.then_some("Shaded: what differs from the other encoder. ")}
            "The operations are those of the configuration. The released code most likely trained plain attention in \
             their place, so the GLUE scores do not depend on them."
        </p>
        {same_but_operations(table, id)}
        <h3>"GLUE, task by task"</h3>
        {tasks(id, other)}
        </div><div>
        <h3>"Training-free scores"</h3>
        <Scores shown=shown architecture=id/>
        </div></div>
    }
    .into_any()
}

/// Results of every encoder on GLUE; none if the table within the page is damaged.
fn all() -> &'static [Glue] {
    static ALL: OnceLock<Vec<Glue>> = OnceLock::new();
    ALL.get_or_init(|| glue().unwrap_or_default())
}

fn results(id: u32) -> Option<&'static Glue> {
    all().iter().find(|glue| glue.id == id)
}

fn described(configuration: &Configuration, glue: Option<&Glue>) -> String {
    let Configuration { hidden, layers } = configuration;
    let parameters = compact(Sizes::PUBLISHED.parameters(configuration) as f64);
    let trained = glue.map(|glue| {
        format!("; GLUE score {} after {} minutes of training", rounded(glue.score, 1), rounded(glue.seconds / 60.0, 0))
    });
    format!("{} layers, {hidden} units wide, {parameters} parameters{}.", layers.len(), trained.unwrap_or_default())
}

/// The encoders that differ from this one only in their operations.
fn same_but_operations(table: &'static Table, id: u32) -> Option<impl IntoView> {
    let network = table.rows.iter().find(|row| row.id == id)?.network;
    let rows = (0..table.rows.len()).filter(|&row| table.rows[row].network == network && table.rows[row].id != id);
    let links = rows.map(|row| {
        let other = table.rows[row].id;
        let words = format!("{other} ({})", rounded(table.results[row], 1));
        view! { " " <a href=format!("{}&beside={other}", link(table, id))>{words}</a> }
    });
    let links: Vec<_> = links.collect();
    (!links.is_empty())
        .then(|| view! { <p class="note">"The same but for the operations, with GLUE scores:" {links}</p> })
}

/// The tasks; marked where the other encoder differs much in its share of the benchmark.
fn tasks(id: u32, other: Option<u32>) -> impl IntoView {
    let other = other.and_then(results);
    let lines = results(id).map(|glue| {
        let task = |(index, (name, question)): (usize, &(&str, &str))| {
            let values: Vec<f64> = all().iter().map(|glue| glue.tasks[index]).collect();
            let share = |glue: &Glue| better_than(&values, glue.tasks[index], Direction::Higher);
            let value = rounded(glue.tasks[index], 1);
            line(format!("{name}: {question}"), value, share(glue), other.and_then(share))
        };
        QUESTIONS.iter().enumerate().map(task).collect_view()
    });
    view! {
        <table class="scores" id=format!("glue-{id}")>
            {head("Task, in percent")}
            <tbody>{lines}</tbody>
        </table>
    }
}
