//! A cell as a graph, layer by layer from what a step reads to the states it makes.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher as _};

use dagre::graph::Graph;
use dagre::{EdgeLabel, LayoutOptions, NodeLabel, Point, layout};
use leptos::prelude::*;
use untrained_core::space::recurrent::{Operation, Recipe, Source};

const HEIGHT: f64 = 40.0;
const MARGIN: f64 = 8.0;

/// Something drawn as a box.
struct Block {
    name: String,
    /// What it does; empty for what is only read.
    does: &'static str,
    class: &'static str,
    at: (f64, f64),
    width: f64,
    marked: bool,
}

/// A recipe laid out.
struct Drawn {
    blocks: Vec<Block>,
    lines: Vec<String>,
    /// Where the drawing starts: lines may run to the left of every block.
    left: f64,
    size: (f64, f64),
}

/// The graph of a recipe.
#[component]
pub fn CellGraph(
    /// The recipe.
    recipe: Recipe,
    /// Another one: what it does not compute is marked.
    #[prop(optional_no_strip)]
    beside: Option<Recipe>,
) -> impl IntoView {
    let Drawn { mut blocks, lines, left, size } = draw(&recipe);
    if let Some(beside) = beside {
        mark(&mut blocks, &recipe, &beside);
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
    let Block { name, does, class, at: (x, y), width, marked } = block;
    let baseline = if does.is_empty() { y + 4.0 } else { y - 3.0 };
    view! {
        <g class=class class:marked=marked>
            <rect x=x - width / 2.0 y=y - HEIGHT / 2.0 width=width height=HEIGHT rx="6"/>
            <text x=x y=baseline>{name}</text>
            <text class="does" x=x y=y + 12.0>{does}</text>
        </g>
    }
}

/// Marks the nodes that compute what no node of the other recipe does.
fn mark(blocks: &mut [Block], recipe: &Recipe, beside: &Recipe) {
    let known: HashSet<u64> = computed(beside).into_iter().collect();
    let fresh = recipe.nodes().iter().zip(computed(recipe)).filter(|(_, digest)| !known.contains(digest));
    let names: HashSet<&str> = fresh.map(|(node, _)| node.name.as_str()).collect();
    blocks.iter_mut().for_each(|block| block.marked = names.contains(block.name.as_str()));
}

/// A digest of what each node computes from the sources of the step, whatever the nodes are called.
fn computed(recipe: &Recipe) -> Vec<u64> {
    let mut digests = vec![0; recipe.nodes().len()];
    for &at in recipe.order() {
        let node = &recipe.nodes()[at];
        let digest = |source: &Source| match source {
            Source::Node(before) => digests[*before],
            given => hashed(given),
        };
        let mut inputs: Vec<u64> = node.inputs.iter().map(digest).collect();
        // Only a blend tells its inputs apart.
        if node.operation != Operation::Blend {
            inputs.sort_unstable();
        }
        digests[at] = hashed(&(node.operation, inputs));
    }
    digests
}

fn hashed(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

fn draw(recipe: &Recipe) -> Drawn {
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
            block.at = (*x, *y);
        }
    }
    let edges = graph.edges();
    let points: Vec<&[Point]> =
        edges.iter().filter_map(|edge| Some(graph.edge_by_obj(edge)?.points.as_slice())).collect();
    let ends = blocks.iter().flat_map(|block| [block.at.0 - block.width / 2.0, block.at.0 + block.width / 2.0]);
    let across: Vec<f64> = ends.chain(points.iter().copied().flatten().map(|point| point.x)).collect();
    let left = across.iter().copied().fold(f64::INFINITY, f64::min) - MARGIN;
    let right = across.iter().copied().fold(f64::NEG_INFINITY, f64::max) + MARGIN;
    let bottom = blocks.iter().map(|block| block.at.1 + HEIGHT / 2.0).fold(0.0, f64::max) + MARGIN;
    Drawn { lines: points.into_iter().map(path).collect(), blocks, left, size: (right - left, bottom) }
}

/// What a step reads, then the nodes.
fn blocks(recipe: &Recipe) -> Vec<Block> {
    let mut read = HashSet::new();
    let mut blocks = Vec::new();
    for &source in recipe.nodes().iter().flat_map(|node| &node.inputs) {
        let name = recipe.source_name(source);
        if !matches!(source, Source::Node(_)) && read.insert(source) {
            blocks.push(made(name, "", "given"));
        }
    }
    let nodes = recipe.nodes().iter().enumerate().map(|(at, node)| {
        let class = if recipe.outputs().contains(&at) { "state" } else { class(node.operation) };
        made(node.name.clone(), short(node.operation.name()), class)
    });
    blocks.extend(nodes);
    blocks
}

fn made(name: String, does: &'static str, class: &'static str) -> Block {
    let letters = name.chars().count().max(does.chars().count());
    Block { width: 7.6 * letters as f64 + 18.0, name, does, class, at: (0.0, 0.0), marked: false }
}

/// `activation_tanh` is "tanh".
pub fn short(name: &str) -> &str {
    ["activation_", "elementwise_"].iter().find_map(|kind| name.strip_prefix(kind)).unwrap_or(name)
}

/// The class of what an operation does.
pub fn class(operation: Operation) -> &'static str {
    match operation {
        Operation::Linear => "linear",
        operation if operation.is_activation() => "activation",
        _ => "gate",
    }
}

fn path(points: &[Point]) -> String {
    let mut path = String::new();
    for (at, point) in points.iter().enumerate() {
        let command = if at == 0 { 'M' } else { 'L' };
        path += &format!("{command}{:.1} {:.1} ", point.x, point.y);
    }
    path
}
