//! LTS: 885 decoders trained alone, with their perplexities and counts, and the training-free scores that LPZero
//! published for 200 of them; and the architectures of these and of 236 more, which searches found.

use std::collections::HashMap;

use untrained_core::benchmark::lts::{COLUMNS, METRICS, architectures};

use super::made::Made;
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

/// Decoders that searches found: published file, number of the space.
const FOUND: [(&str, u32); 6] = [
    ("pareto_GPT2_lm1b_arm.csv", 4),
    ("pareto_GPT2_lm1b_corei7.csv", 5),
    ("pareto_GPT2_lm1b_titanxp.csv", 6),
    ("pareto_TransXL_lm1b_arm.csv", 7),
    ("pareto_TransXL_lm1b_corei7.csv", 8),
    ("pareto_TransXL_lm1b_titanxp.csv", 9),
];

/// The file that also holds training-free scores.
const SCORED: &str = "random_GPT2_wt103.csv";

/// The published counts of parameters, in the order of the table; the last is the total.
const PARAMETERS: [&str; 5] = ["params.AdaEmb", "params.Attn", "params.FFN", "params.nonembedding", "params.total"];

/// Significant digits that tell single-precision numbers apart, as the scores are.
const DIGITS: usize = 9;

/// A line of a published file: its cells by column.
struct Decoder(HashMap<String, String>);

/// Layers, width, heads and widths of the feed-forward stacks.
type Shape = (usize, usize, Vec<usize>, Vec<usize>);

/// Makes `decoders.csv`, `scores.csv`, `architectures.csv` and `found.csv`.
///
/// # Errors
/// When a file cannot be read, or is not what was published.
pub fn read(made: &mut Made) -> anyhow::Result<()> {
    let mut numbers: HashMap<Shape, usize> = HashMap::new();
    let (mut lines, mut scores, mut shapes) = (Vec::new(), Vec::new(), Vec::new());
    for (file, space, first) in FILES {
        let decoders = decoders(made, file)?;
        let untrained = decoders.iter().filter(|decoder| decoder.number("ppl.test_ppl").is_none()).count();
        made.note(format!("{file}: {} decoders, {untrained} of them without a perplexity.", decoders.len()));
        for decoder in &decoders {
            let wrong = |what: &str| Usage(format!("{file}, {}: {what}", decoder.cell("id")));
            let (id, shape) = decoder.id().zip(decoder.shape()).ok_or_else(|| wrong("no decoder"))?;
            let next = numbers.len();
            let architecture = *numbers.entry(shape.clone()).or_insert(next);
            let line = decoder.line([space, first + id], architecture, &shape);
            lines.push(line.ok_or_else(|| wrong("a number is missing, or the two totals of parameters differ"))?);
            shapes.push(decoder.architecture([space, first + id], &shape).ok_or_else(|| wrong("no embedding"))?);
            if file == SCORED {
                scores.push(decoder.scores(id).ok_or_else(|| wrong("a score is no number"))?);
            }
        }
    }
    made.note(format!("lts: {} different architectures in {} lines.", numbers.len(), lines.len()));
    made.table_of(FOLDER, "decoders.csv", &COLUMNS, lines);
    let mut found = Vec::new();
    for (file, space) in FOUND {
        for decoder in &decoders(made, file)? {
            let wrong = |what: &str| Usage(format!("{file}, {}: {what}", decoder.cell("id")));
            let number = decoder.cell("id").strip_prefix('M').and_then(|number| number.parse().ok());
            let (id, shape): (u32, Shape) = number.zip(decoder.shape()).ok_or_else(|| wrong("no decoder"))?;
            shapes.push(decoder.architecture([space, id], &shape).ok_or_else(|| wrong("no embedding"))?);
            found.push(decoder.found([space, id]).ok_or_else(|| wrong("a number is missing"))?);
        }
    }
    made.table_of(FOLDER, "architectures.csv", &architectures::COLUMNS, shapes);
    made.table_of(FOLDER, "found.csv", &architectures::FOUND_COLUMNS, found);
    let header: Vec<&str> = ["id"].into_iter().chain(METRICS).collect();
    made.table_of(FOLDER, "scores.csv", &header, scores);
    Ok(())
}

