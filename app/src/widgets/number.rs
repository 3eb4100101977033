//! Fields for whole numbers. What is typed stays as it is; where it is no number that can be used, the field says so.

use std::cell::Cell;

use leptos::html::Input;
use leptos::prelude::*;
use untrained_app::whole::Whole;

/// What stands in a field.
#[derive(Clone, Copy)]
pub struct Entry {
    typed: RwSignal<String>,
    /// What the page last put into the field.
    put: RwSignal<String>,
    takes: Whole,
    /// Whether the field may be left empty.
    optional: bool,
}

impl Entry {
    /// A field that starts with a number.
    pub fn new(number: usize, takes: Whole) -> Self {
        let text = number.to_string();
        Self { typed: RwSignal::new(text.clone()), put: RwSignal::new(text), takes, optional: false }
    }

    /// A field that may be empty, and is at first.
    pub fn empty(takes: Whole) -> Self {
        Self { typed: RwSignal::default(), put: RwSignal::default(), takes, optional: true }
    }

    /// Puts a number in the place of what was typed.
    pub fn set(self, number: Option<usize>) {
        let text = number.map_or_else(String::new, |number| number.to_string());
        self.typed.set(text.clone());
        self.put.set(text);
    }

    /// The number.
    ///
    /// # Errors
    /// One sentence on what the field takes.
    pub fn number(self) -> Result<usize, String> {
        self.typed.with(|typed| self.takes.read(typed))
    }

    /// The number as one of 32 bits, such as a seed or an id.
    ///
    /// # Errors
    /// As [`Entry::number`].
    pub fn short(self) -> Result<u32, String> {
        self.number().map(|number| u32::try_from(number).unwrap_or(u32::MAX))
    }

    /// Why what is typed cannot be used.
    pub fn problem(self) -> Option<String> {
        let empty = self.optional && self.typed.with(String::is_empty);
        self.number().err().filter(|_| !empty)
    }
}

/// A field for a whole number.
#[component]
pub fn Number(
    /// What it is.
    #[prop(into)]
    label: Signal<String>,
    /// What stands in it.
    entry: Entry,
    /// Why a number cannot be used that the field itself takes.
    #[prop(optional, into)]
    refused: Signal<Option<String>>,
    /// Called when the visitor has typed a number and left the field, or pressed Enter.
    #[prop(optional)]
    on_commit: Option<Callback<()>>,
) -> impl IntoView {
    let input = NodeRef::<Input>::new();
    // Not a property of the view: a browser empties a field whose value it cannot read when the same value is put in again.
    Effect::new(move |_| {
        let put = entry.put.get();
        if let Some(input) = input.get() {
            input.set_value(&put);
        }
    });
    let problem = Memo::new(move |_| entry.problem().or_else(|| refused.get()));
    let id = format!("number-{}", NUMBERS.replace(NUMBERS.get() + 1));
    let Whole { least, most } = entry.takes;
    let commit = move |_| _ = on_commit.map(|commit| commit.run(()));
    view! {
        <div class="field">
            <span class="problem" id=id.clone() aria-live="polite" hidden=move || problem.get().is_none()>{problem}</span>
            <label>
                <span>{label}</span>
                <input type="number" node_ref=input min=least max=most step="1" inputmode="numeric"
                    placeholder=entry.optional.then_some("id")
                    aria-invalid=move || problem.get().is_some().to_string() aria-describedby=id
                    on:input=move |event| entry.typed.set(event_target_value(&event)) on:change=commit/>
            </label>
        </div>
    }
}

thread_local! {
    /// Fields so far: each has a name for what is said of it.
    static NUMBERS: Cell<u32> = const { Cell::new(0) };
}

/// A field for the id of a network.
#[component]
pub fn Id(
    /// What it is.
    #[prop(into)]
    label: Signal<String>,
    /// What stands in it: made by [`Entry::empty`].
    entry: Entry,
    /// The id now.
    #[prop(into)]
    value: Signal<Option<u32>>,
    /// Called with another id, or with none where the field was emptied.
    #[prop(into)]
    on_change: Callback<Option<u32>>,
) -> impl IntoView {
    let put = move |id: Option<u32>| entry.set(id.map(|id| id as usize));
    Effect::new(move |_| put(value.get()));
    let commit = Callback::new(move |()| {
        let typed = entry.typed.get_untracked();
        match (typed.is_empty(), entry.short()) {
            (true, _) => {
                on_change.run(None);
                put(value.get_untracked());
            }
            (false, Ok(id)) => on_change.run(Some(id)),
            (false, Err(_)) => {}
        }
    });
    view! { <Number label=label entry=entry on_commit=commit/> }
}
