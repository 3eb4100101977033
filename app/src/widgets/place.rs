//! Where networks are run: in this tab, or by the companion.

use leptos::prelude::*;
use untrained_app::command::line;

use super::{Choice, Command};
use crate::address::query;
use crate::compute::companion::{self, Health};

/// Value of the address for the tab, though there is a companion.
const TAB: &str = "tab";

/// Where networks are run, as the address says: by the companion where there is one.
#[derive(Clone, Copy)]
pub struct Place {
    health: LocalResource<Option<Health>>,
    /// Whether the companion runs them.
    pub by_companion: Signal<bool>,
}

impl Place {
    /// Looks for the companion.
    pub fn from_address() -> Self {
        let health = LocalResource::new(companion::health);
        let (place, _) = query::<String>("where");
        let by_companion =
            Signal::derive(move || health.get().flatten().is_some() && place.get().as_deref() != Some(TAB));
        Self { health, by_companion }
    }
}

/// The choice between companion and tab, or how to start a companion.
#[component]
pub fn PlaceChoice(
    /// Where they are run.
    place: Place,
    /// Label.
    label: &'static str,
    /// What there is without a companion, and what it is for.
    without: &'static str,
) -> impl IntoView {
    let (chosen, set_chosen) = query::<String>("where");
    let value = Signal::derive(move || chosen.get().unwrap_or_else(|| "companion".into()));
    let choose = move |id: String| set_chosen.set((id == TAB).then_some(id));
    let found = move |health: Option<Health>| match health {
        Some(Health { version, .. }) => view! {
            <div class="controls">
                <Choice label=label value=value on_change=choose
                    options=vec![("companion", "the companion".to_owned()), (TAB, "this tab".to_owned())]/>
            </div>
            <p class="note" id="companion">{format!("The companion answers: Untrained {version} on this machine.")}</p>
        }
        .into_any(),
        None => view! {
            <p class="note" id="companion">
                {format!("There is no companion here, {without}, start it and open the address that it prints:")}
            </p>
            <Command text=Signal::stored(Some(line(["untrained", "explore"])))/>
        }
        .into_any(),
    };
    view! {
        <Suspense fallback=|| view! { <p class="waiting">"Looking for the companion …"</p> }>
            {move || place.health.get().map(found)}
        </Suspense>
    }
}