fn decoders(made: &mut Made, file: &str) -> anyhow::Result<Vec<Decoder>> {
    let text = made.source(FOLDER, file)?;
    let rows = csv::Reader::from_reader(text.as_bytes()).into_deserialize();
    rows.map(|row| Ok(Decoder(row.map_err(|error| Usage(format!("{file}: {error}")))?))).collect()
}

impl Decoder {
    /// The content of a column; nothing where there is no such column.
    fn cell(&self, column: &str) -> &str {
        self.0.get(column).map_or("", String::as_str)
    }

    fn number(&self, column: &str) -> Option<f64> {
        self.cell(column).parse().ok()
    }

    /// 37 of `config_3_j7`.
    fn id(&self) -> Option<u32> {
        let (tens, ones) = self.cell("id").strip_prefix("config_")?.split_once("_j")?;
        Some(tens.parse::<u32>().ok()? * 10 + ones.parse::<u32>().ok().filter(|ones| *ones < 10)?)
    }

    fn shape(&self) -> Option<Shape> {
        let (layers, width) = (self.cell("n_layer").parse().ok()?, self.cell("d_model").parse().ok()?);
        Some((layers, width, per_layer(self.cell("n_head"), layers)?, per_layer(self.cell("d_inner"), layers)?))
    }

    /// All that it is built from but its words.
    fn architecture(&self, [space, id]: [u32; 2], (_, width, heads, inner): &Shape) -> Option<String> {
        let embedding: i64 = self.cell("d_embed").parse().ok()?;
        // −1 is the width of the layers.
        let embedding = usize::try_from(embedding).unwrap_or(*width);
        let division = self.cell("div_val");
        let heads: String = heads.iter().map(usize::to_string).collect();
        let inner = inner.iter().map(usize::to_string).collect::<Vec<_>>().join(" ");
        Some(format!("{space},{id},{width},{embedding},{division},{heads},{inner}"))
    }

    /// Counts, and what was measured, with six decimals.
    fn found(&self, [space, id]: [u32; 2]) -> Option<String> {
        let counts = self.counts()?.join(",");
        let measured = ["ppl", "latency", "memory"].map(|column| self.known(column, 6)).join(",");
        Some(format!("{space},{id},{counts},{measured}"))
    }

    /// The published counts of parameters.
    fn counts(&self) -> Option<Vec<String>> {
        PARAMETERS.iter().map(|column| self.number(column).map(|count| format!("{count:.0}"))).collect()
    }

    /// A number with so many decimals, `nan` where there is none.
    fn known(&self, column: &str, decimals: usize) -> String {
        self.number(column).map_or_else(|| "nan".to_owned(), |value| format!("{value:.decimals$}"))
    }

    /// Perplexities with six decimals, whole seconds; none where a count is missing or the totals differ.
    fn line(&self, [space, id]: [u32; 2], architecture: usize, (layers, width, heads, _): &Shape) -> Option<String> {
        let counts = self.counts()?;
        let total = self.number("num_parameters").map(|total| format!("{total:.0}"));
        if total.is_some() && total.as_ref() != counts.last() {
            return None;
        }
        let counts = counts.join(",");
        let results = [("ppl.valid_ppl", 6), ("ppl.test_ppl", 6), ("ppl.train_elapsed", 0)];
        let results = results.map(|(column, decimals)| self.known(column, decimals)).join(",");
        let heads = heads.iter().sum::<usize>();
        Some(format!("{space},{id},{architecture},{layers},{width},{heads},{counts},{results}"))
    }

    fn scores(&self, id: u32) -> Option<String> {
        let score = |metric: &&str| {
            let rounded: f64 = format!("{:.*e}", DIGITS - 1, self.number(metric)?).parse().ok()?;
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
