//! The loss of a decoder on a device, and its gradient in the last hidden states.

use burn::tensor::activation::log_softmax;
use burn::tensor::{Device, IndexingUpdateOp, Tensor};

use super::super::kernel::Sequence;
use super::super::kernel::words::WordTables;
use super::super::sizes::LOGITS;
use crate::network::tensor::{indices, tensor};

/// What is to be predicted in some sequences.
pub struct Targets {
    /// Which of their B · T tokens are followed by a word that is known, `[n]`.
    places: Vec<usize>,
    /// The words, `[n]`.
    words: Vec<u32>,
}

/// The loss of some sequences.
pub struct Loss {
    /// −ln p of the words after tokens, in parts.
    pub of_tokens: Vec<Tensor<1>>,
    /// The gradient of their sum in the last hidden states, [B, T, H], times a factor; none where nothing reads it.
    pub gradient: Option<Tensor<3>>,
}

/// What multiplies hidden states to the logits of a cluster.
struct Cluster {
    /// [H, E]: to the width of its embeddings.
    output: Option<Tensor<2>>,
    /// Matrix [entries, E] and bias [1, entries] of its words, and of the other clusters.
    blocks: Vec<(Tensor<2>, Option<Tensor<2>>)>,
}

impl Targets {
    /// Those of sequences that are padded to `length` tokens.
    pub fn new(sequences: &[Sequence], length: usize) -> Self {
        let places = sequences.iter().enumerate().flat_map(|(index, sequence)| {
            let first = index * length;
            first..first + sequence.targets.len()
        });
        let words = sequences.iter().flat_map(|sequence| sequence.targets).copied();
        Self { places: places.collect(), words: words.collect() }
    }
}

impl Loss {
    /// The loss after hidden states [B, T, H]. Where there is a `factor`, the head is differentiated: some tokens after
    /// others, so that the logits of all tokens are never there together.
    pub fn new(words: &WordTables, hidden: &Tensor<3>, targets: &Targets, factor: Option<f32>) -> Self {
        let shape = hidden.dims();
        let states: Tensor<2> = hidden.clone().without_autodiff().flatten(0, 1);
        let device = states.device();
        let (mut of_tokens, mut gradient) = (Vec::new(), states.zeros_like());
        for index in 0..words.clusters.len() {
            let predicted = words.predicted(index, &targets.words);
            if predicted.places.is_empty() {
                continue;
            }
            let cluster = Cluster::new(words, index, &device);
            let at_once = (LOGITS / cluster.entries()).max(1);
            for (places, entries) in predicted.places.chunks(at_once).zip(predicted.entries.chunks(at_once)) {
                let places = indices(places.iter().map(|&place| targets.places[place]), &device);
                let read = states.clone().select(0, places.clone());
                let read = if factor.is_some() { read.autodiff().require_grad() } else { read };
                let losses = cluster.losses(read.clone(), entries);
                of_tokens.push(losses.clone().without_autodiff());
                let added = factor.and_then(|factor| read.grad(&(losses.sum() * factor).backward()));
                if let Some(added) = added {
                    gradient = gradient.select_assign(0, places, added, IndexingUpdateOp::Add);
                }
            }
        }
        Self { of_tokens, gradient: factor.map(|_| gradient.reshape(shape)) }
    }
}

impl Cluster {
    fn new(words: &WordTables, index: usize, device: &Device) -> Self {
        let own = &words.clusters[index];
        let rows = |values: &[f32], width: usize| tensor(values.to_vec(), [values.len() / width, width], device);
        let blocks = words.blocks(index).into_iter().map(|(weight, bias)| {
            (rows(weight.values, own.embedding), bias.map(|bias| rows(bias.values, bias.values.len())))
        });
        let output = own.output.as_ref().map(|output| rows(output.values, own.embedding));
        Self { output, blocks: blocks.collect() }
    }

    /// How many logits a token has.
    fn entries(&self) -> usize {
        self.blocks.iter().map(|(weight, _)| weight.dims()[0]).sum()
    }

    /// −ln p of an entry each, `[n]`, after hidden states [n, H].
    fn losses(&self, states: Tensor<2>, entries: &[usize]) -> Tensor<1> {
        let device = states.device();
        let projected = match &self.output {
            Some(output) => states.matmul(output.clone()),
            None => states,
        };
        let blocks = self.blocks.iter().map(|(weight, bias)| {
            let logits = projected.clone().matmul(weight.clone().transpose());
            match bias {
                Some(bias) => logits + bias.clone(),
                None => logits,
            }
        });
        let mut blocks: Vec<Tensor<2>> = blocks.collect();
        let logits = if blocks.len() > 1 { Tensor::cat(blocks, 1) } else { blocks.remove(0) };
        let count = entries.len();
        let entries = indices(entries.iter().copied(), &device).reshape([count, 1]);
        log_softmax(logits, 1).gather(1, entries).neg().reshape([count])
    }
}
