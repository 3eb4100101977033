//! What every column of the benchmarks is worth, with the intervals of `data/intervals.csv`.

use untrained_core::benchmark::nas_bench_nlp::short_runs::{self, By, Compared, Goal, Ordered, SHORT_RUNS};
use untrained_core::benchmark::nas_bench_nlp::{CURVES, RECOMPUTED_METRIC, Recomputed, between_texts, curves};
use untrained_core::benchmark::nas_bench_nlp::{first_epoch, recomputed as recomputed_scores};
use untrained_core::benchmark::{
    About, BENCHMARKS, Benchmark, Evaluation, EvaluationOptions, Kind, NasBenchNlp, Table, evaluate,
    intervals::{Scores, evaluate_known},
    records, replicate,
};
use untrained_core::figure::words::{baseline, count, resampled, title};
use untrained_core::rank::{Interval, Resampling};

use crate::report::markdown::{decimals, table};

/// Marks a column that does not hold what its name says.
const FLAWED: &str = " †";

/// Scores of a benchmark: its scored rows and what each column is worth.
struct Scored {
    table: Table,
    worth: Vec<Evaluation>,
}

impl Scored {
    fn of(benchmark: &dyn Benchmark, scores: Scores) -> anyhow::Result<Self> {
        let table = benchmark.table()?.scored();
        let worth = evaluate_known(&table, scores, false, false)?;
        Ok(Self { table: scores.of(&table)?.into_owned(), worth })
    }

    fn about(&self) -> &About {
        &self.table.about
    }

    fn of_kind(&self, kind: Kind) -> impl Iterator<Item = &Evaluation> {
        self.worth.iter().filter(move |worth| worth.kind == kind)
    }

    fn is_flawed(&self, worth: &Evaluation) -> bool {
        self.about().flawed.contains(&worth.metric.as_str())
    }

    /// The column of a kind with the largest size of a measure, flawed ones left out.
    fn best(&self, kind: Kind, measure: fn(&Evaluation) -> Option<f64>) -> Option<(&Evaluation, f64)> {
        let sound = self.of_kind(kind).filter(|worth| !self.is_flawed(worth));
        let sized = sound.filter_map(|worth| Some((worth, measure(worth)?.abs())));
        sized.max_by(|one, other| one.1.total_cmp(&other.1))
    }

    fn line(&self, worth: &Evaluation) -> anyhow::Result<Vec<String>> {
        let interval = worth.low.zip(worth.high).map(|(low, high)| Interval { low, high });
        let mark = if self.is_flawed(worth) { FLAWED } else { "" };
        let (measures, beyond) = (&worth.measures, worth.beyond_size.as_ref());
        let partial = beyond.and_then(|one| one.partial_low.zip(one.partial_high));
        Ok(vec![
            format!("`{}`{mark}", worth.metric),
            count(worth.rows),
            decimals(measures.tau, 4),
            bounds(interval),
            decimals(beyond.and_then(|one| one.partial_tau), 3),
            bounds(partial.map(|(low, high)| Interval { low, high })),
            decimals(beyond.and_then(|one| one.tau_within_size), 3),
            decimals(measures.rho, 4),
            decimals(measures.r, 4),
            decimals(measures.top_tau, 3),
            decimals(measures.top_overlap, 3),
            decimals(measures.top_regret, 4),
            decimals(replicate(self.about(), &worth.metric)?, 3),
        ])
    }
}

impl Scored {
    /// All columns as a table, the largest |τ| first.
    fn ranking(&self) -> anyhow::Result<String> {
        let titles = [
            "column",
            "rows",
            "τ",
            "interval",
            "τ given size",
            "interval",
            "τ within equal size",
            "ρ",
            "r",
            "τ in the best tenth",
            "found",
            "regret",
            "scored twice",
        ];
        let order = |kind| {
            let mut all: Vec<&Evaluation> = self.of_kind(kind).collect();
            all.sort_by(|one, two| strength(two).total_cmp(&strength(one)).then_with(|| one.metric.cmp(&two.metric)));
            all
        };
        let lines = [Kind::Ceiling, Kind::Metric, Kind::Baseline].into_iter().flat_map(order);
        let lines: Vec<_> = lines.map(|worth| self.line(worth)).collect::<anyhow::Result<_>>()?;
        Ok(table(&titles.map(str::to_owned), lines))
    }
}

/// One line per benchmark with published scores: its best metric between the best count and another training run. The README shows it, too.
///
/// # Errors
/// When a table cannot be read.
pub fn overview() -> anyhow::Result<String> {
    let titles = [
        "benchmark",
        "networks",
        "best metric",
        "best count",
        "trained again",
        "best tenth: best metric",
        "best tenth: trained again",
    ];
    // Of the others only counts are known.
    let scored = BENCHMARKS.iter().filter(|benchmark| benchmark.about().best.is_some());
    let lines: Vec<_> = scored.map(|benchmark| overview_line(*benchmark)).collect::<anyhow::Result<_>>()?;
    Ok(format!("<!-- overview -->\n{}<!-- /overview -->\n", table(&titles.map(str::to_owned), lines)))
}

