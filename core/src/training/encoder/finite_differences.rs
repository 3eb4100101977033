//! Every gradient against a difference quotient, for every operation, objective and kind of weight.
//!
//! For each weight the network is moved along the gradient, by ε to both sides: (f(w + ε g / ‖g‖) − f(w − ε g / ‖g‖)) / 2ε
//! is ‖g‖. The loss is computed in f32, to about 1e-7 of it, which is the limit of the comparison.

use pollster::block_on;

use super::small::{OPERATIONS, batch, masked, shape};
use super::*;
use crate::device::Device;
use crate::network::transformer::{Listed, Weights};
use crate::training::{Adam, Clip};

/// Large weights, so that no slope vanishes.
fn weights(listed: Listed) -> Weights {
    let mut weights = Weights::from_fn(listed, |name, shape| {
        let seed: usize = name.bytes().map(usize::from).sum();
        let offset = if name.ends_with("LayerNorm.weight") { 1.0 } else { 0.0 };
        let value = |index: usize| offset + 0.4 * ((index * 37 + seed * 11) as f32).sin();
        (0..shape.iter().product()).map(value).collect()
    });
    weights.epsilon = 1e-5;
    weights
}

const SETTINGS: TrainingSettings = TrainingSettings {
    adam: Adam::ELECTRA,
    clip: Clip { norm: f64::MAX, epsilon: 0.0 },
    // The weights stay, so that the first moments are a tenth of the gradients.
    schedule: LinearSchedule { rate: 0.0, warm_up: 0, steps: 1 },
    // The same from loss to loss, since the number of updates is.
    dropout: 0.2,
    seed: 0,
};

/// Compares the gradients that a state has after one update with the loss at other weights.
fn check(state: &TrainingState, loss: impl Fn(Weights) -> f64, what: &str) {
    /// Of the loss in f32, relatively.
    const NOISE: f64 = 5e-7;
    let size = loss(state.weights.clone());
    let mut clear = 0;
    for ((name, _), moments) in state.weights.iter().zip(&state.optimizer.states) {
        let gradient: Vec<f64> = moments.first.iter().map(|m| 10.0 * f64::from(*m)).collect();
        let norm = gradient.iter().map(|g| g * g).sum::<f64>().sqrt();
        // Exactly zero: no softmax depends on what all its scores have in common.
        if name.ends_with("key.bias") {
            assert!(norm < 1e-5, "{what}, {name}: {norm}");
            continue;
        }
        let along = |step: f64| {
            let mut moved = state.weights.clone();
            let entries = moved.get_mut(name).unwrap().values.iter_mut().zip(&gradient);
            entries.for_each(|(w, g)| *w = (f64::from(*w) + step * g / norm) as f32);
            loss(moved)
        };
        // The error is of the fourth order in the step; steep losses are curved, too.
        let step = 4e-3 / (1.0 + norm);
        let difference = |step: f64| (along(step) - along(-step)) / (2.0 * step);
        let quotient = (4.0 * difference(step) - difference(2.0 * step)) / 3.0;
        let allowed = 2e-3 * norm + NOISE * size / step;
        assert!((quotient - norm).abs() < allowed, "{what}, {name}: {quotient}, not {norm}");
        clear += usize::from(norm > 10.0 * allowed);
    }
    let all = state.optimizer.states.len();
    assert!(2 * clear >= all, "{what}: only {clear} gradients of {all} exceed the noise");
}

#[test]
fn masked_language_models() {
    for operation in OPERATIONS {
        let shape = shape(operation, 8);
        let model = |weights| MaskedLanguageModel::new(shape.clone(), weights, SETTINGS);
        let mut trained = model(weights(MaskedLanguageModel::weights(&shape)));
        block_on(trained.step(&masked(), &Device::Cpu)).unwrap();
        let loss = |weights| block_on(model(weights).step(&masked(), &Device::Cpu)).unwrap().loss.loss;
        check(&trained.state, loss, &format!("{operation:?}"));
    }
}

#[test]
fn fine_tuning() {
    let shape = shape(OPERATIONS[0], 8);
    for (labels, outputs) in [(Labels::Classes(vec![2, 0]), 3), (Labels::Scores(vec![4.5, 0.5]), 1)] {
        let model = |weights| FineTuning::new(shape.clone(), weights, SETTINGS, LayerDecay::PUBLISHED);
        let mut tuned = model(weights(FineTuning::weights(&shape, outputs)));
        block_on(tuned.step(&batch(), &labels, &Device::Cpu)).unwrap();
        check(
            &tuned.state,
            |weights| block_on(model(weights).step(&batch(), &labels, &Device::Cpu)).unwrap().loss.loss,
            &format!("{labels:?}"),
        );
    }
}

/// Samples are given: no gradient passes through them. The generator is 4 wide.
#[test]
fn electra() {
    let shape = shape(OPERATIONS[2], 16);
    let samples = [vec![3, 7, 7], vec![1, 6, 5]];
    let model = |weights| Electra::new(shape.clone(), weights, SETTINGS);
    let mut trained = model(weights(Electra::weights(&shape)));
    block_on(trained.step_with(&masked(), &samples, &Device::Cpu)).unwrap();
    check(
        &trained.state,
        |weights| block_on(model(weights).step_with(&masked(), &samples, &Device::Cpu)).unwrap().loss.total,
        "electra",
    );
}
