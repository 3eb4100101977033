//! The recipe, node by node. The text next to it is authoritative: every control reads and writes it.

mod row;

use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast as _;
use untrained_core::space::recurrent::{Draft, MOST_STATES};
use untrained_core::{Error, Result};
use web_sys::HtmlElement;

use super::form::CellForm;
use row::NodeRow;

/// State that the controls share.
#[derive(Clone, Copy)]
pub struct Editor {
    form: CellForm,
    /// The text as nodes; none if it has another form.
    draft: Memo<Option<Draft>>,
    /// What is wrong with the recipe.
    wrong: Signal<Option<Error>>,
    /// Why an edit was refused.
    refused: RwSignal<Option<String>>,
}

impl Editor {
    /// Changes the nodes; the cell is then the visitor's own.
    fn edit(self, change: impl FnOnce(&mut Draft) -> Result<()>) {
        let text = self.form.recipe.get_untracked();
        let Ok(mut draft) = Draft::from_json(&text) else { return };
        let refused = change(&mut draft).err().map(|error| error.to_string());
        if refused.is_none() {
            self.form.edit(draft.to_string());
        }
        self.refused.set(refused);
    }

    /// Adds a node and focuses it.
    fn add(self, add: fn(&mut Draft) -> usize) {
        self.edit(|draft| {
            let index = add(draft);
            focus(format!("node-{index}"));
            Ok(())
        });
    }

    fn undo(self) {
        self.refused.set(None);
        self.form.undo();
    }

    fn nodes(self) -> usize {
        self.draft.with(|draft| draft.as_ref().map_or(0, |draft| draft.nodes.len()))
    }

    /// Whether the cell can have another state.
    fn has_room(self) -> bool {
        self.draft.with(|draft| draft.as_ref().is_some_and(|draft| draft.states() < MOST_STATES))
    }
}

/// The nodes with their controls.
#[component]
pub fn Nodes(
    /// Holds the text.
    form: CellForm,
    /// What is wrong with it.
    wrong: Signal<Option<Error>>,
) -> impl IntoView {
    let draft = Memo::new(move |_| Draft::from_json(&form.recipe.get()).ok());
    let editor = Editor { form, draft, wrong, refused: RwSignal::new(None) };
    // It does not apply to another recipe.
    Effect::new(move |_| {
        form.recipe.track();
        editor.refused.set(None);
    });
    let rows = view! {
        <ol class="nodes">
            <For each=move || 0..editor.nodes() key=|index| *index children=move |index| view! { <NodeRow editor=editor index=index/> }/>
        </ol>
    };
    view! {
        <div role="group" aria-label="Nodes">
            <p class="label" aria-hidden="true">"Nodes: name, operation, what it reads"</p>
            {rows}
            {move || draft.with(Option::is_none).then(|| view! {
                <p class="note">"The text holds no list of nodes. Correct it there, or choose a cell above."</p>
            })}
            {move || editor.refused.get().map(|why| view! { <p class="problem" role="alert">{why}</p> })}
            <p class="buttons">
                <button class="quiet" id="add-node" on:click=move |_| editor.add(Draft::add_node)
                    disabled=move || draft.with(Option::is_none)>"Add a node"</button>
                <button class="quiet" on:click=move |_| editor.add(Draft::add_state)
                    disabled=move || !editor.has_room()>"Add a state"</button>
                <button class="quiet" on:click=move |_| editor.undo()
                    disabled=move || form.history.with(Vec::is_empty)>"Undo"</button>
            </p>
        </div>
    }
}

/// Focuses an element, once it exists.
fn focus(id: String) {
    request_animation_frame(move || {
        if let Some(element) = document().get_element_by_id(&id).and_then(|found| found.dyn_into::<HtmlElement>().ok())
        {
            // An element that takes no focus leaves it unchanged.
            _ = element.focus();
        }
    });
}
