//! What the sequences of a batch show, summed up chunk by chunk.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::linear::{Linear, Tape};
use crate::network::language::Matrices;
use crate::observation::{
    GradientOf, Moments, Needs, NodeGradient, NodeGradientSums, NodeValues, Observation, Observer, Parameter, add,
};
use crate::progress::Progress;

/// What [`Progress`] counts for the numbers of a matrix and of its gradient; a part of a layer is 1 forward.
const NORMS: usize = 2;

/// The observations of one sequence, and its tape.
pub struct Sequence {
    /// What was observed.
    pub seen: Observer,
    /// What the gradients of the weights are computed from.
    pub tape: Tape,
}

/// The observations of all sequences.
pub struct Sums<'a> {
    /// Per linear map whose gradient is read, [out, in].
    gradients: Vec<(&'a Linear<'a>, Vec<f32>)>,
    /// Per linear map, where its values and their gradients are read.
    nodes: Vec<LinearNodes<'a>>,
    /// Whether those of all matrices of linear maps that count are read, by the loss.
    complete: bool,
    /// None before the first.
    seen: Option<Observer>,
}

/// Sums of the nodes that are joined in a map.
struct LinearNodes<'a> {
    linear: &'a Linear<'a>,
    /// One for each.
    sums: Vec<NodeGradientSums>,
    /// Where all sequences share the input: that, [T, in], and the gradient of the output, [T, out], of all of them.
    shared: Option<[Vec<f32>; 2]>,
}

impl<'a> Sums<'a> {
    /// Nothing yet, of those of these maps that are read.
    pub fn new(linears: &[&'a Linear<'a>], needs: &Needs) -> Self {
        let is_read = |linear: &&Linear| {
            linear.parts.iter().any(|part| needs.reads(&part.spec) || needs.reads_of_loss(&part.spec))
        };
        let zeros = |&linear: &&'a Linear<'a>| (linear, vec![0.0; linear.shape().iter().product()]);
        let read = !needs.node_gradient_reductions().is_empty();
        let mut inner = linears.iter().filter(|linear| linear.is_inner());
        let complete = inner.clone().flat_map(|linear| &linear.parts).all(|part| needs.reads_of_loss(&part.spec));
        let nodes = inner.by_ref().filter(|_| read).map(|&linear| LinearNodes::new(linear)).collect();
        let gradients = linears.iter().filter(|linear| is_read(linear)).map(zeros).collect();
        Self { gradients, nodes, complete, seen: None }
    }

    /// The gradients of all matrices of the maps that are read, each of its own shape.
    pub fn into_matrices(self) -> Matrices {
        let of = |(linear, gradient): &(&Linear, Vec<f32>)| {
            linear.parameters(gradient).map(|parameter| parameter.gradient.to_vec()).collect::<Vec<_>>()
        };
        self.gradients.iter().flat_map(of).collect()
    }

    /// The incoming states of the layers whose are read, [B · T, H], taken out.
    pub fn hidden(&mut self) -> BTreeMap<usize, Vec<f32>> {
        self.seen.as_mut().map(|seen| std::mem::take(&mut seen.hidden)).unwrap_or_default()
    }

    /// What [`Self::finish`] advances the progress by.
    pub fn expected(&self) -> usize {
        NORMS * self.gradients.len()
    }

    /// Adds later sequences.
    pub fn add(&mut self, sequences: Vec<Sequence>) {
        let mut tapes = Vec::new();
        for Sequence { seen, tape } in sequences {
            match &mut self.seen {
                Some(sums) => sums.add_later(seen),
                None => self.seen = Some(seen),
            }
            tapes.push(tape);
        }
        self.gradients.par_iter_mut().for_each(|(linear, gradient)| linear.accumulate(0, gradient, &tapes));
        self.nodes.par_iter_mut().for_each(|nodes| nodes.add(&tapes));
    }

    /// What the metrics read, of sequences of these lengths; `jacobian` makes rows of the gradient of the embeddings.
    pub fn finish(
        mut self,
        lengths: &[usize],
        needs: &Needs,
        progress: &Progress,
        jacobian: impl FnOnce(&[f32]) -> Moments,
    ) -> Observation {
        let expected = self.expected();
        let gradients = self.gradients.iter();
        let parameters: Vec<Parameter> = gradients.flat_map(|(linear, gradient)| linear.parameters(gradient)).collect();
        let mut observer = self.seen.take().unwrap_or_default();
        let nodes: Vec<NodeValues> = std::mem::take(&mut observer.nodes);
        let mut seen = observer.finish(lengths.len(), jacobian);
        seen.reduce(needs, GradientOf::Output, &parameters);
        seen.reduce(needs, GradientOf::Loss, &parameters);
        seen.reduce_nodes(needs, &nodes, lengths);
        if needs.keeps_loss_gradients() && self.complete {
            seen.loss_gradients = Some(parameters.iter().map(|parameter| parameter.gradient.to_vec()).collect());
        }
        let nodes: Vec<NodeGradient> = self.nodes.into_iter().flat_map(LinearNodes::finish).collect();
        seen.reduce_node_gradients(needs, &nodes);
        progress.advance(expected);
        seen
    }
}

impl<'a> LinearNodes<'a> {
    fn new(linear: &'a Linear<'a>) -> Self {
        let sums = linear.parts.iter().map(|part| NodeGradientSums::new(part.rows.len())).collect();
        Self { linear, sums, shared: linear.shared.then(Default::default) }
    }

    /// Adds the sequences of these tapes. The output is computed again: it is kept nowhere.
    fn add(&mut self, tapes: &[Tape]) {
        for [input, upstream] in self.linear.pairs(tapes) {
            match &mut self.shared {
                Some([longest, sum]) => {
                    if input.len() > longest.len() {
                        longest.clone_from(input);
                    }
                    add(sum, upstream);
                }
                None => self.add_sequence(input, upstream),
            }
        }
    }

    fn add_sequence(&mut self, input: &[f32], upstream: &[f32]) {
        let (values, width) = (self.linear.forward(input), self.linear.output());
        for (sums, part) in self.sums.iter_mut().zip(&self.linear.parts) {
            let tokens = values.chunks(width).zip(upstream.chunks(width));
            sums.add(tokens.map(|(values, gradients)| (&values[part.rows.clone()], &gradients[part.rows.clone()])));
        }
    }

    fn finish(mut self) -> Vec<NodeGradient> {
        if let Some([input, upstream]) = self.shared.take() {
            self.add_sequence(&input, &upstream);
        }
        let parts = self.linear.parts.iter().zip(&self.sums);
        let inputs = self.linear.shape()[1];
        parts.map(|(part, sums)| sums.finish(part.spec.site.clone(), inputs)).collect()
    }
}
