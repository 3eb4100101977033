//! All weights of a decoder: names, shapes, parts and initial distributions.

use super::names::{DISTANCES, Names, POSITIONS, query_biases};
use crate::space::decoder::{Adaptive, Decoder, Layer, Original, Position, Words};

/// A weight.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Weight<'a> {
    /// Its name in the original.
    pub name: &'a str,
    /// As it is stored: [out, in] of a matrix, or [in, out] in GPT-2; `[out]` of a bias; [rows, width] of a table.
    pub shape: &'a [usize],
    /// Where it is.
    pub part: Part,
    /// Its initial values.
    pub initial: Initial,
}

/// A part of a decoder, as LTS counts parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Tables, and maps from them to the width of the layers.
    Embedding,
    /// Attention.
    Attention,
    /// Feed-forward layers.
    FeedForward,
    /// Norms.
    Norm,
    /// What only the head has.
    Head,
}

/// Initial values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Initial {
    /// All the same.
    Constant(f32),
    /// Normally distributed.
    Normal {
        /// Their mean.
        mean: f64,
        /// Their standard deviation.
        deviation: f64,
    },
}

/// Standard deviation of the initial maps between tables and layers.
const PROJECTION: f64 = 0.01;

/// Calls `visit` for every weight, in the order of the network.
pub fn weights(decoder: &Decoder, visit: &mut dyn FnMut(Weight)) {
    let mut list = List { decoder, names: Names::of(decoder), visit };
    list.table();
    for (index, layer) in decoder.layers.iter().enumerate() {
        list.layer(index, layer);
    }
    if decoder.norm.is_before() {
        list.norm(list.names.norm);
    }
    list.head();
}

struct List<'a> {
    decoder: &'a Decoder,
    names: &'static Names,
    visit: &'a mut dyn FnMut(Weight),
}

impl List<'_> {
    fn add(&mut self, part: Part, name: &str, shape: &[usize], initial: Initial) {
        (self.visit)(Weight { name, shape, part, initial });
    }

    /// A matrix or a table.
    fn drawn(&mut self, part: Part, name: &str, shape: &[usize]) {
        self.add(part, name, shape, Initial::Normal { mean: 0.0, deviation: self.decoder.deviation });
    }

    fn zeros(&mut self, part: Part, name: &str, length: usize) {
        self.add(part, name, &[length], Initial::Constant(0.0));
    }

    fn projection(&mut self, part: Part, name: &str, width: usize) {
        self.add(part, name, &[self.decoder.width, width], Initial::Normal { mean: 0.0, deviation: PROJECTION });
    }

    /// A linear map; GPT-2 draws those that end a residual branch narrower.
    fn linear(&mut self, part: Part, name: &str, [input, output]: [usize; 2], bias: bool) {
        let Decoder { original, deviation, layers, .. } = self.decoder;
        let ends = [self.names.attention_output, self.names.feed_forward_output].iter().any(|end| name.ends_with(end));
        let narrower = if *original == Original::Gpt2 && ends { (2.0 * layers.len() as f64).sqrt() } else { 1.0 };
        let initial = Initial::Normal { mean: 0.0, deviation: deviation / narrower };
        let shape = if original.is_transposed() { [input, output] } else { [output, input] };
        self.add(part, &Names::matrix(name), &shape, initial);
        if bias {
            self.zeros(part, &format!("{name}.bias"), output);
        }
    }

    fn norm(&mut self, name: &str) {
        let Decoder { original, width, norm, .. } = *self.decoder;
        let initial = match original {
            Original::TransformerXl => Initial::Normal { mean: 1.0, deviation: self.decoder.deviation },
            _ => Initial::Constant(1.0),
        };
        self.add(Part::Norm, &Names::matrix(name), &[width], initial);
        if norm.is_centred() {
            self.zeros(Part::Norm, &format!("{name}.bias"), width);
        }
    }

    fn layer(&mut self, index: usize, layer: &Layer) {
        let Decoder { width, biases, position, .. } = *self.decoder;
        let (names, mixed) = (self.names, layer.mixed());
        let name = |part: &str| names.in_layer(index, part);
        self.norm(&name(names.attention_norm));
        let widths = [mixed, layer.key_value(), layer.key_value()];
        match names.query_key_value {
            [fused] => {
                self.linear(Part::Attention, &name(fused), [width, widths.iter().sum()], biases.query_key_value);
            }
            parts => parts.iter().zip(widths).for_each(|(part, output)| {
                self.linear(Part::Attention, &name(part), [width, output], biases.query_key_value);
            }),
        }
        if position == Position::Relative {
            self.linear(Part::Attention, &name(DISTANCES), [width, mixed], false);
            query_biases(index)
                .iter()
                .for_each(|bias| self.drawn(Part::Attention, bias, &[layer.heads, layer.head_size]));
        }
        self.linear(Part::Attention, &name(names.attention_output), [mixed, width], biases.attention_output);
        self.norm(&name(names.feed_forward_norm));
        for part in names.feed_forward {
            self.linear(Part::FeedForward, &name(part), [width, layer.feed_forward], biases.feed_forward);
        }
        let output = name(names.feed_forward_output);
        self.linear(Part::FeedForward, &output, [layer.feed_forward, width], biases.feed_forward);
    }

    /// The tables of words and positions.
    fn table(&mut self) {
        let Decoder { vocabulary, width, positions, position, ref words, .. } = *self.decoder;
        match words {
            Words::Whole { .. } => self.drawn(Part::Embedding, &Names::matrix(self.names.table), &[vocabulary, width]),
            Words::Adaptive(adaptive) => self.cluster_tables(adaptive),
        }
        if position == Position::Learned {
            self.drawn(Part::Embedding, POSITIONS, &[positions, width]);
        }
    }

    fn cluster_tables(&mut self, adaptive: &Adaptive) {
        let Decoder { vocabulary, width, .. } = *self.decoder;
        let tables = adaptive.tables(vocabulary);
        for (cluster, words) in tables.into_iter().enumerate() {
            let embedding = adaptive.width(cluster);
            self.drawn(Part::Embedding, &self.names.cluster_table(cluster), &[words.len(), embedding]);
            if adaptive.projects(width) {
                self.projection(Part::Embedding, &self.names.input_projection(cluster), embedding);
            }
        }
    }

    fn head(&mut self) {
        let Decoder { vocabulary, width, ref words, .. } = *self.decoder;
        match words {
            Words::Whole { tied, bias } => {
                if !tied {
                    self.drawn(Part::Head, &Names::matrix(self.names.head), &[vocabulary, width]);
                }
                if *bias {
                    self.zeros(Part::Head, &format!("{}.bias", self.names.head), vocabulary);
                }
            }
            Words::Adaptive(adaptive) => self.cluster_heads(adaptive),
        }
    }

    fn cluster_heads(&mut self, adaptive: &Adaptive) {
        let Decoder { vocabulary, width, .. } = *self.decoder;
        let biases = adaptive.tables(vocabulary);
        for (cluster, words) in biases.iter().enumerate() {
            self.zeros(Part::Head, &self.names.cluster_bias(cluster), words.len());
        }
        for (cluster, tied) in adaptive.tied_projections.iter().enumerate() {
            if !tied && adaptive.projects(width) {
                self.projection(Part::Head, &self.names.output_projection(cluster), adaptive.width(cluster));
            }
        }
        let further = adaptive.clusters() - 1;
        if further > 0 {
            let [weight, bias] = self.names.clusters();
            self.drawn(Part::Head, &weight, &[further, adaptive.embedding]);
            self.zeros(Part::Head, &bias, further);
        }
    }
}
