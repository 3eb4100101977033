//! A run that was interrupted, or ran on other threads, has the same bits as one that was not.

use pollster::block_on;

use super::small::{batch, masked, shape};
use super::*;
use crate::device::Device;
use crate::space::encoder::{Operation, Similarity};
use crate::training::Checkpoint;

fn electra(dropout: f64, seed: u32) -> Electra {
    let shape = shape(Operation::Attention(Similarity::WeightedMultiplicative), 16);
    let weights = initial_weights(Electra::weights(&shape), seed);
    let schedule = LinearSchedule { rate: 0.01, warm_up: 2, steps: 10 };
    Electra::new(shape, weights, TrainingSettings { dropout, ..TrainingSettings::electra(schedule, 7) })
}

/// Five updates.
fn trained() -> Electra {
    let mut electra = electra(0.1, 0);
    (0..5).for_each(|_| _ = block_on(electra.step(&masked(), &Device::Cpu)).unwrap());
    electra
}

#[test]
fn a_run_that_continues_draws_the_same() {
    let mut before = electra(0.1, 0);
    (0..2).for_each(|_| _ = block_on(before.step(&masked(), &Device::Cpu)).unwrap());
    let mut after = electra(0.1, 1);
    let bytes = before.state.to_checkpoint().to_bytes("{}").unwrap();
    after.state.restore(&Checkpoint::from_bytes(&bytes).unwrap().0).unwrap();
    (2..5).for_each(|_| _ = block_on(after.step(&masked(), &Device::Cpu)).unwrap());
    assert_eq!(after, trained());
}

#[test]
fn nothing_depends_on_the_number_of_threads() {
    let on = |threads| rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(trained);
    assert_eq!(on(1), on(3));
}

/// With the samples that the next update draws.
fn evaluate(electra: &Electra) -> crate::Result<ElectraLoss> {
    block_on(electra.evaluate(&masked(), electra.state.source().at(2), &Device::Cpu))
}

/// With the samples that the update draws.
#[test]
fn an_evaluation_is_the_loss_without_dropout() {
    let mut exact = electra(0.0, 0);
    let evaluated = evaluate(&exact).unwrap();
    assert_eq!(evaluated, block_on(exact.step(&masked(), &Device::Cpu)).unwrap().loss);
    let mut dropped = electra(0.5, 0);
    assert_eq!(evaluate(&dropped).unwrap(), evaluated);
    assert_ne!(block_on(dropped.step(&masked(), &Device::Cpu)).unwrap().loss, evaluated);
}

/// Both read the same hidden states, those of the discriminator.
#[test]
fn a_task_starts_from_the_discriminator() {
    let electra = trained();
    let weights = FineTuning::weights_from(&electra.encoder(), &electra.shape, 3, 0).unwrap();
    let tuned = FineTuning::new(electra.shape.clone(), weights, electra.state.settings, LayerDecay::PUBLISHED);
    for (name, array) in tuned.state.weights.iter().filter(|(name, _)| !name.starts_with("head.")) {
        let prefix = if name.starts_with("embeddings.") { "" } else { "discriminator." };
        assert_eq!(array, electra.state.weights.get(&format!("{prefix}{name}")).unwrap());
    }
    let outputs = block_on(tuned.evaluate(&batch(), None, &Device::Cpu)).unwrap().outputs;
    assert!(outputs.len() == 6 && outputs.iter().all(|output| output.is_finite()));
    let wider = shape(Operation::Attention(Similarity::WeightedMultiplicative), 8);
    let message = FineTuning::weights_from(&electra.encoder(), &wider, 3, 0).unwrap_err().to_string();
    assert_eq!(message, "weights, embeddings_project.weight: its shape is [16, 6]; the encoder requires [8, 6]");
}
