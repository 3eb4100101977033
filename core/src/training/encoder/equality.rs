//! A device trains as the CPU does: for every operation and objective, with dropout, whatever the parts.

use std::ops::Range;

use pollster::block_on;

use super::electra::discriminator::module::Discriminator;
use super::fine_tuning::module::TunedNetwork;
use super::masked_network::Randomness;
use super::masked_network::module::MaskedNetwork;
use super::on_device::sum;
use super::small::{OPERATIONS, batch, flex, masked, shape};
use super::*;
use crate::device::Device;
use crate::network::encoder::module::trained::GradientSums;
use crate::network::transformer::kernel::dropout::Dropout;
use crate::network::transformer::module::parameters::Leaves;
use crate::network::transformer::{Listed, Scope, Weights};
use crate::random::Placed;
use crate::space::encoder::{Configuration, Operation};

/// An encoder with a layer of this operation between two others, 16 wide, so that the dropout of every layer has a place
/// that depends on those below.
fn encoder(operation: Operation) -> EncoderShape {
    let one = shape(operation, 16);
    let layers =
        [OPERATIONS[2], operation, OPERATIONS[1]].map(|operation| shape(operation, 16).configuration.layers[0]);
    EncoderShape { configuration: Configuration { layers: layers.into(), ..one.configuration }, ..one }
}

/// Drawn weights, larger than those that training begins with, so that dropout and samples matter.
fn weights(listed: Listed) -> Weights {
    let mut weights = initial_weights(listed, 3);
    let matrices = weights.iter_mut().filter(|(name, _)| !name.contains("LayerNorm") && !name.ends_with("bias"));
    matrices.for_each(|(_, array)| array.values.iter_mut().for_each(|value| *value *= 10.0));
    weights
}

fn settings(dropout: f64) -> TrainingSettings {
    let schedule = LinearSchedule { rate: 0.01, warm_up: 0, steps: 10 };
    TrainingSettings { dropout, ..TrainingSettings::electra(schedule, 7) }
}

fn close(what: &str, found: f64, expected: f64, tolerance: f64) {
    let difference = (found - expected).abs() / expected.abs();
    assert!(difference <= tolerance, "{what}: {found}, not {expected}: {difference:.1e}");
}

/// Losses within 1e-5, and the norm of the gradients within 1e-4.
fn same<Loss>(what: &str, [found, expected]: [Updated<Loss>; 2], losses: impl Fn(&Loss) -> Vec<f64>) {
    let pairs = losses(&found.loss).into_iter().zip(losses(&expected.loss));
    pairs.for_each(|(found, expected)| close(what, found, expected, 1e-5));
    close(what, found.gradient_norm, expected.gradient_norm, 1e-4);
}

/// Every gradient, of which the first moments after one update are a tenth: within 1e-4 of the largest of its weight. That
/// of the bias of a key is zero but for rounding.
fn same_gradients(what: &str, found: &TrainingState, expected: &TrainingState) {
    let names = expected.weights.iter().map(|(name, _)| name);
    let moments = found.optimizer.states.iter().zip(&expected.optimizer.states);
    for (name, (found, expected)) in names.zip(moments).filter(|(name, _)| !name.ends_with("key.bias")) {
        let largest = expected.first.iter().fold(0.0_f32, |largest, value| largest.max(value.abs()));
        for (found, expected) in found.first.iter().zip(&expected.first) {
            let difference = (found - expected).abs();
            assert!(difference <= 1e-4 * largest, "{what}, {name}: {found}, not {expected}; the largest is {largest}");
        }
    }
}

fn of_electra(loss: &ElectraLoss) -> Vec<f64> {
    let ElectraLoss { generator, discriminator, total, generator_accuracy, discriminator_accuracy } = *loss;
    // Accuracies may be zero.
    vec![generator, discriminator, total, 1.0 + generator_accuracy, 1.0 + discriminator_accuracy]
}

/// With samples that are drawn.
#[test]
fn electra() {
    for operation in OPERATIONS {
        let (shape, what) = (encoder(operation), format!("{operation:?}"));
        let new = || Electra::new(shape.clone(), weights(Electra::weights(&shape)), settings(0.1));
        let mut both = [new(), new()];
        let source = Placed::from_seed(5);
        let [found, expected] = [flex(), Device::Cpu]
            .map(|device| of_electra(&block_on(both[0].evaluate(&masked(), source, &device)).unwrap()));
        found.iter().zip(expected).for_each(|(&found, expected)| close(&what, found, expected, 1e-5));
        let updated = [(0, flex()), (1, Device::Cpu)];
        let updated = updated.map(|(index, device)| block_on(both[index].step(&masked(), &device)).unwrap());
        same(&what, updated, of_electra);
        same_gradients(&what, &both[0].state, &both[1].state);
    }
}

#[test]
fn masked_language_models() {
    for operation in OPERATIONS {
        let (shape, what) = (encoder(operation), format!("{operation:?}"));
        let listed = || MaskedLanguageModel::weights(&shape);
        let new = || MaskedLanguageModel::new(shape.clone(), weights(listed()), settings(0.1));
        let mut both = [new(), new()];
        let [found, expected] =
            [flex(), Device::Cpu].map(|device| block_on(both[0].evaluate(&masked(), &device)).unwrap());
        close(&what, found.loss, expected.loss, 1e-5);
        assert!((found.accuracy - expected.accuracy).abs() < 1e-12);
        let updated = [(0, flex()), (1, Device::Cpu)];
        let updated = updated.map(|(index, device)| block_on(both[index].step(&masked(), &device)).unwrap());
        same(&what, updated, |loss| vec![loss.loss, 1.0 + loss.accuracy]);
        same_gradients(&what, &both[0].state, &both[1].state);
    }
}

