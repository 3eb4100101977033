//! Files that a visitor opens: a recipe, or text for the network to read. They stay in this tab.

use leptos::prelude::*;
use untrained_core::corpus::is_word_list;
use untrained_core::space::recurrent::Recipe;
use untrained_core::task::Text;

use super::form::CellForm;
use crate::pages::common_form::{ending, name_of_file};
use crate::widgets::{OpenFiles, Opened};

/// An area to drop files on, with a button to choose them.
#[component]
pub fn Files(form: CellForm) -> impl IntoView {
    let opened =
        form.text.with_untracked(Option::is_some).then(|| "The text you opened is read by the network.".to_owned());
    let report = RwSignal::new(opened.unwrap_or_default());
    let open = Callback::new(move |files: Vec<Opened>| report.set(read(form, files)));
    view! {
        <OpenFiles label="Files: a recipe (.json), or text for the network to read (.txt); a word list is recognised by its one word a line"
            accept=".json,.txt" report_id="files-report" report on_open=open/>
    }
}

/// Reads the files; reports on each.
fn read(form: CellForm, files: Vec<Opened>) -> String {
    let mut texts = Vec::new();
    let mut reports = Vec::new();
    for (name, text) in files {
        let ending = ending(&name);
        match text {
            Some(text) if ending == "json" => {
                reports.push(match Recipe::from_json(&text) {
                    Ok(_) => format!("{name}: a recipe."),
                    Err(error) => format!("{name} is no recipe yet: {error}."),
                });
                form.show(name_of_file(&name), &text);
            }
            Some(text) if ending == "txt" => texts.push((name, text)),
            Some(_) => reports.push(format!("{name} is not used: it is neither .json nor .txt.")),
            None => reports.push(format!("{name} cannot be read as text.")),
        }
    }
    if let Some(text) = text(&texts) {
        reports.push(format!(
            "{} read by the network.",
            texts.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", ")
        ));
        form.text.set(Some(text));
    } else if !texts.is_empty() {
        reports.push("A word list is not used without a text: open both together.".to_owned());
    }
    reports.join(" ")
}

/// The corpus is the text named `test`, else the first that is no word list; the vocabulary is read from every file.
fn text(files: &[(String, String)]) -> Option<Text> {
    let (lists, texts): (Vec<_>, Vec<_>) = files.iter().partition(|(_, text)| is_word_list(text));
    let holds = |name: &str, part: &str| name.to_ascii_lowercase().contains(part);
    let corpus = texts.iter().find(|(name, _)| holds(name, "test")).or(texts.first())?;
    let vocabulary = if lists.is_empty() { &texts } else { &lists };
    let order = |name: &str| ["train", "valid", "test"].iter().position(|part| holds(name, part));
    let mut vocabulary: Vec<_> = vocabulary.iter().map(|(name, text)| (order(name), text.clone())).collect();
    vocabulary.sort_by_key(|(order, _)| *order);
    Some(Text { corpus: corpus.1.clone(), vocabulary: vocabulary.into_iter().map(|(_, text)| text).collect() })
}
