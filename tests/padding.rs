//! Padding is neither attended to nor counted: a sequence has the same scores alone and in a padded batch, on every
//! device.

use std::sync::Arc;

use untrained_core::device::Device;
use untrained_core::job::Job;
use untrained_core::network::encoder::{self, Sizes};
use untrained_core::network::{Batch, Model};
use untrained_core::observation::{Kind, Need, Observation, Term};
use untrained_core::progress::Progress;
use untrained_core::score::{observe, value};

use crate::encoders::read;
use crate::golden::relative_difference;

/// Operations that can leave padding out.
const NAMES: [&str; 3] = ["sdp", "wma", "dsc"];

/// Real tokens of the four sequences; the first is padded, so that metrics of the first sample are in question, too.
const LENGTHS: [usize; 4] = [9, 24, 1, 17];

fn observed(job: &Job, device: &Device) -> Observation {
    job.check(usize::MAX).unwrap();
    pollster::block_on(observe(job, device, &Progress::default())).unwrap()
}

/// Per metric, its identifier and value.
fn scores(job: &Job, device: &Device) -> Vec<(&'static str, f64)> {
    let seen = observed(job, device);
    let score = |metric| value(metric, &seen).unwrap_or_else(|none| none.value);
    job.metric_ids().into_iter().zip(job.metrics.iter().map(|metric| score(*metric))).collect()
}

/// Every metric has the same value twice, or NaN.
fn are_the_same(what: &str, one: &[(&str, f64)], other: &[(&str, f64)], tolerance: f64) {
    assert_eq!(one.len(), other.len());
    for ((id, one), (_, other)) in one.iter().zip(other) {
        let same = one.is_nan() && other.is_nan() || relative_difference(*other, *one) <= tolerance;
        assert!(same, "{what} {id}: {other}, not {one}");
    }
}

/// The golden sequences, of which `LENGTHS` are real; padding is filled with `id`.
fn padded(name: &str, id: u32) -> Job {
    let (_, job) = read(name);
    let rows = job.batch.tokens.chunks(job.encoder().unwrap().sizes.sequence).zip(LENGTHS);
    let fill = |(row, length): (&[u32], usize)| -> Vec<u32> {
        (0..).zip(row).map(|(at, &token): (usize, _)| if at < length { token } else { id }).collect()
    };
    let batch = Arc::new(Batch::of_sequences(rows.flat_map(fill).collect(), Some(LENGTHS.to_vec())));
    Job { batch, ..job }
}

/// One sequence of a padded batch, with `padding` tokens behind it.
fn single(job: &Job, at: usize, padding: usize) -> Job {
    let model = job.encoder().unwrap();
    let real = job.batch.sequences(model.sizes.sequence).nth(at).unwrap();
    let tokens: Vec<u32> = real.iter().copied().chain(std::iter::repeat_n(3, padding)).collect();
    let sizes = Sizes { batch: 1, sequence: tokens.len(), ..model.sizes };
    let model = Model::Encoder(encoder::Model { sizes, ..model.clone() });
    let lengths = (padding > 0).then(|| vec![real.len()]);
    Job { model, batch: Arc::new(Batch::of_sequences(tokens, lengths)), ..job.clone() }
}

/// Every metric, forward and backward, is the same for any padding behind a sequence.
fn sequences_have_the_same_scores_alone(device: &Device, tolerance: f64) {
    for name in NAMES {
        let batch = padded(name, 0);
        for at in 0..LENGTHS.len() {
            let alone = scores(&single(&batch, at, 0), device);
            for padding in [1, 7] {
                let what = format!("{} {name} {at} {padding}", device.name());
                are_the_same(&what, &alone, &scores(&single(&batch, at, padding), device), tolerance);
            }
        }
    }
}

