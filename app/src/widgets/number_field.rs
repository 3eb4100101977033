//! Fields for integers. What is typed stays as it is; if it is no number that can be used, the field states why.

use std::cell::Cell;

use leptos::html::Input;
use leptos::prelude::*;
use untrained_app::parse::IntegerRange;
use web_sys::{Event, HtmlInputElement};

/// The content of a field.
#[derive(Clone, Copy)]
pub struct Entry {
    /// Empty while the browser cannot read what is typed, such as `5e`.
    typed: RwSignal<String>,
    /// Whether the browser cannot read what is typed.
    unreadable: RwSignal<bool>,
    /// What the page last put into the field.
    put: RwSignal<String>,
    range: IntegerRange,
    /// Whether the field may be left empty.
    optional: bool,
}

impl Entry {
    /// A field that starts with a number.
    pub fn new(number: usize, range: IntegerRange) -> Self {
        Self::with_text(number.to_string(), range, false)
    }

    /// A field that may be empty, and is at first.
    pub fn empty(range: IntegerRange) -> Self {
        Self::with_text(String::new(), range, true)
    }

    fn with_text(text: String, range: IntegerRange, optional: bool) -> Self {
        let (typed, put) = (RwSignal::new(text.clone()), RwSignal::new(text));
        Self { typed, unreadable: RwSignal::new(false), put, range, optional }
    }

    /// Replaces what was typed by a number.
    pub fn set(self, number: Option<usize>) {
        let text = number.map_or_else(String::new, |number| number.to_string());
        self.typed.set(text.clone());
        self.unreadable.set(false);
        self.put.set(text);
    }

    /// The number.
    ///
    /// # Errors
    /// One sentence on what the field accepts.
    pub fn number(self) -> Result<usize, String> {
        self.typed.with(|typed| self.range.read(typed))
    }

    /// The number as one of 32 bits, such as a seed or an id.
    ///
    /// # Errors
    /// As [`Entry::number`].
    pub fn number_u32(self) -> Result<u32, String> {
        self.number().map(|number| u32::try_from(number).unwrap_or(u32::MAX))
    }

    /// Why what is typed cannot be used.
    pub fn problem(self) -> Option<String> {
        let absent = self.optional && self.is_empty();
        self.number().err().filter(|_| !absent)
    }

    /// Whether nothing is typed.
    fn is_empty(self) -> bool {
        self.typed.with(String::is_empty) && !self.unreadable.get()
    }

    fn read(self, input: &HtmlInputElement) {
        self.unreadable.set(input.validity().bad_input());
        self.typed.set(input.value());
    }
}

/// A field for an integer.
#[component]
pub fn NumberField(
    /// Label.
    #[prop(into)]
    label: Signal<String>,
    /// Content.
    entry: Entry,
    /// Why a number cannot be used that the field itself accepts.
    #[prop(optional, into)]
    refused: Signal<Option<String>>,
    /// Called when the visitor has typed a number and left the field, or pressed Enter.
    #[prop(optional)]
    on_commit: Option<Callback<()>>,
) -> impl IntoView {
    let input = NodeRef::<Input>::new();
    // Not a property of the view: a browser empties a field whose value it cannot read when the same value is set
    // again.
    Effect::new(move |_| {
        let put = entry.put.get();
        if let Some(input) = input.get() {
            input.set_value(&put);
        }
    });
    let problem = Memo::new(move |_| entry.problem().or_else(|| refused.get()));
    let id = format!("number-{}", NUMBERS.replace(NUMBERS.get() + 1));
    let IntegerRange { least, most } = entry.range;
    let commit = move |_| _ = on_commit.map(|commit| commit.run(()));
    view! {
        <div class="field">
            <span class="problem" id=id.clone() aria-live="polite" hidden=move || problem.get().is_none()>{problem}</span>
            <label>
                <span>{label}</span>
                <input type="number" node_ref=input min=least max=most step="1" inputmode="numeric"
                    placeholder=entry.optional.then_some("id")
                    aria-invalid=move || problem.get().is_some().to_string() aria-describedby=id
                    on:input=move |event: Event| entry.read(&event_target(&event)) on:change=commit/>
            </label>
        </div>
    }
}

thread_local! {
    /// Number of fields so far: each has an id, to which its problem refers.
    static NUMBERS: Cell<u32> = const { Cell::new(0) };
}

/// A field for the id of a network.
#[component]
pub fn IdField(
    /// Label.
    #[prop(into)]
    label: Signal<String>,
    /// Content: built by [`Entry::empty`].
    entry: Entry,
    /// The current id.
    #[prop(into)]
    value: Signal<Option<u32>>,
    /// Called with another id, or with none if the field was emptied.
    #[prop(into)]
    on_change: Callback<Option<u32>>,
) -> impl IntoView {
    let put = move |id: Option<u32>| entry.set(id.map(|id| id as usize));
    Effect::new(move |_| put(value.get()));
    let commit = Callback::new(move |()| {
        if untrack(|| entry.is_empty()) {
            on_change.run(None);
            put(value.get_untracked());
        } else if let Ok(id) = untrack(|| entry.number_u32()) {
            on_change.run(Some(id));
        }
    });
    view! { <NumberField label=label entry=entry on_commit=commit/> }
}
