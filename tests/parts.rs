//! The parts of a score, timed: `cargo bench -p untrained-tests`. At the published sizes, on made-up text.

#![expect(clippy::unwrap_used, reason = "a benchmark that cannot start has nothing to measure")]

use std::hint::black_box;
use std::sync::Arc;

use criterion::{Criterion, criterion_group, criterion_main};
use untrained_core::corpus;
use untrained_core::device::Device;
use untrained_core::family::Family;
use untrained_core::job::Job;
use untrained_core::metric::{self, Metric};
use untrained_core::network::recurrent::{self, Sizes, Weights};
use untrained_core::network::{Batch, Model, WeightSource};
use untrained_core::observation::Moments;
use untrained_core::score::score;
use untrained_core::space::recurrent::{CLASSIC, Recipe, Sampler};

const SIZES: Sizes = Sizes::PUBLISHED;

fn lstm() -> Arc<Recipe> {
    Arc::new(Recipe::from_json(CLASSIC[1].2).unwrap())
}

fn parts(criterion: &mut Criterion) {
    let sampler = Sampler::published(3).unwrap();
    criterion.bench_function("draw the recipe of a seed", |bencher| bencher.iter(|| sampler.sample(black_box(7))));
    let recipe = lstm();
    criterion.bench_function("draw the weights of a seed", |bencher| {
        bencher.iter(|| Weights::from_seed(&recipe, &SIZES, 3, black_box(0)));
    });
    let states: Vec<f32> = (0..70 * 50 * 600).map(|at| ((at * 7_919) % 10_007) as f32 / 10_007.0).collect();
    criterion.bench_function("second moments of 600 units", |bencher| {
        bencher.iter(|| Moments::from_columns(black_box(&states), 600));
    });
    let correlation = Moments::from_columns(&states, 600).correlation().unwrap();
    criterion.bench_function("eigenvalues of 600 units", |bencher| {
        bencher.iter(|| correlation.self_adjoint_eigenvalues(faer::Side::Lower).unwrap());
    });
}

fn jobs(criterion: &mut Criterion) {
    let batch = Arc::new(Batch::from_tokens(corpus::synthetic(&SIZES, 0), &SIZES, 0).unwrap());
    let job = |metrics: Vec<&'static dyn Metric>| Job {
        name: "lstm".to_owned(),
        model: Model::Recurrent(recurrent::Model { recipe: lstm(), sizes: SIZES, weights: WeightSource::Seed(0) }),
        batch: Arc::clone(&batch),
        metrics,
        origin: Default::default(),
    };
    let by_id = |id| metric::find(Family::Recurrent, id).unwrap();
    let layers = ["hidden_covariance_layer_1", "hidden_covariance_layer_2", "hidden_covariance_layer_3"].map(by_id);
    let mut group = criterion.benchmark_group("lstm");
    group.sample_size(10);
    for (name, metrics) in
        [("layer 1", layers[..1].to_vec()), ("three layers", layers.to_vec()), ("all", metric::of(Family::Recurrent))]
    {
        let job = job(metrics);
        group.bench_function(name, |bencher| {
            bencher.iter(|| pollster::block_on(score(black_box(&job), &Device::Cpu)).unwrap());
        });
    }
    group.finish();
}

criterion_group!(benches, parts, jobs);
criterion_main!(benches);
