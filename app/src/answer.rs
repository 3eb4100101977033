//! How a worker answers a query. Only a GPU runs asynchronously.

use std::borrow::Cow;
use std::sync::OnceLock;

use untrained_core::benchmark::intervals::{Scores, evaluate_known};
use untrained_core::benchmark::nas_bench_nlp::{CURVES, Published, Recomputed, curves, published};
use untrained_core::benchmark::{self, BENCHMARKS, Evaluation, Table, ablation};
use untrained_core::chart::{self, Boxes, Chart, Grid, svg};
use untrained_core::figure;
use untrained_core::progress::Progress;
use untrained_core::record::Record;
use untrained_core::score::score_with_progress;
use untrained_core::space::recurrent::{Recipe, Sampler};
use untrained_core::task::Task;

use crate::devices::Devices;
use crate::failure::Failure;
use crate::message::{Answer, DevicePreference, Figure, Query};
use crate::training::train;

/// Limit of a tab's memory, in bytes: a browser gives WebAssembly 4 GiB.
pub const MEMORY: usize = 3 << 30;

/// What a worker answers with.
pub struct Context<'a> {
    /// The devices it scores on.
    pub devices: &'a Devices,
    /// Returns the time in seconds.
    pub clock: &'a dyn Fn() -> f64,
    /// Receives the share of a long answer that is done.
    pub report: &'a (dyn Fn(f64) + Sync),
}

/// Answers a query.
///
/// # Errors
/// What of it cannot be used, or that the device failed.
pub async fn answer(query: Query, context: &Context<'_>) -> Result<Answer, Failure> {
    let found = match query {
        Query::Worth { benchmark, suite, by_group, average_runs } => {
            worth(&benchmark, source(suite), [by_group, average_runs])
        }
        Query::Recomputed => recomputed(),
        Query::Own(own) => own.evaluate().map(Answer::Own),
        Query::Figure { figure, width, dark } => {
            drawn(&figure, width, &if dark { chart::Theme::DARK } else { chart::Theme::LIGHT }).map(Answer::Svg)
        }
        Query::Cell(id) => cell(id),
        Query::Sample { states, seed } => sample(states, seed),
        Query::Train(request) => return train(*request).await.map(Answer::Trained),
        Query::Score(task, preference) => return score(&task, preference, context).await,
    };
    found.map_err(Failure::Refused)
}

fn worth(benchmark: &str, scores: Scores, [by_group, average_runs]: [bool; 2]) -> Result<Answer, String> {
    let (table, plain) = known(benchmark)?;
    let evaluations = match (average_runs, by_group) {
        (false, false) => ranked(table, plain, scores)?,
        _ => Cow::Owned(evaluate_known(table, scores, average_runs, by_group).map_err(sentence)?),
    };
    Ok(Answer::Worth(evaluations.into_owned()))
}

fn source(suite: bool) -> Scores {
    if suite { Scores::Suite } else { Scores::Published }
}

/// How well the columns predict, every run of all networks together.
fn ranked<'a>(table: &Table, plain: &'a [Evaluation], scores: Scores) -> Result<Cow<'a, [Evaluation]>, String> {
    match scores {
        Scores::Published => Ok(Cow::Borrowed(plain)),
        other => evaluate_known(table, other, false, false).map(Cow::Owned).map_err(sentence),
    }
}

/// The same metric three times on the same rows: as published, and recomputed on two texts.
fn recomputed() -> Result<Answer, String> {
    let about = benchmark::recomputed().ok_or("no scores were recomputed")?.about();
    let (table, plain) = known(about.id)?;
    let is_recomputed = |evaluation: &Evaluation| Some(evaluation.metric.as_str()) == about.recomputed;
    let mut rows: Vec<Evaluation> = plain.iter().filter(|one| is_recomputed(one)).cloned().collect();
    for which in Recomputed::ALL {
        let evaluations = evaluate_known(table, Scores::Recomputed(which), false, false).map_err(sentence)?;
        rows.extend(evaluations.into_iter().find(is_recomputed));
    }
    let names = ["published", "recomputed on Penn Treebank", "recomputed on made-up text"];
    rows.iter_mut().zip(names).for_each(|(row, name)| row.group = name.to_owned());
    Ok(Answer::Worth(rows))
}

/// A benchmark's rows, and how well their columns predict.
type Known = (Table, Vec<Evaluation>);