/// Means over a padded batch are means over its sequences alone.
fn means_are_over_sequences(device: &Device, tolerance: f64) {
    for name in NAMES {
        let batch = padded(name, 0);
        let all = observed(&batch, device);
        let alone: Vec<Observation> = (0..LENGTHS.len()).map(|at| observed(&single(&batch, at, 0), device)).collect();
        for kind in [Kind::Projections, Kind::Softmaxes, Kind::Attention, Kind::HeadGradients] {
            let of = |seen: &Observation| seen.terms(Need::Terms(kind)).unwrap();
            let (terms, alone) = (of(&all), alone.iter().map(of).collect::<Vec<_>>());
            assert!(!terms.is_empty());
            for (at, Term { site, value }) in terms.iter().enumerate() {
                let mean = alone.iter().map(|terms| terms[at].value).sum::<f64>() / alone.len() as f64;
                assert!(relative_difference(*value, mean) <= tolerance, "{name} {site}: {value}, not {mean}");
            }
        }
        assert!(!all.activations.is_empty());
        assert_eq!(all.activations, alone[0].activations);
    }
}

/// The token ids of padding do not matter.
fn padding_is_not_read(device: &Device, tolerance: f64) {
    for name in NAMES {
        let (one, other) = (scores(&padded(name, 0), device), scores(&padded(name, 11), device));
        are_the_same(&format!("{} {name}", device.name()), &one, &other, tolerance);
    }
}

#[test]
fn the_kernel_scores_a_padded_sequence_as_it_is_alone() {
    sequences_have_the_same_scores_alone(&Device::Cpu, 0.0);
    means_are_over_sequences(&Device::Cpu, 1e-12);
    padding_is_not_read(&Device::Cpu, 0.0);
}

#[test]
fn hidden_states_are_those_alone_and_zero_where_there_is_padding() {
    let batch = padded("sdp", 0);
    let model = batch.encoder().unwrap();
    let (hidden, sequence) = (model.configuration.hidden, model.sizes.sequence);
    let hidden_states = |job: &Job| job.encoder().unwrap().hidden_states(&job.batch).unwrap();
    let states = hidden_states(&batch);
    assert_eq!(states.len(), LENGTHS.len() * sequence * hidden);
    for (at, states) in states.chunks(sequence * hidden).enumerate() {
        let alone = hidden_states(&single(&batch, at, 0));
        let (real, padding) = states.split_at(LENGTHS[at] * hidden);
        assert_eq!(real, alone);
        assert!(padding.iter().all(|&state| state == 0.0));
    }
}

#[test]
fn padding_that_cannot_be_left_out_is_refused() {
    let refused = |job: Job| job.check(usize::MAX).unwrap_err().to_string();
    for name in ["dft", "dct"] {
        assert!(refused(padded(name, 0)).ends_with("a transform over the complete sequence cannot leave padding out"));
    }
    let with = |lengths: &[usize]| {
        let job = padded("sdp", 0);
        let batch = Batch::of_sequences(job.batch.tokens.clone(), Some(lengths.to_vec()));
        Job { batch: Arc::new(batch), ..job }
    };
    assert_eq!(refused(with(&[24, 24])), "tokens, lengths: 2 of them for 4 sequences");
    assert_eq!(refused(with(&[24, 24, 0, 3])), "tokens, sequence 2: 0 real tokens of 24");
    assert_eq!(refused(with(&[24, 25, 1, 3])), "tokens, sequence 1: 25 real tokens of 24");
}

#[cfg(feature = "devices")]
mod devices {
    use untrained_core::devices::flex;

    use super::*;
    use crate::golden::devices::vulkan;

    #[test]
    fn burn_on_the_cpu_scores_a_padded_sequence_as_it_is_alone() {
        sequences_have_the_same_scores_alone(&flex(), 1e-3);
        means_are_over_sequences(&flex(), 1e-3);
        padding_is_not_read(&flex(), 1e-4);
    }

    #[test]
    fn kernel_and_burn_leave_out_the_same_padding() {
        let devices = [Some(flex()), vulkan().cloned()];
        for device in devices.iter().flatten() {
            for name in NAMES {
                let batch = padded(name, 5);
                let (kernel, burn) = (scores(&batch, &Device::Cpu), scores(&batch, device));
                are_the_same(&format!("{} {name}", device.name()), &kernel, &burn, 1e-3);
            }
        }
    }
}
