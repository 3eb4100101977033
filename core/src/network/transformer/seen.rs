//! Observations summed over sequences, from the kernel or from Burn.

use super::Sizes;
use super::places::{Places, terms};
use super::reduce::{Product, agreement, of_products, positions};
use crate::probe::transformer::{Nans, Place, Probe};
use crate::space::transformer::Configuration;

/// Sums over sequences, in the order of the encoder.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    /// Per projection: the mean over features of the largest value over the sequence.
    pub projections: Vec<f64>,
    /// Per softmax: the mean of the largest value over the heads.
    pub softmaxes: Vec<f64>,
    /// Per head that attends: the mean over tokens of the largest attention weight.
    pub attention: Vec<f64>,
    /// Per head that attends: |Σ output · gradient|.
    pub head_gradients: Vec<f64>,
    /// Per activation, of the first sequence alone: the number of tokens above zero, per feature.
    pub active: Vec<Vec<f32>>,
    /// Tokens of the first sequence, without padding.
    pub first: usize,
    /// [T, E]: the gradient of the position embeddings, as far as any sequence reaches.
    pub jacobian: Vec<f32>,
    /// Number of NaN last hidden states of the first sequence, and of all: a NaN anywhere before propagates to them.
    pub nans: [f64; 2],
}

impl Seen {
    /// Adds the observations of other sequences.
    pub fn add(&mut self, other: Self) {
        add(&mut self.projections, &other.projections);
        add(&mut self.softmaxes, &other.softmaxes);
        add(&mut self.attention, &other.attention);
        add(&mut self.head_gradients, &other.head_gradients);
        add(&mut self.jacobian, &other.jacobian);
        if self.active.is_empty() {
            (self.active, self.first) = (other.active, other.first);
            self.nans[0] = other.nans[0];
        }
        self.nans[1] += other.nans[1];
    }

    /// What all metrics read, of an encoder of these sizes with these matrices.
    pub fn probe(&self, configuration: &Configuration, sizes: &Sizes, products: &[Product]) -> Probe {
        let places = Places::new(configuration);
        let means = |places: Vec<Place>, sums: &[f64]| terms(places, sums.iter().map(|sum| sum / sizes.batch as f64));
        let agreements = self.active.iter().map(|active| agreement(active, self.first));
        Probe {
            confidence: means(places.projections, &self.projections),
            softmax_confidence: means(places.softmaxes, &self.softmaxes),
            attention: means(places.heads.clone(), &self.attention),
            head_gradients: means(places.heads, &self.head_gradients),
            agreement: terms(places.activations, agreements),
            jacobian: Some(positions(&self.jacobian, sizes)),
            nans: self.nans(),
            parameters: sizes.parameters(configuration),
            parts: 1,
            ..of_products(products)
        }
    }

    fn nans(&self) -> Nans {
        let [first_sequence, any_sequence] =
            self.nans.map(|count| (count > 0.0).then(|| "a last hidden state is NaN".to_owned()));
        Nans { first_sequence, any_sequence }
    }
}

/// sums += values; the shorter of the two is extended with zeros.
pub fn add<T: Copy + Default + std::ops::AddAssign>(sums: &mut Vec<T>, values: &[T]) {
    sums.resize(sums.len().max(values.len()), T::default());
    sums.iter_mut().zip(values).for_each(|(sum, &value)| *sum += value);
}
