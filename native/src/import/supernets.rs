//! HW-GPT-Bench: decoders of three supernets. And FlexiBERT: encoders with layers of different widths.

use serde::Deserialize;
use untrained_core::benchmark::{flexibert, hw_gpt};

use super::made::Made;
use crate::outcome::Usage;

/// A line of HW-GPT-Bench; lists have an entry for every layer there can be, of which the first count.
#[derive(Deserialize)]
struct Decoder {
    n_layer: usize,
    embed_dim: usize,
    n_head: String,
    mlp_ratio: String,
    bias: String,
    perplexity: f32,
}

/// A line of FlexiBERT: layers, heads, widths, kinds of attention and feed-forward widths by layer.
#[derive(Deserialize)]
struct Encoder {
    l: usize,
    a: String,
    h: String,
    s: String,
    f: String,
    sst2_acc: Option<f64>,
    qnli_acc: Option<f64>,
}

/// Makes the tables of HW-GPT-Bench, one a size.
///
/// # Errors
/// When a file cannot be read, or is not what was published.
pub fn hw_gpt(made: &mut Made) -> anyhow::Result<()> {
    for size in ["s", "m", "l"] {
        let file = format!("hwgpt_{size}.csv");
        let decoders: Vec<Decoder> = rows(made, "hw-gpt-bench", &file)?;
        let line = |decoder: &Decoder| {
            let first = |list: &str| Some(list_of::<usize>(list)?.get(..decoder.n_layer)?.iter().sum::<usize>());
            let (heads, ratios) = (first(&decoder.n_head)?, first(&decoder.mlp_ratio)?);
            let Decoder { n_layer, embed_dim, perplexity, .. } = decoder;
            let bias = u8::from(decoder.bias == "True");
            Some(format!("{n_layer},{embed_dim},{heads},{ratios},{bias},{perplexity}"))
        };
        let lines = lines(&file, &decoders, line)?;
        made.note(format!("{file}: {} decoders.", lines.len()));
        made.table_of("hw-gpt", &format!("{size}.csv"), &hw_gpt::COLUMNS, lines);
    }
    Ok(())
}

/// Makes the table of FlexiBERT.
///
/// # Errors
/// As [`hw_gpt()`].
pub fn flexibert(made: &mut Made) -> anyhow::Result<()> {
    let file = "flexibert_small.csv";
    let encoders: Vec<Encoder> = rows(made, "flexibert", file)?;
    let line = |encoder: &Encoder| {
        let [heads, widths, inner] = [list_of::<usize>(&encoder.a)?, list_of(&encoder.h)?, list_of(&encoder.f)?];
        let weighted = list_of::<String>(&encoder.s)?.iter().filter(|kind| *kind == "wma").count();
        let weights: usize = widths.iter().zip(&inner).map(|(h, f)| 4 * h * h + 2 * h * f).sum();
        let sum = |list: &[usize]| list.iter().sum::<usize>();
        // Fractions of whole examples; percent as the digits of the fraction are, without those of the multiplication.
        let percent = |share: Option<f64>| share.map_or("nan".to_owned(), |share| format!("{:.6}", 100.0 * share));
        let all_layers = [heads.len(), widths.len(), inner.len()].iter().all(|length| *length == encoder.l);
        let [sst2, qnli] = [encoder.sst2_acc, encoder.qnli_acc].map(percent);
        all_layers.then(|| {
            let counts = [encoder.l, sum(&widths), sum(&heads), sum(&inner), weighted, weights];
            format!("{},{sst2},{qnli}", counts.map(|count| count.to_string()).join(","))
        })
    };
    let lines = lines(file, &encoders, line)?;
    made.note(format!("{file}: {} encoders.", lines.len()));
    made.table_of("flexibert", "encoders.csv", &flexibert::COLUMNS, lines);
    Ok(())
}

fn rows<T: for<'de> Deserialize<'de>>(made: &mut Made, folder: &str, file: &str) -> anyhow::Result<Vec<T>> {
    let text = made.source(folder, file)?;
    let rows = csv::Reader::from_reader(text.as_bytes()).into_deserialize();
    rows.map(|row| Ok(row.map_err(|error| Usage(format!("{file}: {error}")))?)).collect()
}

fn lines<T>(file: &str, rows: &[T], line: impl Fn(&T) -> Option<String>) -> anyhow::Result<Vec<String>> {
    let numbered = (1..).zip(rows);
    let line = |(number, row): (usize, &T)| line(row).ok_or_else(|| Usage(format!("{file}, row {number}: no network")));
    Ok(numbered.map(line).collect::<Result<_, _>>()?)
}

/// A list in a cell.
fn list_of<T: for<'de> Deserialize<'de>>(cell: &str) -> Option<Vec<T>> {
    serde_json::from_str(cell).ok()
}
