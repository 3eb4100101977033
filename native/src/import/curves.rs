//! wikitext2_training.jsonl: the losses of every epoch on WikiText-2.

use std::collections::BTreeMap;

use serde::Deserialize;
use untrained_core::Error;
use untrained_core::benchmark::nas_bench_nlp::FIRST_RECIPE;

use super::made::Made;

const FILE: &str = "wikitext2_training.jsonl";

/// A line of the file; a loss that is not a number is null.
#[derive(Debug, Deserialize)]
struct Training {
    recipe_id: u32,
    train_losses: Vec<Option<f64>>,
    val_losses: Vec<Option<f64>>,
    test_losses: Vec<Option<f64>>,
}

/// Makes `wikitext2.csv`: one line per network and epoch.
///
/// # Errors
/// When the file cannot be read.
pub fn read(made: &mut Made) -> anyhow::Result<()> {
    let text = made.source("nas-bench-nlp", FILE)?;
    let mut all: BTreeMap<u32, Training> = BTreeMap::new();
    let mut repeated = 0;
    for (line, text) in (1..).zip(text.lines()) {
        let training = parse(text).map_err(|problem| Error::Table { table: FILE.to_owned(), line, problem })?;
        let id = training.recipe_id - FIRST_RECIPE;
        repeated += usize::from(all.insert(id, training).is_some());
    }
    let diverged = all.values().filter(|training| training.test_losses.last() == Some(&None)).count();
    made.note(format!("{FILE}: {} networks, {diverged} of which diverged; {repeated} repeated lines.", all.len()));
    made.table("wikitext2.csv", &["id", "epoch", "train", "validation", "test"], all.iter().flat_map(lines));
    Ok(())
}

fn parse(line: &str) -> Result<Training, String> {
    // Written by Python, which spells numbers that JSON does not have.
    let training: Training = serde_json::from_str(&line.replace("NaN", "null")).map_err(|error| error.to_string())?;
    let epochs = training.test_losses.len();
    if training.train_losses.len() != epochs || training.val_losses.len() != epochs || epochs == 0 {
        return Err("the three losses are not known for the same epochs".to_owned());
    }
    if training.recipe_id < FIRST_RECIPE {
        return Err(format!("there is no network {}", training.recipe_id));
    }
    Ok(training)
}

fn lines((id, training): (&u32, &Training)) -> Vec<String> {
    let losses = [&training.train_losses, &training.val_losses, &training.test_losses];
    let line = |epoch: usize| {
        let [train, validation, test] = losses.map(|losses| rounded(losses[epoch]));
        format!("{id},{},{train},{validation},{test}", epoch + 1)
    };
    (0..training.test_losses.len()).map(line).collect()
}

/// Six decimals: a thousandth of what two runs of the same network differ by.
fn rounded(loss: Option<f64>) -> String {
    loss.map_or_else(|| "nan".to_owned(), |loss| format!("{loss:.6}"))
}

#[cfg(test)]
mod tests {
    use super::{lines, parse};

    #[test]
    fn epochs_are_lines_and_nan_stays_nan() {
        let text =
            r#"{"recipe_id":1000007,"train_losses":[5.5,NaN],"val_losses":[5,NaN],"test_losses":[4.12345678,NaN]}"#;
        let training = parse(text).unwrap();
        assert_eq!(lines((&7, &training)), ["7,1,5.500000,5.000000,4.123457", "7,2,nan,nan,nan"]);
        assert!(parse(r#"{"recipe_id":1000007,"train_losses":[],"val_losses":[],"test_losses":[]}"#).is_err());
        assert!(parse("{").is_err());
    }
}
