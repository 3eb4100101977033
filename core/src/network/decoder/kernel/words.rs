//! The tables of words and what the head multiplies with, of all words or by cluster.

use std::ops::Range;

use super::super::names::Names;
use crate::Result;
use crate::network::transformer::Scope;
use crate::space::decoder::{Adaptive, Decoder, Words};

/// Rows of a weight.
pub struct Rows<'a> {
    /// The complete name of the weight.
    pub name: String,
    /// Where they begin, in numbers.
    pub first: usize,
    /// Row by row.
    pub values: &'a [f32],
}

/// Words whose embeddings have one width: all of them, or a cluster.
pub struct Cluster<'a> {
    /// Which words.
    pub words: Range<usize>,
    /// E: width of their embeddings.
    pub embedding: usize,
    /// [words, E].
    pub table: Rows<'a>,
    /// [H, E]: to the width of the layers; none where E is that width.
    pub input: Option<Rows<'a>>,
    /// [H, E]: from the width of the layers.
    pub output: Option<Rows<'a>>,
    /// [words, E]: what the head multiplies with.
    pub head: Rows<'a>,
    /// `[words]`.
    pub bias: Option<Rows<'a>>,
}

/// The tables of a decoder.
pub struct WordTables<'a> {
    /// Of frequent words first.
    pub clusters: Vec<Cluster<'a>>,
    /// Matrix [K, E] and bias `[K]` of the clusters after the first, which predicts them.
    pub further: Option<[Rows<'a>; 2]>,
    /// H: width of the layers.
    pub width: usize,
    /// The factor of embeddings.
    pub factor: f32,
}

impl<'a> WordTables<'a> {
    /// Those of a decoder.
    ///
    /// # Errors
    /// [`crate::Error::Weights`] where a weight is missing.
    pub fn new(decoder: &Decoder, weights: Scope<'a>) -> Result<Self> {
        let names = Names::of(decoder);
        let factor = if decoder.scaled_words { (decoder.width as f32).sqrt() } else { 1.0 };
        let (clusters, further) = match &decoder.words {
            Words::Whole { tied, bias } => {
                let rows = |name: &str| Rows::all(weights, &Names::matrix(name));
                let bias = bias.then(|| Rows::all(weights, &format!("{}.bias", names.head))).transpose()?;
                let cluster = Cluster {
                    words: 0..decoder.vocabulary,
                    embedding: decoder.width,
                    table: rows(names.table)?,
                    input: None,
                    output: None,
                    head: rows(if *tied { names.table } else { names.head })?,
                    bias,
                };
                (vec![cluster], None)
            }
            Words::Adaptive(adaptive) => {
                let ranges = adaptive.ranges(decoder.vocabulary).into_iter().enumerate();
                let cluster = |(index, words)| Cluster::new(adaptive, (index, words), decoder, weights);
                let [weight, bias] = names.clusters();
                let further = || Ok([Rows::all(weights, &weight)?, Rows::all(weights, &bias)?]);
                (ranges.map(cluster).collect::<Result<_>>()?, (adaptive.clusters() > 1).then(further).transpose()?)
            }
        };
        Ok(Self { clusters, further, width: decoder.width, factor })
    }
}

impl<'a> Cluster<'a> {
    fn new(
        adaptive: &Adaptive,
        (index, words): (usize, Range<usize>),
        decoder: &Decoder,
        weights: Scope<'a>,
    ) -> Result<Self> {
        let (names, embedding) = (Names::of(decoder), adaptive.width(index));
        // Clusters of one table are rows of it, and share its projection.
        let (own, rows) = if adaptive.shares_table() { (0, words.clone()) } else { (index, 0..words.len()) };
        let table = || Rows::some(weights, &names.cluster_table(own), (rows.clone(), embedding));
        let input = || Rows::all(weights, &names.input_projection(own));
        let output = || match adaptive.tied_projections[index] {
            true => input(),
            false => Rows::all(weights, &names.output_projection(index)),
        };
        let projects = adaptive.projects(decoder.width);
        Ok(Self {
            words,
            embedding,
            table: table()?,
            input: projects.then(input).transpose()?,
            output: projects.then(output).transpose()?,
            head: table()?,
            bias: Some(Rows::some(weights, &names.cluster_bias(own), (rows.clone(), 1))?),
        })
    }
}

impl<'a> Rows<'a> {
    /// A complete weight.
    fn all(weights: Scope<'a>, name: &str) -> Result<Self> {
        Ok(Self { name: weights.name(name), first: 0, values: &weights.get(name)?.values })
    }

    /// Some rows, of so many numbers each.
    fn some(weights: Scope<'a>, name: &str, (rows, width): (Range<usize>, usize)) -> Result<Self> {
        let values = &weights.get(name)?.values[rows.start * width..rows.end * width];
        Ok(Self { name: weights.name(name), first: rows.start * width, values })
    }
}