#[test]
fn fine_tuning() {
    for (operation, labels, outputs) in [
        (OPERATIONS[0], Labels::Classes(vec![2, 0]), 3),
        (OPERATIONS[3], Labels::Classes(vec![1, 1]), 2),
        (OPERATIONS[4], Labels::Scores(vec![4.5, 0.5]), 1),
    ] {
        let (shape, what) = (encoder(operation), format!("{operation:?}"));
        let listed = || FineTuning::weights(&shape, outputs);
        let new = || FineTuning::new(shape.clone(), weights(listed()), settings(0.1), LayerDecay::PUBLISHED);
        let mut both = [new(), new()];
        for labels in [None, Some(&labels)] {
            let [found, expected] =
                [flex(), Device::Cpu].map(|device| block_on(both[0].evaluate(&batch(), labels, &device)).unwrap());
            assert!((found.loss - expected.loss).abs() <= 1e-5 * expected.loss);
            assert_eq!(found.outputs.len(), 2 * outputs);
            let pairs = found.outputs.iter().zip(&expected.outputs);
            pairs.for_each(|(&found, &expected)| close(&what, found.into(), expected.into(), 1e-4));
        }
        let updated = [(0, flex()), (1, Device::Cpu)];
        let updated = updated.map(|(index, device)| block_on(both[index].step(&batch(), &labels, &device)).unwrap());
        same(&what, updated, |output| vec![output.loss]);
        same_gradients(&what, &both[0].state, &both[1].state);
    }
}

/// Without a place in a batch, its loss is 0, and no weight of the generator but its words moves.
#[test]
fn a_batch_without_places() {
    let shape = encoder(OPERATIONS[0]);
    let batch = MaskedBatch { places: vec![Vec::new(); 2], ..masked() };
    let new = || Electra::new(shape.clone(), weights(Electra::weights(&shape)), settings(0.1));
    let mut both = [new(), new()];
    let updated = [(0, flex()), (1, Device::Cpu)];
    let [found, expected] = updated.map(|(index, device)| block_on(both[index].step(&batch, &device)).unwrap());
    close("discriminator", found.loss.discriminator, expected.loss.discriminator, 1e-5);
    assert_eq!((found.loss.generator, expected.loss.generator), (0.0, 0.0));
    same_gradients("no places", &both[0].state, &both[1].state);
}

/// Runs the sequences one by one, and both at once: what is found, and the gradients.
fn in_parts<Found: Default>(
    weights: &Weights,
    run: &impl AsyncFn(Range<usize>, &mut Found, &mut GradientSums) -> crate::Result<()>,
) -> [Found; 2] {
    let [one, both] = [1, 2].map(|at_once| {
        let (found, sums) = block_on(sum(2, at_once, run)).unwrap();
        let mut state = TrainingState::new(weights.clone(), settings(0.1));
        sums.add_to(&mut state.gradients).unwrap();
        state.update((), |_| 0.0);
        (found, state)
    });
    same_gradients("parts", &one.1, &both.1);
    [one.0, both.0]
}

/// What both networks of ELECTRA find of parts of a batch, and the samples.
#[test]
fn parts_of_a_masked_batch() {
    let (shape, batch) = (encoder(OPERATIONS[0]), masked());
    let weights = weights(Electra::weights(&shape));
    let leaves = Leaves::new(&weights, |_| true, (&flex().burn(), "flex"), true);
    let (of_generator, scope) = (shape.generator(), |prefix| Scope { weights: &weights, prefix });
    let generator = MaskedNetwork::new(&of_generator, scope("generator."), "generator_predictions", &leaves);
    let discriminator = Discriminator::new(&shape, scope("discriminator."), "discriminator_predictions", &leaves);
    let source = Placed::from_seed(4);
    let random = Randomness { dropout: Dropout::new(0.1, source), samples: Some(source), scale: 0.5 };
    let corrupted = [vec![1, 5, 9, 3, 7, 2], vec![2, 3, 10, 2, 0, 0]];
    let run = async |sequences: Range<usize>, found: &mut (f64, Vec<Vec<u32>>), sums: &mut GradientSums| {
        let predicted = generator.run(&batch, sequences.clone(), random, sums).await?;
        let of_part = (sequences.start, &corrupted[sequences]);
        let (nll, _) = discriminator.run(&batch, of_part, (random.dropout, 0.5), sums).await?;
        found.0 += predicted.loss + nll;
        found.1.extend(predicted.samples);
        Ok(())
    };
    let [one, both] = in_parts(&weights, &run);
    close("loss", one.0, both.0, 1e-6);
    assert_eq!((one.1.len(), one.1), (2, both.1));
}

#[test]
fn parts_of_a_labelled_batch() {
    let (shape, batch, labels) = (encoder(OPERATIONS[0]), batch(), Labels::Classes(vec![2, 0]));
    let weights = weights(FineTuning::weights(&shape, 3));
    let leaves = Leaves::new(&weights, |_| true, (&flex().burn(), "flex"), true);
    let tuned = TunedNetwork::new(&shape, Scope::from(&weights), &leaves);
    let dropout = Dropout::new(0.1, Placed::from_seed(4));
    let run = async |sequences: Range<usize>, found: &mut (f64, Vec<f32>), sums: &mut GradientSums| {
        let output = tuned.run((&batch, Some(&labels)), sequences, dropout, sums).await?;
        found.0 += output.loss;
        found.1.extend(output.outputs);
        Ok(())
    };
    let [one, both] = in_parts(&weights, &run);
    close("loss", one.0, both.0, 1e-6);
    one.1.iter().zip(&both.1).for_each(|(&one, &both)| close("output", one.into(), both.into(), 1e-5));
}
