//! Addresses hold what a page shows, so that it can be shared and the browser can go back to it.

use std::str::FromStr;

use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::query_signal_with_options;

/// A value in the address. Setting it adds an entry to the history, and leaves the scroll position.
pub fn query<T>(key: &'static str) -> (Memo<Option<T>>, SignalSetter<Option<T>>)
where
    T: FromStr + ToString + PartialEq + Send + Sync,
{
    query_signal_with_options(key, NavigateOptions { scroll: false, ..NavigateOptions::default() })
}

/// Writes every change of a value into the address, without a new entry in the history; none removes it.
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

/// The text, unless it is the default.
pub fn non_default(text: String, default: &str) -> Option<String> {
    (text != default).then_some(text)
}
