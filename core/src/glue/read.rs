//! Reading a file of examples in whichever form it is.

use super::example::Examples;
use super::task::GlueTask;
use super::{jsonl, tsv};
use crate::text::without_mark;
use crate::{Error, Result};

/// The examples of a file called `file`, with their labels: tab-separated, as GLUE is distributed, or JSON Lines, one
/// object a line, as it is written from Hugging Face.
///
/// # Errors
/// [`Error::Table`] with the line: columns or fields that are not those of the task, a label that is none of its
/// labels or, in a test file, missing; or no example at all.
pub fn read(task: GlueTask, file: &str, text: &str) -> Result<Examples> {
    let wrong = |(line, problem)| Error::Table { table: file.to_owned(), line, problem };
    let text = without_mark(text);
    let examples = match text.trim_start().chars().next() {
        Some('{') => jsonl::read(task, text),
        Some('[') => Err((1, "this is a JSON array; one object a line is read".to_owned())),
        _ => tsv::read(task, text),
    };
    examples.map_err(wrong).and_then(|examples| match examples.all.len() {
        0 => Err(wrong((1, format!("there is no example of {}", task.title())))),
        _ => Ok(examples),
    })
}

#[cfg(test)]
mod tests {
    use super::{GlueTask, read};

    #[test]
    fn the_form_is_recognised() {
        let tabs = read(GlueTask::Sst, "dev.tsv", "\u{feff}sentence\tlabel\r\ngood \t1\r\n").unwrap();
        let json = read(GlueTask::Sst, "dev.jsonl", "\u{feff}{\"sentence\": \"good\", \"label\": 1}\n").unwrap();
        assert_eq!(tabs, json);
    }

    #[test]
    fn files_without_examples_are_refused() {
        let refused = |text: &str| read(GlueTask::Sst, "dev.tsv", text).unwrap_err().to_string();
        assert_eq!(refused(""), "table dev.tsv, line 1: there is no example of SST-2");
        assert_eq!(refused("sentence\tlabel\n"), "table dev.tsv, line 1: there is no example of SST-2");
        assert_eq!(refused("[{}]"), "table dev.tsv, line 1: this is a JSON array; one object a line is read");
    }
}
