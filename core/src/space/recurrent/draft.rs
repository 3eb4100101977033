//! A recipe while it is edited: names as spelled, and edits that keep a valid recipe valid.

use std::collections::HashSet;
use std::fmt;

use serde::{Deserialize, Serialize, Serializer};

use super::recipe::{check_name, wrong};
use super::{Node, Operation, Recipe};
use crate::Result;

/// The source that every operation can read in every cell.
const ALWAYS: &str = "h_prev_0";

/// Nodes as spelled, in key order. [`Draft::recipe`] checks whether they describe a cell.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Draft {
    /// The nodes, each name once.
    pub nodes: Vec<DraftNode>,
}

/// A node as spelled.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, expecting = "a node {\"op\": ..., \"input\": [...]}")]
pub struct DraftNode {
    /// Its key in the recipe.
    #[serde(skip)]
    pub name: String,
    /// Name of its operation.
    #[serde(rename = "op")]
    pub operation: String,
    /// Names of its inputs, in order.
    #[serde(rename = "input")]
    pub inputs: Vec<String>,
}

impl Draft {
    /// Number of new states: `h_new_0`, `h_new_1`, … without a gap.
    pub fn states(&self) -> usize {
        (0..).take_while(|state| self.position(&format!("h_new_{state}")).is_some()).count()
    }

    /// The sources that node `index` can read without a cycle.
    pub fn sources(&self, index: usize) -> Vec<String> {
        let Some(node) = self.nodes.get(index) else { return Vec::new() };
        let dependent = self.dependent(node);
        let input = (node.operation == Operation::Linear.name()).then(|| "x".to_owned());
        let states = (0..self.states()).map(|state| format!("h_prev_{state}"));
        let nodes = self.nodes.iter().map(|node| &node.name).filter(|name| !dependent.contains(name.as_str()));
        input.into_iter().chain(states).chain(nodes.cloned()).collect()
    }

    /// Gives a node another operation; its inputs are truncated or filled up to the number that it takes.
    pub fn set_operation(&mut self, index: usize, operation: Operation) {
        let Some(node) = self.nodes.get_mut(index) else { return };
        operation.name().clone_into(&mut node.operation);
        let (fewest, most) = operation.arity();
        node.inputs.truncate(most);
        node.inputs.resize(node.inputs.len().max(fewest), ALWAYS.to_owned());
        if operation != Operation::Linear {
            node.inputs.iter_mut().filter(|input| *input == "x").for_each(|input| ALWAYS.clone_into(input));
        }
    }

    /// Replaces input `input` of a node.
    pub fn set_input(&mut self, index: usize, input: usize, source: String) {
        if let Some(known) = self.nodes.get_mut(index).and_then(|node| node.inputs.get_mut(input)) {
            *known = source;
        }
    }

    /// Adds an input to a node.
    pub fn add_input(&mut self, index: usize) {
        if let Some(node) = self.nodes.get_mut(index) {
            node.inputs.push(ALWAYS.to_owned());
        }
    }

    /// Removes an input of a node.
    pub fn remove_input(&mut self, index: usize, input: usize) {
        if let Some(node) = self.nodes.get_mut(index).filter(|node| input < node.inputs.len()) {
            node.inputs.remove(input);
        }
    }

    /// Renames a node, also in the inputs of the nodes that read it.
    ///
    /// # Errors
    /// [`crate::Error::Recipe`] where the name is empty, or taken by another node or a source.
    pub fn rename(&mut self, index: usize, name: &str) -> Result<()> {
        check_name(name)?;
        match self.position(name) {
            Some(other) if other != index => return Err(wrong(name, "there is another node of this name")),
            _ if name.is_empty() => return Err(wrong("without a name", "a node needs one")),
            _ => {}
        }
        let Some(node) = self.nodes.get_mut(index) else { return Ok(()) };
        let before = std::mem::replace(&mut node.name, name.to_owned());
        self.replace_source(&before, name);
        Ok(())
    }

