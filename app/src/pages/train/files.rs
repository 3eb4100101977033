//! Files that a visitor opens: text to read, and cells to train.

use serde::Deserialize;
use untrained_core::space::recurrent::Recipe;
use untrained_core::task::MOST_CELLS;
use untrained_core::without_place;

use crate::pages::common_form::{ending, name_of_file};
use crate::widgets::Opened;

/// What was found in files.
#[derive(Default)]
pub struct Found {
    /// Cells with their names.
    pub cells: Vec<(String, Recipe)>,
    /// Text to read.
    pub text: Option<String>,
    /// One sentence a file.
    pub report: String,
}

impl Found {
    /// Reads text (.txt), and cells (.json, or .jsonl with one a line).
    pub fn read(files: Vec<Opened>) -> Self {
        let (mut found, mut reports) = (Self::default(), Vec::new());
        for (name, text) in files {
            let ending = ending(&name);
            match text {
                Some(text) if ending == "txt" => {
                    reports.push(format!("{name}: its most frequent words are read."));
                    found.text = Some(text);
                }
                Some(text) if ending == "json" || ending == "jsonl" => match cells_of(&name, &text) {
                    Ok(cells) => {
                        reports.push(format!("{name}: {} to train.", counted(cells.len())));
                        found.cells.extend(cells);
                    }
                    Err(problem) => reports.push(format!("{name} is not used: {problem}.")),
                },
                Some(_) => reports.push(format!("{name} is not used: it is neither .txt, .json nor .jsonl.")),
                None => reports.push(format!("{name} cannot be read as text.")),
            }
        }
        if found.cells.len() > MOST_CELLS {
            reports.push(format!("Only the first {MOST_CELLS} cells are trained."));
            found.cells.truncate(MOST_CELLS);
        }
        if found.text.is_some() || !found.cells.is_empty() {
            reports.push("Files stay on this machine: the address does not have them.".to_owned());
        }
        found.report = reports.join(" ");
        found
    }
}

/// A line of a file of cells, as 'untrained space recurrent' prints it.
#[derive(Deserialize)]
struct CellLine {
    recipe: Recipe,
    name: Option<String>,
    seed: Option<u32>,
}

fn counted(cells: usize) -> String {
    if cells == 1 { "1 cell".to_owned() } else { format!("{cells} cells") }
}

/// The cells of a file, with names: one recipe, or a line each.
fn cells_of(file: &str, text: &str) -> Result<Vec<(String, Recipe)>, String> {
    if let Ok(recipe) = Recipe::from_json(text) {
        return Ok(vec![(name_of_file(file), recipe)]);
    }
    let lines = (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());
    let cell = |(number, line): (usize, &str)| {
        let CellLine { recipe, name, seed } =
            serde_json::from_str(line).map_err(|error| format!("line {number}: {}", without_place(&error)))?;
        let name = name.or_else(|| seed.map(|seed| seed.to_string()));
        Ok((name.unwrap_or_else(|| format!("line {number}")), recipe))
    };
    lines.map(cell).collect()
}
