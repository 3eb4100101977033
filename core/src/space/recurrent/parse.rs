//! Parses JSON, in key order, to a draft; resolves the names of a draft to a recipe.

use std::collections::HashMap;
use std::fmt;

use serde::de::{Error as _, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::recipe::{check_name, wrong};
use super::{Draft, DraftNode, MOST_STATES, Node, Operation, Recipe, Source};
use crate::error::without_place;
use crate::plain::excerpt;
use crate::text::without_mark;
use crate::{Error, Result};

/// Largest number of nodes of a recipe; the largest published one has 16.
pub const MOST_NODES: usize = 1_000;

/// A file that has a recipe under the key `recipe`, next to other keys.
#[derive(Deserialize)]
struct Wrapped {
    recipe: Draft,
}

impl Draft {
    /// Reads the text of a JSON object of nodes, or of an object that has it under the key `recipe`.
    ///
    /// # Errors
    /// [`Error::Recipe`] with line and column where the text is not JSON or not a map of nodes.
    pub fn from_json(text: &str) -> Result<Self> {
        let text = without_mark(text);
        if let Ok(Configured { config }) = serde_json::from_str(text) {
            return Ok(config.recipe);
        }
        if is_wrapped(text) {
            return serde_json::from_str::<Wrapped>(text)
                .map(|wrapped| wrapped.recipe)
                .map_err(|error| invalid(&error));
        }
        serde_json::from_str(text).map_err(|error| invalid(&error))
    }

    /// Looks up operations and inputs.
    ///
    /// # Errors
    /// [`Error::Recipe`] with the node at fault.
    pub fn recipe(&self) -> Result<Recipe> {
        let positions: HashMap<&str, usize> =
            self.nodes.iter().enumerate().map(|(index, node)| (node.name.as_str(), index)).collect();
        let nodes = self.nodes.iter().map(|drafted| node(drafted, &positions)).collect::<Result<_>>()?;
        Recipe::new(nodes)
    }
}

impl Recipe {
    /// A recipe from the text of its JSON object, or of an object with the key `recipe`, such as a golden file or a
    /// line of the published recipes, or with such an object as its `config`.
    ///
    /// # Errors
    /// [`Error::Recipe`] with the node, or the line and column, at fault.
    pub fn from_json(text: &str) -> Result<Self> {
        Draft::from_json(text)?.recipe()
    }
}

/// A file whose configuration has the recipe.
#[derive(Deserialize)]
struct Configured {
    config: Wrapped,
}

/// Whether the text is a JSON object with a key `recipe` that is not itself a node.
fn is_wrapped(text: &str) -> bool {
    #[derive(Deserialize)]
    struct Outer {
        recipe: HashMap<String, IgnoredAny>,
    }
    // A node may be named `recipe`, too; a truncated file may still have the key.
    match serde_json::from_str::<Outer>(text) {
        Ok(outer) => !outer.recipe.contains_key("op"),
        Err(error) => !error.is_data() && text.contains("\"recipe\""),
    }
}

fn node(DraftNode { name, operation, inputs }: &DraftNode, positions: &HashMap<&str, usize>) -> Result<Node> {
    check_name(name)?;
    let operation = Operation::from_name(operation).ok_or_else(|| {
        let known = Operation::NAMES.map(|(_, name)| name);
        wrong(name, crate::nearest::unknown("operation", operation, known).to_string())
    })?;
    let inputs = inputs
        .iter()
        .map(|input| {
            source(input, positions).ok_or_else(|| wrong(name, format!("input {} does not exist", excerpt(input))))
        })
        .collect::<Result<_>>()?;
    Ok(Node { name: name.to_owned(), operation, inputs })
}

fn source(name: &str, positions: &HashMap<&str, usize>) -> Option<Source> {
    let state = (0..MOST_STATES).find(|state| name.strip_prefix("h_prev_") == Some(state.to_string().as_str()));
    match state {
        Some(state) => Some(Source::State(state)),
        None if name == "x" => Some(Source::Input),
        None => positions.get(name).copied().map(Source::Node),
    }
}

fn invalid(error: &serde_json::Error) -> Error {
    let place = format!("line {} column {}", error.line(), error.column());
    Error::Recipe { place, problem: without_place(error) }
}

impl<'de> Deserialize<'de> for Draft {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        deserializer.deserialize_map(Nodes)
    }
}

impl<'de> Deserialize<'de> for Recipe {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        Draft::deserialize(deserializer)?.recipe().map_err(serde::de::Error::custom)
    }
}

struct Nodes;