/// The rows that have scores, and how well their columns predict: the first page shows it twice, as a table and a
/// figure.
fn known(id: &str) -> Result<&'static Known, String> {
    static KNOWN: [OnceLock<Result<Known, String>>; BENCHMARKS.len()] = [const { OnceLock::new() }; BENCHMARKS.len()];
    let index = BENCHMARKS.iter().position(|known| known.about().id == id);
    let index = index.ok_or_else(|| format!("there is no benchmark '{id}'"))?;
    // What a visitor sees first: every training run, all networks together.
    let load = || -> untrained_core::Result<Known> {
        let table = BENCHMARKS[index].table()?.scored();
        let evaluations = evaluate_known(&table, Scores::Published, false, false)?;
        Ok((table, evaluations))
    };
    let known = KNOWN[index].get_or_init(|| load().map_err(sentence));
    known.as_ref().map_err(Clone::clone)
}

fn drawn(figure: &Figure, width: u32, theme: &chart::Theme) -> Result<String, String> {
    match figure {
        Figure::Summary { benchmark, suite } => {
            let (table, plain) = known(benchmark)?;
            let scores = source(*suite);
            let evaluations = ranked(table, plain, scores)?;
            let table = scores.of(table).map_err(sentence)?;
            let chart = figure::summary(&table, scores, &evaluations).map_err(sentence)?;
            picture(&chart, (width, chart.height(width, theme)), theme)
        }
        Figure::Ablation { benchmark, varied, metric } => {
            let table = ablation(benchmark, *varied).map_err(sentence)?;
            let column = table.column(metric).ok_or_else(|| format!("the ablation has no column '{metric}'"))?;
            boxes(figure::ablation(*varied, &table, column), width, theme)
        }
        Figure::Curve(id) => curve(*id, width, theme),
        Figure::Training { curves, best } => picture(&figure::training::several(curves, *best), (width, 360), theme),
    }
}

fn boxes(mut chart: Grid<Boxes>, width: u32, theme: &chart::Theme) -> Result<String, String> {
    // On a narrow page the two charts are one below the other.
    let narrow = width < 640;
    chart.columns = if narrow { 1 } else { 2 };
    picture(&chart, (width, if narrow { 760 } else { 440 }), theme)
}

fn curve(id: u32, width: u32, theme: &chart::Theme) -> Result<String, String> {
    let all = curves(CURVES).map_err(sentence)?;
    let found =
        all.iter().find(|curve| curve.id == id).ok_or_else(|| format!("Cell {id} was not trained on WikiText-2."))?;
    picture(&figure::curve(found), (width, 320), theme)
}

fn picture(chart: &impl Chart, size: (u32, u32), theme: &chart::Theme) -> Result<String, String> {
    svg(chart, size, theme).map_err(sentence)
}

fn cell(id: u32) -> Result<Answer, String> {
    static ALL: OnceLock<Vec<Published>> = OnceLock::new();
    let all = ALL.get_or_init(published);
    let found =
        all.get(id as usize).ok_or_else(|| format!("Ids run from 0 to {}.", figure::words::count(all.len() - 1)))?;
    Ok(Answer::Cell { architecture: Some(found.architecture), recipe: json(&found.recipe)? })
}

fn sample(states: usize, seed: u32) -> Result<Answer, String> {
    let sampler = Sampler::published(states).ok_or("a cell has one, two or three states")?;
    match sampler.sample(seed) {
        Some(recipe) => Ok(Answer::Cell { architecture: None, recipe: json(&recipe)? }),
        None => Ok(Answer::NoCell),
    }
}

fn json(recipe: &Recipe) -> Result<String, String> {
    serde_json::to_string(recipe).map_err(sentence)
}

async fn score(task: &Task, preference: DevicePreference, context: &Context<'_>) -> Result<Answer, Failure> {
    let job = task.job(MEMORY)?;
    let device = context.devices.choose(&job, preference, context.clock).await?;
    let start = (context.clock)();
    let scores = score_with_progress(&job, device, &Progress::new(context.report)).await?.values;
    Ok(Answer::Records(Record::from_scores(&job.subject(), scores, device.name(), (context.clock)() - start)))
}

fn sentence(error: impl std::fmt::Display) -> String {
    error.to_string()
}

#[cfg(test)]
mod tests {
    use untrained_core::benchmark::Ablation;
    use untrained_core::network::recurrent::Sizes;
    use untrained_core::task::Architecture;

