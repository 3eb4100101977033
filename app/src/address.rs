//! What a page shows stands in its address, so that it can be shared and gone back to.

use std::str::FromStr;

use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::query_signal_with_options;

/// A value in the address. Another one is a step of its own there, and leaves the page where it is scrolled to.
pub fn query<T>(key: &'static str) -> (Memo<Option<T>>, SignalSetter<Option<T>>)
where
    T: FromStr + ToString + PartialEq + Send + Sync,
{
    query_signal_with_options(key, NavigateOptions { scroll: false, ..NavigateOptions::default() })
}

/// Writes every change of a value into the address, where it replaces what was there; nothing is left out.
pub fn keep(key: &'static str, value: Signal<Option<String>>) {
    let options = NavigateOptions { replace: true, scroll: false, ..NavigateOptions::default() };
    let (_, set) = query_signal_with_options::<String>(key, options);
    Effect::new(move |before: Option<Option<String>>| {
        let value = value.get();
        if before.is_some_and(|before| before != value) {
            set.set(value.clone());
        }
        value
    });
}

/// Nothing, where a text is the usual one.
pub fn unusual(text: String, usual: &str) -> Option<String> {
    (text != usual).then_some(text)
}
