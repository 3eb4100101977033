//! One node: its name, its operation, its inputs.

use leptos::prelude::*;
use untrained_core::Error;
use untrained_core::space::recurrent::{DraftNode, Operation};
use web_sys::{Event, HtmlInputElement};

use super::{Editor, focus};
use crate::widgets::{class, short};

/// The controls of the node at `index`.
#[component]
pub fn NodeRow(editor: Editor, index: usize) -> impl IntoView {
    let node = Memo::new(move |_| {
        let found = editor.draft.with(|draft| draft.as_ref().and_then(|draft| draft.nodes.get(index).cloned()));
        found.unwrap_or_default()
    });
    let name = Signal::derive(move || node.get().name);
    let wrong = Memo::new(move |_| editor.wrong.get().and_then(|error| problem(error, &name.get())));
    let more = move || operation(&node.get()).is_none_or(|known| node.get().inputs.len() >= known.arity().1);
    let described = format!("problem-{index}");
    let rename = move |event: Event| {
        editor.edit(|draft| draft.rename(index, event_target_value(&event).trim()));
        event_target::<HtmlInputElement>(&event).set_value(&name.get_untracked());
    };
    let remove = move |_| {
        editor.edit(|draft| {
            draft.remove_node(index);
            Ok(())
        });
        // The last row is removed with its node, and the focus with it.
        if index >= editor.nodes() {
            focus("add-node".to_owned());
        }
    };
    view! {
        <li class=move || colour(&node.get()) class:wrong=move || wrong.get().is_some()>
            <input id=format!("node-{index}") class="name" spellcheck="false" aria-label=format!("Name of node {}", index + 1)
                aria-invalid=move || wrong.get().is_some().to_string() aria-describedby=described.clone()
                prop:value=name on:change=rename/>
            <OperationChoice editor=editor index=index node=node/>
            <InputChoices editor=editor index=index node=node/>
            <span class="edges">
                <button class="quiet tight" aria-label=move || format!("Let {} read one thing more", name.get()) disabled=more
                    on:click=move |_| editor.edit(|draft| { draft.add_input(index); Ok(()) })>"+"</button>
                <button class="quiet tight" aria-label=move || format!("Remove {}", name.get()) on:click=remove>"×"</button>
            </span>
            <p class="problem" id=described hidden=move || wrong.get().is_none()>{wrong}</p>
        </li>
    }
}

/// The choice of the operation.
#[component]
fn OperationChoice(editor: Editor, index: usize, node: Memo<DraftNode>) -> impl IntoView {
    let current = Memo::new(move |_| node.get().operation);
    let change = move |event: Event| {
        if let Some(chosen) = Operation::from_name(&event_target_value(&event)) {
            editor.edit(|draft| {
                draft.set_operation(index, chosen);
                Ok(())
            });
        }
    };
    let options = move || {
        let known = Operation::NAMES.map(|(_, name)| name.to_owned());
        options(known.to_vec(), current.get(), |name| short(name).to_owned())
    };
    view! {
        <select aria-label=move || format!("Operation of {}", node.get().name) on:change=change>{options}</select>
    }
}

/// The choices of the inputs.
#[component]
fn InputChoices(editor: Editor, index: usize, node: Memo<DraftNode>) -> impl IntoView {
    let sources = Memo::new(move |_| {
        editor.draft.with(|draft| draft.as_ref().map(|draft| draft.sources(index)).unwrap_or_default())
    });
    let spare = Memo::new(move |_| {
        let node = node.get();
        operation(&node).is_none_or(|known| node.inputs.len() > known.arity().0)
    });
    let one = move |input: usize| {
        let change = move |event: Event| {
            let chosen = event_target_value(&event);
            editor.edit(|draft| {
                match chosen.as_str() {
                    "" => draft.remove_input(index, input),
                    _ => draft.set_input(index, input, chosen),
                }
                Ok(())
            });
        };
        let current = Memo::new(move |_| node.get().inputs.get(input).cloned().unwrap_or_default());
        let options = move || {
            let nothing = spare.get().then(String::new);
            let known = sources.get().into_iter().chain(nothing).collect();
            options(known, current.get(), |name| if name.is_empty() { "(nothing)".into() } else { name.to_owned() })
        };
        view! {
            <select aria-label=move || format!("Input {} of {}", input + 1, node.get().name) on:change=change>{options}</select>
        }
    };
    view! { <span class="reads"><For each=move || 0..node.get().inputs.len() key=|input| *input children=one/></span> }
}

/// Options with the current one selected, which is added if it is not among them.
fn options(mut known: Vec<String>, current: String, name: fn(&str) -> String) -> impl IntoView {
    if !known.contains(&current) {
        known.insert(0, current.clone());
    }
    let option = |value: String| {
        let (chosen, words) = (value == current, name(&value));
        view! { <option value=value prop:selected=chosen>{words}</option> }
    };
    known.into_iter().map(option).collect_view()
}

fn operation(node: &DraftNode) -> Option<Operation> {
    Operation::from_name(&node.operation)
}

/// The class of a node, as in the graph.
fn colour(node: &DraftNode) -> &'static str {
    match operation(node) {
        _ if node.name.starts_with("h_new_") && node.name[6..].parse::<usize>().is_ok() => "state",
        Some(known) => class(known),
        None => "",
    }
}

/// The error of the node of that name, if it has it.
fn problem(error: Error, name: &str) -> Option<String> {
    match error {
        Error::Recipe { place, problem } if place.strip_prefix("node ") == Some(name) => Some(problem),
        _ => None,
    }
}