    /// Adds a linear map of the step's input and the first state; returns its index.
    pub fn add_node(&mut self) -> usize {
        let free = (1..).map(|number| format!("node_{number}")).find(|name| self.position(name).is_none());
        self.push(free.unwrap_or_default())
    }

    /// Adds a linear map of the step's input and the first state as the next new state; returns its index.
    pub fn add_state(&mut self) -> usize {
        self.push(format!("h_new_{}", self.states()))
    }

    /// Removes a node; the nodes that read it then read its first input.
    pub fn remove_node(&mut self, index: usize) {
        if index >= self.nodes.len() {
            return;
        }
        let DraftNode { name, inputs, .. } = self.nodes.remove(index);
        // Only a linear node can read x, and the removed node itself no longer exists.
        let replacement = inputs.into_iter().find(|input| *input != "x" && *input != name);
        self.replace_source(&name, &replacement.unwrap_or_else(|| ALWAYS.to_owned()));
    }

    fn push(&mut self, name: String) -> usize {
        let inputs = vec!["x".to_owned(), ALWAYS.to_owned()];
        self.nodes.push(DraftNode { name, operation: Operation::Linear.name().to_owned(), inputs });
        self.nodes.len() - 1
    }

    /// Replaces the input `before` of all nodes by `after`.
    fn replace_source(&mut self, before: &str, after: &str) {
        let inputs = self.nodes.iter_mut().flat_map(|node| &mut node.inputs);
        inputs.filter(|input| *input == before).for_each(|input| after.clone_into(input));
    }

    fn position(&self, name: &str) -> Option<usize> {
        self.nodes.iter().position(|node| node.name == name)
    }

    /// Names of the nodes that depend on the output of `node`, itself included.
    fn dependent<'a>(&'a self, node: &'a DraftNode) -> HashSet<&'a str> {
        let mut dependent = HashSet::from([node.name.as_str()]);
        loop {
            let reads = |node: &&DraftNode| node.inputs.iter().any(|input| dependent.contains(input.as_str()));
            let names: Vec<&str> = self.nodes.iter().filter(reads).map(|node| node.name.as_str()).collect();
            let before = dependent.len();
            dependent.extend(names);
            if dependent.len() == before {
                return dependent;
            }
        }
    }
}

impl From<&Recipe> for Draft {
    fn from(recipe: &Recipe) -> Self {
        let node = |node: &Node| DraftNode {
            name: node.name.clone(),
            operation: node.operation.name().to_owned(),
            inputs: node.inputs.iter().map(|&source| recipe.source_name(source)).collect(),
        };
        Self { nodes: recipe.nodes().iter().map(node).collect() }
    }
}

impl fmt::Display for Recipe {
    /// The recipe as JSON on one line, keys in order.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&serde_json::to_string(self).map_err(|_| fmt::Error)?)
    }
}

impl Serialize for Recipe {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        Draft::from(self).serialize(serializer)
    }
}

impl Serialize for Draft {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_map(self.nodes.iter().map(|node| (&node.name, node)))
    }
}

