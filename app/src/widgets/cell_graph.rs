//! A cell as a graph, in layers from what a step reads to its new states.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher as _};

use dagre::graph::Graph;
use dagre::{EdgeLabel, LayoutOptions, NodeLabel, Point, layout};
use leptos::prelude::*;
use untrained_core::space::recurrent::{Operation, Recipe, Source};

const HEIGHT: f64 = 40.0;
const MARGIN: f64 = 8.0;

/// A box.
struct Block {
    name: String,
    /// The operation; empty for what is only read.
    operation: &'static str,
    class: &'static str,
    centre: (f64, f64),
    width: f64,
    marked: bool,
}

/// The layout of a recipe.
struct Layout {
    blocks: Vec<Block>,
    lines: Vec<String>,
    /// The left edge of the drawing: lines may run to the left of every block.
    left: f64,
    size: (f64, f64),
}

/// The graph of a recipe.
#[component]
pub fn CellGraph(
    /// The recipe.
    recipe: Recipe,
    /// A recipe to compare with: nodes that it does not compute are marked.
    #[prop(optional_no_strip)]
    other: Option<Recipe>,
) -> impl IntoView {
    let Layout { mut blocks, lines, left, size } = draw(&recipe);
    if let Some(other) = other {
        mark(&mut blocks, &recipe, &other);
    }
    let view = format!("{left} 0 {} {}", size.0, size.1);
    let words = format!("A cell of {} nodes and {} states.", recipe.nodes().len(), recipe.states());
    view! {
        <div class="scroll" tabindex="0" role="group" aria-label="Graph of the cell">
            <svg class="graph" width=size.0 height=size.1 viewBox=view role="img" aria-label=words>
                {lines.into_iter().map(|d| view! { <path class="edge" d=d/> }).collect_view()}
                {blocks.into_iter().map(block).collect_view()}
            </svg>
        </div>
    }
}

fn block(block: Block) -> impl IntoView {
    let Block { name, operation, class, centre: (x, y), width, marked } = block;
    let baseline = if operation.is_empty() { y + 4.0 } else { y - 3.0 };
    view! {
        <g class=class class:marked=marked>
            <rect x=x - width / 2.0 y=y - HEIGHT / 2.0 width=width height=HEIGHT rx="6"/>
            <text x=x y=baseline>{name}</text>
            <text class="does" x=x y=y + 12.0>{operation}</text>
        </g>
    }
}

/// Marks the nodes that compute what no node of the other recipe computes.
fn mark(blocks: &mut [Block], recipe: &Recipe, other: &Recipe) {
    let known: HashSet<u64> = computed(other).into_iter().collect();
    let fresh = recipe.nodes().iter().zip(computed(recipe)).filter(|(_, digest)| !known.contains(digest));
    let names: HashSet<&str> = fresh.map(|(node, _)| node.name.as_str()).collect();
    blocks.iter_mut().for_each(|block| block.marked = names.contains(block.name.as_str()));
}

/// A digest of what each node computes from the sources of the step, independent of the names of nodes.
fn computed(recipe: &Recipe) -> Vec<u64> {
    let mut digests = vec![0; recipe.nodes().len()];
    for &index in recipe.order() {
        let node = &recipe.nodes()[index];
        let digest = |source: &Source| match source {
            Source::Node(before) => digests[*before],
            given => hashed(given),
        };
        let mut inputs: Vec<u64> = node.inputs.iter().map(digest).collect();
        // Only a blend depends on the order of its inputs.
        if node.operation != Operation::Blend {
            inputs.sort_unstable();
        }
        digests[index] = hashed(&(node.operation, inputs));
    }
    digests
}

fn hashed(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

fn draw(recipe: &Recipe) -> Layout {
    let mut graph = Graph::new();
    let mut blocks = blocks(recipe);
    for block in &blocks {
        let label = NodeLabel { width: block.width, height: HEIGHT, ..NodeLabel::default() };
        graph.set_node(block.name.clone(), Some(label));
    }
    for node in recipe.nodes() {
        for &source in &node.inputs {
            graph.set_edge(recipe.source_name(source), node.name.clone(), Some(EdgeLabel::default()), None);
        }
    }
    let options =
        LayoutOptions { nodesep: 18.0, ranksep: 30.0, marginx: MARGIN, marginy: MARGIN, ..Default::default() };
    layout(&mut graph, Some(options));
    for block in &mut blocks {
        if let Some(NodeLabel { x: Some(x), y: Some(y), .. }) = graph.node(&block.name) {
            block.centre = (*x, *y);
        }
    }
    let edges = graph.edges();
    let points: Vec<&[Point]> =
        edges.iter().filter_map(|edge| Some(graph.edge_by_obj(edge)?.points.as_slice())).collect();
    let ends = blocks.iter().flat_map(|block| [block.centre.0 - block.width / 2.0, block.centre.0 + block.width / 2.0]);
    let across: Vec<f64> = ends.chain(points.iter().copied().flatten().map(|point| point.x)).collect();
    let left = across.iter().copied().fold(f64::INFINITY, f64::min) - MARGIN;
    let right = across.iter().copied().fold(f64::NEG_INFINITY, f64::max) + MARGIN;
    let bottom = blocks.iter().map(|block| block.centre.1 + HEIGHT / 2.0).fold(0.0, f64::max) + MARGIN;
    Layout { lines: points.into_iter().map(path).collect(), blocks, left, size: (right - left, bottom) }
}

/// The sources of a step, then the nodes.
fn blocks(recipe: &Recipe) -> Vec<Block> {
    let mut read = HashSet::new();
    let mut blocks = Vec::new();
    for &source in recipe.nodes().iter().flat_map(|node| &node.inputs) {
        let name = recipe.source_name(source);
        if !matches!(source, Source::Node(_)) && read.insert(source) {
            blocks.push(block_of(name, "", "given"));
        }
    }
    let nodes = recipe.nodes().iter().enumerate().map(|(index, node)| {
        let class = if recipe.outputs().contains(&index) { "state" } else { class(node.operation) };
        block_of(node.name.clone(), short(node.operation.name()), class)
    });
    blocks.extend(nodes);
    blocks
}

fn block_of(name: String, operation: &'static str, class: &'static str) -> Block {
    let letters = name.chars().count().max(operation.chars().count());
    Block { width: 7.6 * letters as f64 + 18.0, name, operation, class, centre: (0.0, 0.0), marked: false }
}

/// `activation_tanh` is "tanh".
pub fn short(name: &str) -> &str {
    ["activation_", "elementwise_"].iter().find_map(|kind| name.strip_prefix(kind)).unwrap_or(name)
}

/// The style class of an operation.
pub fn class(operation: Operation) -> &'static str {
    match operation {
        Operation::Linear => "linear",
        operation if operation.is_activation() => "activation",
        _ => "gate",
    }
}

fn path(points: &[Point]) -> String {
    let mut path = String::new();
    for (index, point) in points.iter().enumerate() {
        let command = if index == 0 { 'M' } else { 'L' };
        path += &format!("{command}{:.1} {:.1} ", point.x, point.y);
    }
    path
}