fn overview_line(benchmark: &dyn Benchmark) -> anyhow::Result<Vec<String>> {
    let published = Scored::of(benchmark, Scores::Published)?;
    let named = |kind, name: fn(&str) -> String| {
        let best = published.best(kind, |worth| worth.measures.tau);
        best.map_or_else(|| decimals(None, 3), |(worth, tau)| format!("{}: {tau:.3}", name(&worth.metric)))
    };
    let top = published.best(Kind::Metric, |worth| worth.measures.top_tau);
    let ceiling = published.of_kind(Kind::Ceiling).next();
    let again = |measure: fn(&Evaluation) -> Option<f64>| {
        let tau = ceiling.and_then(measure).map(f64::abs);
        let rows = ceiling.filter(|_| tau.is_some()).map(|worth| format!(" ({} rows)", count(worth.rows)));
        decimals(tau, 3) + &rows.unwrap_or_default()
    };
    Ok(vec![
        published.about().title.to_string(),
        format!("{} {}", count(published.table.rows.len()), published.about().networks),
        named(Kind::Metric, title),
        named(Kind::Baseline, baseline),
        again(|worth| worth.measures.tau),
        decimals(top.map(|(_, tau)| tau), 3),
        again(|worth| worth.measures.top_tau),
    ])
}

/// What the columns of the tables mean.
pub fn measures() -> String {
    let size = |benchmark: &&dyn Benchmark| benchmark.about().size.map(|size| (size, benchmark.about().title.as_ref()));
    let sizes: Vec<String> =
        BENCHMARKS.iter().filter_map(size).map(|(size, title)| format!("`{size}` ({title})")).collect();
    let sizes = sizes.join(", ");
    format!(
        "Numbers of this table are sizes: |τ|, Kendall's tau-b with the result of training. A count is what can be read off \
         an architecture without a network, such as its parameters. Trained again: the result of another training run of \
         the same network in the place of the metric, the noise ceiling, on the rows for which there is one. Best tenth: \
         τ within the tenth of the networks with the best results. Columns marked{FLAWED} below are left out.\n\n\
         In the tables that follow, τ, ρ and r are Kendall's tau-b, Spearman's and Pearson's correlation; interval is the \
         {}. τ given size is Kendall's partial tau-b given the size of the networks, and τ within equal size the mean of \
         τ within tenths of the networks by size; size is {sizes}. Found is the share of the best tenth in the metric's own first tenth, 0.1 by chance. Regret is how much worse \
         the results of that first tenth are than those of the best tenth, on average, in the unit of the \
         result. Scored twice is τ between two published scorings of the same networks, with other inputs or other weights.\n",
        resampled()
    )
}

/// The section of a benchmark: every column, and its known problems.
///
/// # Errors
/// When its table cannot be read.
pub fn section(benchmark: &dyn Benchmark) -> anyhow::Result<String> {
    let published = Scored::of(benchmark, Scores::Published)?;
    let About { title, target, flawed, problems, .. } = published.about();
    let mut text = format!("### {title}\n\nAgainst the {}.\n\n{}\n", target.description, published.ranking()?);
    if !flawed.is_empty() {
        text += &format!("{}: the published column does not hold what its name says; see below.\n\n", FLAWED.trim());
    }
    text.extend(problems.iter().map(|problem| format!("- {problem}\n")));
    if let Some(suite) = benchmark.suite() {
        let computed = Scored::of(benchmark, Scores::Suite)?;
        text += &format!(
            "\n#### {title}: the suite, computed here\n\n{} networks, computed by this program: {}; `{}`. The scores are in \
             `data/{}`.\n\n{}\n",
            count(suite.count()),
            suite.conditions,
            suite.command,
            suite.file.name,
            computed.ranking()?
        );
        if !suite.flawed.is_empty() {
            text += &format!("{}: its values are not what its name says; see below.\n\n", FLAWED.trim());
        }
        text.extend(suite.findings.iter().map(|finding| format!("- {finding}\n")));
    }
    Ok(text + "\n")
}

fn strength(worth: &Evaluation) -> f64 {
    worth.measures.tau.map_or(0.0, f64::abs)
}

