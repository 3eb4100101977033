//! Examples in JSON Lines, with the fields and label numbers of Hugging Face's `glue`.

use serde_json::{Map, Value};

use super::example::{Examples, GlueExample, Label};
use super::task::GlueTask;
use super::tsv::score;
use crate::error::without_place;

/// The line, counted from 1, and what is wrong there.
type Problem = (u64, String);

/// Our numbers of MNLI's classes by those of Hugging Face: entailment, neutral, contradiction.
const MNLI: [u32; 3] = [1, 2, 0];

/// Reads a text without byte-order mark. Blank lines are skipped.
///
/// # Errors
/// [`Problem`]: a line that is no JSON object, lacks a text, or has no label of the task.
pub fn read(task: GlueTask, text: &str) -> Result<Examples, Problem> {
    let lines = (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());
    let read = |(at, line)| example(task, line).map_err(|problem| (at, problem));
    Ok(Examples { all: lines.map(read).collect::<Result<_, _>>()?, short: Vec::new() })
}

/// The names of the texts.
fn fields(task: GlueTask) -> (&'static str, Option<&'static str>) {
    match task {
        GlueTask::Cola | GlueTask::Sst => ("sentence", None),
        GlueTask::Mnli => ("premise", Some("hypothesis")),
        GlueTask::Mrpc | GlueTask::Rte | GlueTask::Sts => ("sentence1", Some("sentence2")),
        GlueTask::Qnli => ("question", Some("sentence")),
        GlueTask::Qqp => ("question1", Some("question2")),
    }
}

fn example(task: GlueTask, line: &str) -> Result<GlueExample, String> {
    let object: Map<String, Value> =
        serde_json::from_str(line).map_err(|error| format!("no JSON object: {}", without_place(&error)))?;
    let text = |name: &str| match object.get(name) {
        Some(Value::String(text)) => Ok(text.trim().to_owned()),
        _ => Err(format!("there is no text '{name}', which examples of {} have", task.title())),
    };
    let (first, second) = fields(task);
    let label = object.get("label").and_then(Value::as_f64).ok_or("there is no number 'label'")?;
    Ok(GlueExample { first: text(first)?, second: second.map(text).transpose()?, label: number(task, label)? })
}

/// The label of a number.
fn number(task: GlueTask, value: f64) -> Result<Label, String> {
    let classes = task.labels().len();
    let class = (0..classes as u32).find(|&class| (f64::from(class) - value).abs() < f64::EPSILON);
    match class {
        _ if value < 0.0 => Err(format!("the label is {value}: test files have no labels")),
        _ if classes == 0 => {
            score(Some(value)).ok_or_else(|| format!("the score is {value}, not a number from 0 to 5"))
        }
        Some(class) if task == GlueTask::Mnli => Ok(Label::Class(MNLI[class as usize])),
        Some(class) => Ok(Label::Class(class)),
        None => Err(format!("the label is {value}; the classes of {} are 0 to {}", task.title(), classes - 1)),
    }
}

#[cfg(test)]
mod tests {
    use super::{GlueExample, GlueTask, Label, read};

    fn one(task: GlueTask, line: &str) -> GlueExample {
        read(task, line).unwrap().all.remove(0)
    }

    #[test]
    fn fields_are_those_of_the_task() {
        for (task, fields) in [
            (GlueTask::Mnli, ["premise", "hypothesis"]),
            (GlueTask::Mrpc, ["sentence1", "sentence2"]),
            (GlueTask::Qnli, ["question", "sentence"]),
            (GlueTask::Qqp, ["question1", "question2"]),
            (GlueTask::Rte, ["sentence1", "sentence2"]),
        ] {
            let line =
                format!("{{\"{}\": \"a \\\"b\", \"{}\": \"c\", \"label\": 1, \"idx\": 0}}", fields[0], fields[1]);
            let class = if task == GlueTask::Mnli { 2 } else { 1 };
            let expected =
                GlueExample { first: "a \"b".to_owned(), second: Some("c".to_owned()), label: Label::Class(class) };
            assert_eq!(one(task, &line), expected);
        }
        for task in [GlueTask::Cola, GlueTask::Sst] {
            let found = one(task, "\n{\"idx\": 3, \"label\": 0, \"sentence\": \"good \"}\n\n");
            assert_eq!(found, GlueExample { first: "good".to_owned(), second: None, label: Label::Class(0) });
        }
    }

    #[test]
    fn labels_have_our_numbers() {
        let mnli =
            |label: u32| one(GlueTask::Mnli, &format!("{{\"premise\":\"a\",\"hypothesis\":\"b\",\"label\":{label}}}"));
        let names = [0, 1, 2].map(|label| match mnli(label).label {
            Label::Class(class) => GlueTask::Mnli.labels()[class as usize],
            Label::Score(_) => "score",
        });
        assert_eq!(names, ["entailment", "neutral", "contradiction"]);
        let sts = one(GlueTask::Sts, "{\"sentence1\":\"a\",\"sentence2\":\"b\",\"label\":3.8}");
        assert_eq!(sts.label, Label::Score(3.8));
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        let refused = |task, line: &str| read(task, &format!("\n{line}\n")).unwrap_err();
        for (task, line, problem) in [
            (GlueTask::Cola, "{\"sentence\":\"a\",\"label\":-1}", "the label is -1: test files have no labels"),
            (GlueTask::Cola, "{\"sentence\":\"a\",\"label\":2}", "the label is 2; the classes of CoLA are 0 to 1"),
            (GlueTask::Cola, "{\"sentence\":\"a\",\"label\":0.5}", "the label is 0.5; the classes of CoLA are 0 to 1"),
            (GlueTask::Cola, "{\"sentence\":\"a\"}", "there is no number 'label'"),
            (
                GlueTask::Cola,
                "{\"text\":\"a\",\"label\":1}",
                "there is no text 'sentence', which examples of CoLA have",
            ),
            (GlueTask::Cola, "{\"sentence\"", "no JSON object: EOF while parsing an object"),
            (
                GlueTask::Sts,
                "{\"sentence1\":\"a\",\"sentence2\":\"b\",\"label\":-1.0}",
                "the label is -1: test files have no labels",
            ),
            (
                GlueTask::Sts,
                "{\"sentence1\":\"a\",\"sentence2\":\"b\",\"label\":6}",
                "the score is 6, not a number from 0 to 5",
            ),
        ] {
            assert_eq!(refused(task, line), (2, problem.to_owned()));
        }
    }
}