impl fmt::Display for Draft {
    /// JSON, one node a line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let spelled = |node: &DraftNode| {
            let (name, node) = (serde_json::to_string(&node.name)?, serde_json::to_string(node)?);
            Ok(format!("  {name}: {node}"))
        };
        let lines: serde_json::Result<Vec<String>> = self.nodes.iter().map(spelled).collect();
        write!(f, "{{\n{}\n}}", lines.map_err(|_| fmt::Error)?.join(",\n"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop, proptest};

    use super::super::CLASSIC;
    use super::{Draft, DraftNode, Operation, Recipe};

    fn lstm() -> Draft {
        Draft::from_json(CLASSIC[1].2).unwrap()
    }

    fn index(draft: &Draft, name: &str) -> usize {
        draft.position(name).unwrap()
    }

    #[test]
    fn text_comes_back_as_it_was() {
        for (_, _, json) in CLASSIC {
            let (draft, recipe) = (Draft::from_json(json).unwrap(), Recipe::from_json(json).unwrap());
            assert_eq!(Draft::from_json(&draft.to_string()).unwrap(), draft);
            assert_eq!((Draft::from(&recipe), draft.recipe()), (draft.clone(), Ok(recipe)));
        }
    }

    #[test]
    fn an_unfinished_recipe_is_a_draft() {
        let draft = Draft::from_json(r#"{"h_new_0": {"op": "tan", "input": ["nowhere"]}}"#).unwrap();
        assert_eq!((draft.nodes[0].operation.as_str(), draft.nodes[0].inputs[0].as_str()), ("tan", "nowhere"));
        assert!(draft.recipe().is_err());
    }

    #[test]
    fn a_new_operation_keeps_the_inputs_it_can_take() {
        let mut draft = lstm();
        let gate = index(&draft, "i");
        draft.set_operation(gate, Operation::Tanh);
        assert_eq!(draft.nodes[gate].inputs, ["h_prev_0"]);
        draft.set_operation(gate, Operation::Blend);
        assert_eq!(draft.nodes[gate].inputs.len(), 3);
        assert!(draft.recipe().is_ok());
    }

    #[test]
    fn readers_follow_a_name_and_survive_a_removal() {
        let mut draft = lstm();
        let gate = index(&draft, "i");
        draft.rename(gate, "input_gate").unwrap();
        let reader = index(&draft, "i_act");
        assert_eq!(draft.nodes[reader].inputs, ["input_gate"]);
        draft.remove_node(reader);
        let product = index(&draft, "h_new_1_part2");
        assert_eq!(draft.nodes[product].inputs, ["input_gate", "j_act"]);
        assert!(draft.recipe().is_ok());
        assert!(draft.rename(0, "j").unwrap_err().to_string().contains("another node of this name"));
        assert!(draft.rename(0, "").is_err());
        assert!(draft.rename(0, "x").unwrap_err().to_string().contains("taken by a source"));
    }

    #[test]
    fn sources_that_would_close_a_cycle_are_not_offered() {
        let draft = lstm();
        let sources = draft.sources(index(&draft, "j_act"));
        assert_eq!(sources[..4], ["h_prev_0", "h_prev_1", "i", "i_act"]);
        assert!(["j_act", "h_new_1", "h_new_0"].iter().all(|later| !sources.contains(&(*later).to_owned())));
        assert_eq!(draft.sources(index(&draft, "j"))[0], "x");
    }

    #[test]
    fn added_nodes_and_states_are_valid() {
        let mut draft = lstm();
        let (node, state) = (draft.add_node(), draft.add_state());
        assert_eq!((draft.nodes[node].name.as_str(), draft.nodes[state].name.as_str()), ("node_1", "h_new_2"));
        assert_eq!(draft.recipe().unwrap().states(), 3);
    }

    proptest! {
        /// All offered sources can be chosen: no edit makes a valid cell invalid.
        #[test]
        fn edits_with_offered_sources_keep_a_cell_valid(
            edits in prop::collection::vec((0..4u8, any::<prop::sample::Index>(), any::<prop::sample::Index>()), 0..12)
        ) {
            let mut draft = lstm();
            for (kind, node, choice) in edits {
                let index = node.index(draft.nodes.len());
                let DraftNode { name, inputs, .. } = draft.nodes[index].clone();
                match kind {
                    0 => draft.set_operation(index, Operation::NAMES[choice.index(7)].0),
                    1 => {
                        let sources = draft.sources(index);
                        let source = sources[choice.index(sources.len())].clone();
                        draft.set_input(index, choice.index(inputs.len()), source);
                    }
                    2 => _ = draft.add_node(),
                    _ if name.starts_with("h_new_") => {}
                    _ => draft.remove_node(index),
                }
                assert!(draft.recipe().is_ok(), "{draft}: {:?}", draft.recipe());
            }
        }
    }
}
