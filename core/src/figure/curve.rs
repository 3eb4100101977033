//! The training of a network on WikiText-2.

use crate::benchmark::nas_bench_nlp::Curve;
use crate::chart::{Axis, Caption, Cloud, Scale, Scatter};

/// The losses of a network, epoch by epoch.
pub fn curve(curve: &Curve) -> Scatter {
    let cloud = |name: &str, losses: &[f64]| Cloud {
        name: name.to_owned(),
        points: (1..).map(f64::from).zip(losses.iter().copied()).collect(),
    };
    Scatter {
        caption: Caption {
            title: "Training on WikiText-2".into(),
            note: "NAS-Bench-NLP, Klyuchnikov et al., 2020.".into(),
            ..Caption::default()
        },
        x: Axis::new("Epoch", "").on(Scale::Linear),
        y: Axis::new("Loss", "nats per token").on(Scale::Linear),
        clouds: vec![
            cloud("training", &curve.train),
            cloud("validation", &curve.validation),
            cloud("test", &curve.test),
        ],
        joined: true,
        ..Scatter::default()
    }
}
