//! LTS: 885 decoders trained alone, with their perplexities and counts, and the training-free scores that LPZero
//! published for 200 of them.

use std::collections::HashMap;

use serde::Deserialize;
use untrained_core::benchmark::lts::{COLUMNS, METRICS};

use super::Made;
use crate::outcome::Usage;

const FOLDER: &str = "lts";

/// Decoders of one kind on one text: published file, number of the space, first id.
const FILES: [(&str, u32, u32); 5] = [
    (SCORED, 0, 0),
    ("random_GPT2_lm1b.csv", 1, 0),
    ("random_TransXL_wt103.csv", 2, 0),
    ("random_TransXL_wt103_homogeneous.csv", 2, 200),
    ("random_TransXL_lm1b.csv", 3, 0),
];

/// The file that also holds training-free scores.
const SCORED: &str = "random_GPT2_wt103.csv";

/// Significant digits that tell single-precision numbers apart, as the scores are.
const DIGITS: usize = 9;

/// A line of a published file.
#[derive(Debug, Deserialize)]
struct Decoder {
    id: String,
    n_layer: usize,
    d_model: usize,
    n_head: String,
    d_inner: String,
    #[serde(rename = "params.AdaEmb")]
    embedding: f64,
    #[serde(rename = "params.Attn")]
    attention: f64,
    #[serde(rename = "params.FFN")]
    feed_forward: f64,
    #[serde(rename = "params.nonembedding")]
    decoder: f64,
    #[serde(rename = "params.total")]
    total: f64,
    /// None where the training gave no result.
    #[serde(rename = "ppl.valid_ppl")]
    validation: Option<f64>,
    #[serde(rename = "ppl.test_ppl")]
    test: Option<f64>,
    #[serde(rename = "ppl.train_elapsed")]
    seconds: Option<f64>,
    num_parameters: Option<f64>,
    #[serde(flatten)]
    more: HashMap<String, String>,
}

/// Layers, width, heads and widths of the feed-forward stacks.
type Shape = (usize, usize, Vec<usize>, Vec<usize>);

/// Makes `decoders.csv` and `scores.csv`.
///
/// # Errors
/// When a file cannot be read, or is not what was published.
pub fn read(made: &mut Made) -> anyhow::Result<()> {
    let mut numbers: HashMap<Shape, usize> = HashMap::new();
    let (mut lines, mut scores) = (Vec::new(), Vec::new());
    for (file, space, first) in FILES {
        let decoders = decoders(made, file)?;
        let untrained = decoders.iter().filter(|decoder| decoder.test.is_none()).count();
        made.note(format!("{file}: {} decoders, {untrained} of them without a perplexity.", decoders.len()));
        for decoder in &decoders {
            let place = || format!("{file}, {}", decoder.id);
            let (id, shape) =
                decoder.id().zip(decoder.shape()).ok_or_else(|| Usage(format!("{}: no decoder", place())))?;
            let next = numbers.len();
            let architecture = *numbers.entry(shape.clone()).or_insert(next);
            lines.push(decoder.line(space, first + id, architecture, &shape));
            if file == SCORED {
                scores.push(decoder.scores(id).ok_or_else(|| Usage(format!("{}: a score is no number", place())))?);
            }
        }
    }
    made.note(format!("lts: {} different architectures in {} lines.", numbers.len(), lines.len()));
    made.table_of(FOLDER, "decoders.csv", &COLUMNS, lines);
    let header: Vec<&str> = ["id"].into_iter().chain(METRICS).collect();
    made.table_of(FOLDER, "scores.csv", &header, scores);
    Ok(())
}

fn decoders(made: &mut Made, file: &str) -> anyhow::Result<Vec<Decoder>> {
    let text = made.source(FOLDER, file)?;
    let rows = csv::Reader::from_reader(text.as_bytes()).into_deserialize();
    let rows: Vec<Decoder> = rows.collect::<Result<_, _>>().map_err(|error| Usage(format!("{file}: {error}")))?;
    if let Some(row) = rows.iter().find(|row| row.num_parameters.is_some_and(|count| !same(count, row.total))) {
        return Err(Usage(format!("{file}, {}: the two total numbers of parameters differ", row.id)).into());
    }
    Ok(rows)
}

fn same(one: f64, other: f64) -> bool {
    (one - other).abs() < 0.5
}

impl Decoder {
    /// 37 of `config_3_j7`.
    fn id(&self) -> Option<u32> {
        let (tens, ones) = self.id.strip_prefix("config_")?.split_once("_j")?;
        Some(tens.parse::<u32>().ok()? * 10 + ones.parse::<u32>().ok().filter(|ones| *ones < 10)?)
    }

    fn shape(&self) -> Option<Shape> {
        let heads = per_layer(&self.n_head, self.n_layer)?;
        Some((self.n_layer, self.d_model, heads, per_layer(&self.d_inner, self.n_layer)?))
    }

    /// Perplexities with six decimals, whole seconds.
    fn line(&self, space: u32, id: u32, architecture: usize, (layers, width, heads, _): &Shape) -> String {
        let counts = [self.embedding, self.attention, self.feed_forward, self.decoder, self.total];
        let counts = counts.map(|count| format!("{count:.0}")).join(",");
        let known = |value: Option<f64>, decimals: usize| {
            value.map_or_else(|| "nan".to_owned(), |value| format!("{value:.decimals$}"))
        };
        let results = [known(self.validation, 6), known(self.test, 6), known(self.seconds, 0)].join(",");
        let heads = heads.iter().sum::<usize>();
        format!("{space},{id},{architecture},{layers},{width},{heads},{counts},{results}")
    }

    fn scores(&self, id: u32) -> Option<String> {
        let score = |metric: &&str| {
            let value: f64 = self.more.get(*metric)?.parse().ok()?;
            let rounded: f64 = format!("{value:.*e}", DIGITS - 1).parse().ok()?;
            Some(rounded.to_string())
        };
        let scores: Vec<String> = METRICS.iter().map(score).collect::<Option<_>>()?;
        Some(format!("{id},{}", scores.join(",")))
    }
}

/// `[2, 4]`, or one number for all layers.
fn per_layer(text: &str, layers: usize) -> Option<Vec<usize>> {
    let list = serde_json::from_str(text).ok().or_else(|| Some(vec![text.parse().ok()?; layers]))?;
    (list.len() == layers).then_some(list)
}

#[cfg(test)]
mod tests {
    use super::per_layer;

    #[test]
    fn layers_are_alike_or_listed() {
        assert_eq!(per_layer("[2, 4]", 2), Some(vec![2, 4]));
        assert_eq!(per_layer("4", 3), Some(vec![4; 3]));
        assert_eq!((per_layer("[2]", 2), per_layer("x", 1)), (None, None));
    }
}
