//! Padding is neither attended to nor counted: a sequence has the same scores alone and in a padded batch, on every
//! device.

use std::sync::Arc;

use untrained_core::device::Device;
use untrained_core::job::EncoderJob;
use untrained_core::metric::transformer::METRICS;
use untrained_core::network::transformer::Sizes;
use untrained_core::probe::transformer::Probe;
use untrained_core::progress::Progress;
use untrained_core::run;

use crate::encoders::read;
use crate::golden::relative_difference;

/// Operations that can leave padding out.
const NAMES: [&str; 3] = ["sdp", "wma", "dsc"];

/// Real tokens of the four sequences; the first is padded, so that metrics of the first sample are in question, too.
const LENGTHS: [usize; 4] = [9, 24, 1, 17];

fn observed(job: &EncoderJob, device: &Device) -> Probe {
    job.check(usize::MAX).unwrap();
    pollster::block_on(run::observe_encoder(job, device, &Progress::default())).unwrap()
}

fn scores(job: &EncoderJob, device: &Device) -> Vec<f64> {
    let probe = observed(job, device);
    METRICS.iter().map(|metric| metric.score(&probe).unwrap_or_else(|none| none.value)).collect()
}

/// The golden sequences, of which `LENGTHS` are real; padding is filled with `id`.
fn padded(name: &str, id: u32) -> EncoderJob {
    let (_, job) = read(name);
    let rows = job.tokens.chunks(job.sizes.sequence).zip(LENGTHS);
    let fill = |(row, length): (&[u32], usize)| -> Vec<u32> {
        (0..).zip(row).map(|(at, &token): (usize, _)| if at < length { token } else { id }).collect()
    };
    let tokens = Arc::new(rows.flat_map(fill).collect());
    EncoderJob { tokens, lengths: Some(Arc::new(LENGTHS.to_vec())), ..job }
}

/// One sequence of a padded batch, with `padding` tokens behind it.
fn single(job: &EncoderJob, at: usize, padding: usize) -> EncoderJob {
    let real = job.sequences().nth(at).unwrap();
    let tokens: Vec<u32> = real.iter().copied().chain(std::iter::repeat_n(3, padding)).collect();
    let sizes = Sizes { batch: 1, sequence: tokens.len(), ..job.sizes };
    let lengths = (padding > 0).then(|| Arc::new(vec![real.len()]));
    EncoderJob { tokens: Arc::new(tokens), sizes, lengths, ..job.clone() }
}

/// Every metric, forward and backward, is the same for any padding behind a sequence.
fn sequences_have_the_same_scores_alone(device: &Device, tolerance: f64) {
    for name in NAMES {
        let batch = padded(name, 0);
        for at in 0..LENGTHS.len() {
            let alone = scores(&single(&batch, at, 0), device);
            for padding in [1, 7] {
                for (metric, (alone, padded)) in
                    METRICS.iter().zip(alone.iter().zip(scores(&single(&batch, at, padding), device)))
                {
                    let same = alone.is_nan() && padded.is_nan() || relative_difference(padded, *alone) <= tolerance;
                    assert!(same, "{} {name} {at} {}: {padded}, not {alone}", device.name(), metric.about().id);
                }
            }
        }
    }
}

/// Means over a padded batch are means over its sequences alone.
fn means_are_over_sequences(device: &Device, tolerance: f64) {
    for name in NAMES {
        let batch = padded(name, 0);
        let all = observed(&batch, device);
        let alone: Vec<Probe> = (0..LENGTHS.len()).map(|at| observed(&single(&batch, at, 0), device)).collect();
        for of in [
            |probe: &Probe| probe.confidence.clone(),
            |probe: &Probe| probe.softmax_confidence.clone(),
            |probe: &Probe| probe.attention.clone(),
            |probe: &Probe| probe.head_gradients.clone(),
        ] {
            let terms = of(&all);
            assert!(!terms.is_empty());
            for (at, term) in terms.iter().enumerate() {
                let mean = alone.iter().map(|probe| of(probe)[at].value).sum::<f64>() / alone.len() as f64;
                assert!(
                    relative_difference(term.value, mean) <= tolerance,
                    "{name} {:?}: {}, not {mean}",
                    term.place,
                    term.value
                );
            }
        }
        assert_eq!(all.agreement, alone[0].agreement);
    }
}