impl<'de> Visitor<'de> for Nodes {
    type Value = Draft;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of nodes, each {\"op\": ..., \"input\": [...]}")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> std::result::Result<Draft, A::Error> {
        let mut nodes: Vec<DraftNode> = Vec::new();
        let mut names = std::collections::HashSet::new();
        while let Some(name) = map.next_key::<String>()? {
            if !names.insert(name.clone()) {
                return Err(A::Error::custom(format_args!("node {} is repeated", excerpt(&name))));
            }
            if nodes.len() == MOST_NODES {
                return Err(A::Error::custom(format_args!("more than {MOST_NODES} nodes")));
            }
            nodes.push(DraftNode { name, ..map.next_value()? });
        }
        Ok(Draft { nodes })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn problem(text: &str) -> String {
        Recipe::from_json(text).expect_err("this recipe is wrong").to_string()
    }

    const TANH: &str =
        r#"{"a": {"op": "linear", "input": ["x", "h_prev_0"]}, "h_new_0": {"op": "activation_tanh", "input": ["a"]}}"#;

    #[test]
    fn keeps_the_order_of_the_keys_and_finds_the_order_of_the_step() {
        let recipe = Recipe::from_json(
            r#"{"h_new_0": {"op": "activation_tanh", "input": ["b"]},
                "b": {"op": "linear", "input": ["h_prev_0", "x"]}}"#,
        )
        .unwrap();
        assert_eq!(recipe.nodes()[0].name, "h_new_0");
        assert_eq!(recipe.order(), [1, 0]);
        assert_eq!(recipe.depth(), 2);
        assert_eq!(Recipe::from_json(&recipe.to_string()).unwrap(), recipe);
    }

    #[test]
    fn a_recipe_under_a_key_is_read() {
        let wrapped = format!(r#"{{"id": 7, "recipe": {TANH}, "tokens": [[1]]}}"#);
        assert_eq!(Recipe::from_json(&wrapped).unwrap(), Recipe::from_json(TANH).unwrap());
    }

    #[test]
    fn every_error_is_one_sentence_with_its_place() {
        let many: Vec<String> =
            (0..100_000).map(|i| format!(r#""n{i}": {{"op": "linear", "input": ["x", "h_prev_0"]}}"#)).collect();
        let many = format!("{{{}}}", many.join(","));
        let cases = [
            ("{", "EOF while parsing an object"),
            ("[]", "expected an object of nodes"),
            (r#"{"h_new_0": {"op": "activation_tan", "input": ["x"]}}"#, "did you mean 'activation_tanh'?"),
            (r#"{"h_new_0": {"op": "activation_tanh", "input": ["q"]}}"#, "node h_new_0: input q does not exist"),
            (r#"{"h_new_0": {"op": "blend", "input": ["h_prev_0"]}}"#, "blend takes 3 inputs, not 1"),
            (r#"{"h_new_0": {"op": "linear", "input": ["x"]}}"#, "linear takes 2 to 3 inputs, not 1"),
            (r#"{"h_new_0": {"op": "elementwise_sum", "input": ["h_prev_0"]}}"#, "takes 2 to 64 inputs, not 1"),
            (r#"{"a": {"op": "linear", "input": ["x", "h_prev_0"]}}"#, "node h_new_0: missing"),
            (r#"{"h_new_0": 5}"#, "expected a node"),
            (r#"{"id": 7, "recipe": {"h_new_0": {"op""#, "EOF while parsing"),
            (r#"{"x": {"op": "linear", "input": ["h_prev_0", "h_prev_0"]}}"#, "taken by a source"),
            (r#"{"h_new_0": {"op": "activation_tanh", "input": ["x"]}}"#, "only a linear node can read x"),
            (r#"{"h_new_0": {"op": "linear", "input": ["x", "h_prev_1"]}}"#, "input h_prev_1 does not exist"),
            (&TANH.replace("h_new_0", "h_new_1"), "node h_new_0: missing"),
            (&TANH.replace("\"a\": ", "\"h_new_2\": ").replace("[\"a\"]", "[\"h_new_2\"]"), "there is no h_new_1"),
            (&TANH.replace("\"h_new_0\"", "\"a\""), "node a is repeated"),
            (&TANH.replace("[\"x\", \"h_prev_0\"]", "[\"x\", \"h_new_0\"]"), "depends on itself"),
            (&many, "more than 1000 nodes"),
        ];
        for (text, expected) in cases {
            let message = problem(text);
            assert!(message.contains(expected) && !message.contains('\n'), "{message:?} should contain {expected:?}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_the_parser_panic(text in ".{0,200}") {
            let _ = Recipe::from_json(&text);
        }

        #[test]
        fn no_graph_makes_the_parser_panic(nodes in prop::collection::vec(
            (
                "(n[0-4]|h_new_[0-4]|x)",
                0..8usize,
                prop::collection::vec("(n[0-4]|h_new_[0-3]|h_prev_[0-3]|x)", 0..4),
            ),
            0..8,
        )) {
            let object: Vec<String> = nodes.iter().map(|(name, op, input)| {
                let op = Operation::NAMES.get(*op).map_or("none", |(_, name)| name);
                format!("{name:?}: {{\"op\": {op:?}, \"input\": {input:?}}}")
            }).collect();
            if let Ok(recipe) = Recipe::from_json(&format!("{{{}}}", object.join(","))) {
                prop_assert_eq!(Recipe::from_json(&recipe.to_string()).unwrap(), recipe.clone());
                prop_assert_eq!(recipe.order().len(), recipe.nodes().len());
            }
        }
    }
}
