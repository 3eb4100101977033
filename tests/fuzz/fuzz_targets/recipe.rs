//! No bytes bring the recipe parser down, and what it accepts it writes and reads again unchanged.
//!
//! `cargo +nightly fuzz run --fuzz-dir tests/fuzz recipe -- -max_total_time=60`

#![no_main]

use untrained_core::space::recurrent::Recipe;

libfuzzer_sys::fuzz_target!(|text: &str| {
    if let Ok(recipe) = Recipe::from_json(text) {
        let again = Recipe::from_json(&recipe.to_string());
        assert_eq!(again.as_ref(), Ok(&recipe));
        assert!(recipe.depth() <= recipe.nodes().len());
    }
});