/// NAS-Bench-NLP scored by this program: one metric of all cells, on two texts.
///
/// # Errors
/// When a table cannot be read.
pub fn recomputed() -> anyhow::Result<String> {
    let all = NasBenchNlp.table()?;
    let scored = all.scored();
    let found = |scores| evaluate_known(&scored, scores, false, false);
    let missing = records::join(&all, &recomputed_scores(Recomputed::PennTreebank)?).table;
    let question =
        EvaluationOptions { resampling: Resampling::NONE, average_runs: false, by_group: false, compare: false };
    let lines = [
        ("published", found(Scores::Published)?),
        ("computed here, Penn Treebank", found(Scores::Recomputed(Recomputed::PennTreebank))?),
        ("computed here, synthetic text", found(Scores::Recomputed(Recomputed::Synthetic))?),
        (
            "computed here, Penn Treebank, with the networks that the published scores leave out",
            evaluate(&missing, &question),
        ),
    ];
    let lines = lines.iter().filter_map(|(name, worth)| {
        let one = worth.iter().find(|one| one.metric == RECOMPUTED_METRIC)?;
        let measures = [one.measures.tau, one.measures.rho, one.measures.r].map(|value| decimals(value, 4));
        Some([(*name).to_owned(), count(one.rows)].into_iter().chain(measures).collect())
    });
    let titles = ["scores", "rows", "τ", "ρ", "r"].map(str::to_owned);
    Ok(format!(
        "### {} scored here\n\n{} of all cells, computed by this program from nothing but the published ids; the scores are in \
         `data/nas-bench-nlp`.\n\n{}\n- A cell in which a hidden unit never changes has no correlation matrix, and no score; \
         the published scores leave out all of these cells.\n\n",
        NasBenchNlp.about().title,
        title(RECOMPUTED_METRIC),
        table(&titles, lines)
    ))
}

/// What a little training is worth.
///
/// # Errors
/// When a table cannot be read.
pub fn training() -> anyhow::Result<String> {
    let curves = curves(CURVES)?;
    let (epoch, texts) = (first_epoch(&curves), between_texts(&curves, &NasBenchNlp.table()?.scored()));
    let titles = ["of the same networks", "pairs", "τ"].map(str::to_owned);
    let lines = [
        ("validation loss after the first epoch on WikiText-2, and test loss after the last", epoch),
        ("test loss on WikiText-2, and on Penn Treebank", texts),
    ];
    let lines = lines.map(|(name, found)| vec![name.to_owned(), count(found.pairs), decimals(found.tau, 3)]);
    Ok(format!("### What a little training is worth\n\n{}\n", table(&titles, lines)))
}

/// What a few steps of training are worth next to the metrics, and whether metrics order networks that are trained in
/// full.
///
/// # Errors
/// When a table cannot be read.
pub fn short_runs() -> anyhow::Result<String> {
    let (runs, table) = (short_runs::short_runs(SHORT_RUNS)?, NasBenchNlp.table()?.scored());
    let compared = Compared::new(&runs, &table);
    let [frozen, full] = compared.diverged();
    Ok(format!(
        "### What a few steps of training are worth\n\n\
         {} cells spread evenly over the published losses, trained here on Penn Treebank for {} steps at the published \
         sizes, each both ways: as published, with frozen recurrent matrices ({frozen} diverged), and in full ({full} \
         diverged). Same seeds, windows and dropout for all. A loss after N steps is the mean training loss of the last \
         five windows; a run that diverged counts as the worst.\n\n![What computing buys](../data/bought.svg)\n\n{}\n\
         Are the metrics of the untrained network worth more where its recurrent matrices stay as they were drawn? \
         Validation loss after the last step, 5,000 words:\n\n{}\n",
        compared.count(),
        compared.steps,
        bought(&compared),
        both_ways(&compared),
    ))
}

/// τ with the published loss, and what it costs.
fn bought(compared: &Compared) -> String {
    let titles = ["of the published loss by", "operations a cell", "τ", "95 %"].map(str::to_owned);
    let mut lines = compared.by_metrics(Goal::Published);
    lines.extend(compared.by_steps(true, Goal::Published));
    lines.extend(compared.by_steps(false, Goal::Published));
    let line = |one: &Ordered| {
        let name = match &one.by {
            By::Metric(id) => format!("`{id}`"),
            By::Steps(steps, true) => format!("training loss after {steps} steps, frozen"),
            By::Steps(steps, false) => format!("training loss after {steps} steps, in full"),
        };
        vec![name, format!("{:.1e}", one.operations), decimals(one.tau, 3), bounds(one.interval)]
    };
    table(&titles, lines.iter().map(line))
}

/// τ of every metric with the losses after both kinds of training.
fn both_ways(compared: &Compared) -> String {
    let titles = ["metric", "τ frozen", "95 %", "τ in full", "95 %", "|τ| frozen − in full", "95 %"].map(str::to_owned);
    let full = compared.by_metrics(Goal::Full);
    let lines = compared.by_metrics(Goal::Frozen).into_iter().zip(full).map(|(frozen, full)| {
        let By::Metric(id) = &frozen.by else { return Vec::new() };
        let difference = compared.difference(id, [Goal::Frozen, Goal::Full]);
        vec![
            format!("`{id}`"),
            decimals(frozen.tau, 3),
            bounds(frozen.interval),
            decimals(full.tau, 3),
            bounds(full.interval),
            decimals(difference.map(|(difference, _)| difference), 3),
            bounds(difference.map(|(_, interval)| interval)),
        ]
    });
    table(&titles, lines)
}

fn bounds(interval: Option<Interval>) -> String {
    let both = |Interval { low, high }| format!("{} to {}", decimals(Some(low), 3), decimals(Some(high), 3));
    interval.map_or_else(|| decimals(None, 3), both)
}