    use super::*;

    fn answered(query: Query) -> Result<Answer, String> {
        let context = Context { devices: &Devices::cpu(), clock: &|| 0.0, report: &|_| {} };
        pollster::block_on(answer(query, &context)).map_err(Failure::sentence)
    }

    fn recipe(query: Query) -> String {
        match answered(query) {
            Ok(Answer::Cell { recipe, .. }) => recipe,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_best_metric_is_the_published_one() {
        let Ok(Answer::Worth(rows)) = answered(Query::Worth {
            benchmark: "nas-bench-nlp".into(),
            suite: false,
            by_group: false,
            average_runs: false,
        }) else {
            panic!()
        };
        let best = rows.iter().find(|row| row.metric == "hidden_covariance_layer_1").unwrap();
        assert_eq!((best.rows, format!("{:.4}", best.measures.tau.unwrap())), (8_794, "-0.3715".to_owned()));
        assert!(best.low.unwrap() < best.measures.tau.unwrap() && best.measures.tau.unwrap() < best.high.unwrap());
    }

    /// The README's numbers: on the published text the correlations are the published ones.
    #[test]
    fn recomputed_scores_agree_with_the_published_ones() {
        let Ok(Answer::Worth(rows)) = answered(Query::Recomputed) else { panic!() };
        let correlations: Vec<String> = rows
            .iter()
            .map(|row| {
                let found = &row.measures;
                format!("{} {:.4} {:.4}", row.rows, found.tau.unwrap(), found.r.unwrap())
            })
            .collect();
        assert_eq!(correlations, ["8794 -0.3715 -0.4046", "8794 -0.3715 -0.4046", "8794 -0.3715 -0.4007"]);
    }

    #[test]
    fn figures_are_drawings_and_unknown_ones_a_sentence() {
        let batch = |benchmark: &str, metric: &str| Figure::Ablation {
            benchmark: benchmark.into(),
            varied: Ablation::Batch,
            metric: metric.into(),
        };
        let draw = |figure| answered(Query::Figure { figure, width: 800, dark: true });
        for figure in [
            Figure::Summary { benchmark: "nas-bench-nlp".into(), suite: false },
            Figure::Summary { benchmark: "nas-bench-bert".into(), suite: false },
            Figure::Summary { benchmark: "lts".into(), suite: true },
            batch("nas-bench-nlp", "jacobian_cosine"),
            batch("nas-bench-bert", "jacobian_cosine"),
            Figure::Curve(0),
        ] {
            let drawn = draw(figure.clone());
            assert!(matches!(&drawn, Ok(Answer::Svg(text)) if text.starts_with("<svg")), "{figure:?}: {drawn:?}");
        }
        assert_eq!(draw(batch("nas-bench-nlp", "depth")).unwrap_err(), "the ablation has no column 'depth'");
    }

    /// A cell of the benchmark is scored at small sizes.
    #[test]
    fn a_cell_is_found_and_scored() {
        let sizes = Sizes { vocabulary: 50, embedding: 6, hidden: 8, layers: 2, batch: 4, steps: 5 };
        let metrics = vec!["hidden_covariance_layer_1".to_owned(), "parameters".to_owned()];
        let recipe = Recipe::from_json(&recipe(Query::Cell(3))).unwrap();
        let task = |sizes| {
            let architecture = Architecture::Recurrent { recipe: recipe.clone(), sizes };
            Task { metrics: metrics.clone(), ..Task::new("3", architecture) }
        };
        let score = |sizes| answered(Query::Score(Box::new(task(sizes)), DevicePreference::Auto));
        let Ok(Answer::Records(records)) = score(sizes) else { panic!() };
        assert_eq!(records.len(), 2);
        assert!(records[0].value.is_finite() && records[1].value > 300.0);
        let refused = score(Sizes { batch: 0, ..sizes }).unwrap_err();
        assert_eq!(refused, "size batch = 0: must be at least 1");
        assert_eq!(answered(Query::Cell(20_000)).unwrap_err(), "Ids run from 0 to 14,207.");
    }

    #[test]
    fn a_draw_is_the_programs() {
        let sampled = recipe(Query::Sample { states: 1, seed: 0 });
        let expected = Sampler::published(1).unwrap().sample(0).unwrap();
        assert_eq!(Recipe::from_json(&sampled).unwrap(), expected);
    }
}