/// The token ids of padding do not matter.
fn padding_is_not_read(device: &Device, tolerance: f64) {
    for name in NAMES {
        let (one, other) = (scores(&padded(name, 0), device), scores(&padded(name, 11), device));
        for (metric, (one, other)) in METRICS.iter().zip(one.iter().zip(other)) {
            let same = one.is_nan() && other.is_nan() || relative_difference(other, *one) <= tolerance;
            assert!(same, "{} {name} {}: {other}, not {one}", device.name(), metric.about().id);
        }
    }
}

#[test]
fn the_kernel_scores_a_padded_sequence_as_it_is_alone() {
    sequences_have_the_same_scores_alone(&Device::Processor, 0.0);
    means_are_over_sequences(&Device::Processor, 1e-12);
    padding_is_not_read(&Device::Processor, 0.0);
}

#[test]
fn hidden_states_are_those_alone_and_zero_where_there_is_padding() {
    let batch = padded("sdp", 0);
    let (hidden, sequence) = (batch.configuration.hidden, batch.sizes.sequence);
    let states = run::hidden_states(&batch).unwrap();
    assert_eq!(states.len(), LENGTHS.len() * sequence * hidden);
    for (at, states) in states.chunks(sequence * hidden).enumerate() {
        let alone = run::hidden_states(&single(&batch, at, 0)).unwrap();
        let (real, padding) = states.split_at(LENGTHS[at] * hidden);
        assert_eq!(real, alone);
        assert!(padding.iter().all(|&state| state == 0.0));
    }
}

#[test]
fn padding_that_cannot_be_left_out_is_refused() {
    let refused = |job: EncoderJob| job.check(usize::MAX).unwrap_err().to_string();
    for name in ["dft", "dct"] {
        assert!(refused(padded(name, 0)).ends_with("a transform over the whole sequence cannot leave padding out"));
    }
    let with = |lengths: &[usize]| EncoderJob { lengths: Some(Arc::new(lengths.to_vec())), ..padded("sdp", 0) };
    assert_eq!(refused(with(&[24, 24])), "tokens, lengths: 2 of them for 4 sequences");
    assert_eq!(refused(with(&[24, 24, 0, 3])), "tokens, sequence 2: 0 real tokens of 24");
    assert_eq!(refused(with(&[24, 25, 1, 3])), "tokens, sequence 1: 25 real tokens of 24");
}

#[cfg(feature = "devices")]
mod devices {
    use untrained_core::device;

    use super::*;
    use crate::golden::devices::vulkan;

    #[test]
    fn burn_on_the_cpu_scores_a_padded_sequence_as_it_is_alone() {
        sequences_have_the_same_scores_alone(&device::flex(), 1e-3);
        means_are_over_sequences(&device::flex(), 1e-3);
        padding_is_not_read(&device::flex(), 1e-4);
    }

    #[test]
    fn kernel_and_burn_leave_out_the_same_padding() {
        let devices = [Some(device::flex()), vulkan().cloned()];
        for device in devices.iter().flatten() {
            for name in NAMES {
                let batch = padded(name, 5);
                let (kernel, burn) = (scores(&batch, &Device::Processor), scores(&batch, device));
                for (metric, (kernel, burn)) in METRICS.iter().zip(kernel.iter().zip(burn)) {
                    let same = kernel.is_nan() && burn.is_nan() || relative_difference(burn, *kernel) <= 1e-3;
                    assert!(same, "{} {name} {}: {burn}, not {kernel}", device.name(), metric.about().id);
                }
            }
        }
    }
}
