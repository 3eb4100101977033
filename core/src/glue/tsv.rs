//! The tab-separated files of GLUE. A quote is a character like any other: no cell is quoted, and many texts hold a
//! single one.

use super::example::{Examples, GlueExample, Label};
use super::task::GlueTask;
use crate::plain::excerpt;

/// The line, counted from 1, and what is wrong there.
type Problem = (u64, String);

/// Largest similarity of two sentences.
const MOST_SIMILAR: f64 = 5.0;

/// A column, counted from 0: from the first, or back from the last where a row may have more columns than others.
#[derive(Clone, Copy)]
enum Column {
    At(usize),
    Last(usize),
}

/// Where the columns of a file are.
#[derive(Clone, Copy)]
struct Layout {
    /// The name of the label in a header.
    name: &'static str,
    label: Column,
    first: Column,
    second: Option<Column>,
    /// Least number of columns of a row.
    width: usize,
}

/// STS-B as its authors distribute it: without header, some rows with two columns more.
const STS_BENCHMARK: Layout =
    Layout { name: "score", label: Column::At(4), first: Column::At(5), second: Some(Column::At(6)), width: 7 };

/// Reads a text without byte-order mark. Blank lines are no rows.
///
/// # Errors
/// [`Problem`]: the first line has no label where the task has it, or a label is none of the task's.
pub fn read(task: GlueTask, text: &str) -> Result<Examples, Problem> {
    let mut rows = (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty()).peekable();
    let mut examples = Examples::default();
    let Some(&(line, first)) = rows.peek() else { return Ok(examples) };
    let cells: Vec<&str> = first.split('\t').collect();
    let mut layout = layout(task, cells.len());
    match layout.label.of(&cells).map(|cell| (cell == layout.name, label(task, cell))) {
        Some((true, _)) => {
            layout.width = cells.len();
            rows.next();
        }
        Some((_, Ok(_))) => {}
        _ => return Err((line, no_label(task, layout))),
    }
    for (line, row) in rows {
        let cells: Vec<&str> = row.split('\t').collect();
        match layout.texts(&cells) {
            Some((first, second, cell)) => {
                let label = label(task, cell).map_err(|problem| (line, problem))?;
                examples.all.push(GlueExample { first, second, label });
            }
            None => examples.short.push(line),
        }
    }
    Ok(examples)
}

impl Column {
    /// Its trimmed cell.
    fn of<'a>(self, cells: &[&'a str]) -> Option<&'a str> {
        let at = match self {
            Self::At(at) => at,
            Self::Last(back) => cells.len().checked_sub(back + 1)?,
        };
        cells.get(at).map(|cell| cell.trim())
    }
}

impl Layout {
    /// The texts and the label of a row; `None` where it is too short.
    fn texts<'a>(&self, cells: &[&'a str]) -> Option<(String, Option<String>, &'a str)> {
        let text = |column: Column| column.of(cells).map(str::to_owned);
        let second = match self.second {
            Some(column) => Some(text(column)?),
            None => None,
        };
        (cells.len() >= self.width).then_some((text(self.first)?, second, self.label.of(cells)?))
    }
}

/// The layout of a file whose first line has this many columns.
fn layout(task: GlueTask, columns: usize) -> Layout {
    use Column::{At, Last};
    let (name, label, first, second, width) = match task {
        GlueTask::Cola => ("label", At(1), At(3), None, 4),
        GlueTask::Sst => ("label", At(1), At(0), None, 2),
        GlueTask::Mrpc => ("Quality", At(0), At(3), Some(At(4)), 5),
        GlueTask::Qqp => ("is_duplicate", At(5), At(3), Some(At(4)), 6),
        // The label of several annotators together comes last, after those of each.
        GlueTask::Mnli => ("gold_label", Last(0), At(8), Some(At(9)), 11),
        GlueTask::Qnli | GlueTask::Rte => ("label", At(3), At(1), Some(At(2)), 4),
        GlueTask::Sts if columns < 10 => return STS_BENCHMARK,
        GlueTask::Sts => ("score", Last(0), Last(2), Some(Last(1)), 10),
    };
    Layout { name, label, first, second, width }
}

/// What is wrong with a first line that is neither a header nor an example.
fn no_label(task: GlueTask, layout: Layout) -> String {
    let column = match layout.label {
        Column::At(at) => format!("column {}", at + 1),
        Column::Last(_) => "the last column".to_owned(),
    };
    let title = task.title();
    format!(
        "{column} is not the '{}' of {title}; examples are tab-separated, and test files have no labels",
        layout.name
    )
}

/// The label that a cell names.
fn label(task: GlueTask, cell: &str) -> Result<Label, String> {
    let names = task.labels();
    if names.is_empty() {
        return score(cell.parse().ok())
            .ok_or_else(|| format!("the score is '{}', not a number from 0 to 5", excerpt(cell)));
    }
    let class = (0..).zip(names).find(|(_, name)| **name == cell).map(|(class, _)| Label::Class(class));
    class.ok_or_else(|| format!("the label is '{}'; there are {}", excerpt(cell), names.join(", ")))
}

/// A similarity within its range.
pub(super) fn score(value: Option<f64>) -> Option<Label> {
    value.filter(|value| (0.0..=MOST_SIMILAR).contains(value)).map(Label::Score)
}

#[cfg(test)]
mod tests {
    use super::{Examples, GlueTask, Label, read};

    /// The texts and labels of a file.
    fn rows(task: GlueTask, text: &str) -> Vec<(String, Option<String>, Label)> {
        let examples = read(task, text).unwrap();
        examples.all.into_iter().map(|one| (one.first, one.second, one.label)).collect()
    }

    fn pair(first: &str, second: &str, label: Label) -> (String, Option<String>, Label) {
        (first.to_owned(), Some(second.to_owned()), label)
    }

    fn one(first: &str, class: u32) -> (String, Option<String>, Label) {
        (first.to_owned(), None, Label::Class(class))
    }

    fn refused(task: GlueTask, text: &str) -> (u64, String) {
        read(task, text).unwrap_err()
    }

    #[test]
    fn sentences() {
        let cola = "aa01\t1\t\tWe \"drank tea.\naa02\t0\t*\tThe tea drank us.";
        assert_eq!(rows(GlueTask::Cola, cola), [one("We \"drank tea.", 1), one("The tea drank us.", 0)]);
        let sst = "sentence\tlabel\r\nwarm and slow \t0\r\n\r\n\"good\t1\r\n";
        assert_eq!(rows(GlueTask::Sst, sst), [one("warm and slow", 0), one("\"good", 1)]);
    }

    #[test]
    fn pairs_with_classes() {
        let mrpc = "Quality\t#1 ID\t#2 ID\t#1 String\t#2 String\r\n1\t7\t8\tHe said \"so.\tSo he said.\r\n";
        assert_eq!(rows(GlueTask::Mrpc, mrpc), [pair("He said \"so.", "So he said.", Label::Class(1))]);
        let qnli = "index\tquestion\tsentence\tlabel\n0\tWho?\tShe.\tentailment\n1\tHow?\tHe.\tnot_entailment\n";
        let expected = [pair("Who?", "She.", Label::Class(0)), pair("How?", "He.", Label::Class(1))];
        assert_eq!(rows(GlueTask::Qnli, qnli), expected);
        // Joined and cut by others, without the header.
        let rte = "2\tIt rains.\tIt is wet.\tentailment\n7\tIt rains.\tIt is dry.\tnot_entailment\n";
        let expected =
            [pair("It rains.", "It is wet.", Label::Class(0)), pair("It rains.", "It is dry.", Label::Class(1))];
        assert_eq!(rows(GlueTask::Rte, rte), expected);
    }

    /// Training examples of MNLI have one annotator, those of its development set five.
    #[test]
    fn the_last_label_of_several_counts() {
        let row = |labels: &[&str]| format!("0\t1\t2\tc\td\te\tf\tg\tA man.\tA woman.\t{}\n", labels.join("\t"));
        let head =
            |labels: &[&str]| format!("index\tp\tq\tg\tb\tc\td\te\tsentence1\tsentence2\t{}\n", labels.join("\t"));
        let train = head(&["label1", "gold_label"]) + &row(&["neutral", "neutral"]);
        assert_eq!(rows(GlueTask::Mnli, &train), [pair("A man.", "A woman.", Label::Class(2))]);
        let dev = head(&["label1", "label2", "label3", "label4", "label5", "gold_label"])
            + &row(&["neutral", "neutral", "entailment", "neutral", "entailment", "contradiction"]);
        assert_eq!(rows(GlueTask::Mnli, &dev), [pair("A man.", "A woman.", Label::Class(0))]);
    }

    #[test]
    fn short_rows_are_counted() {
        let qqp = "id\tqid1\tqid2\tquestion1\tquestion2\tis_duplicate\n0\t1\t2\tWho?\tWhat?\t0\n1\t3\t4\tWho\n\
            are you?\tWho is that?\t1\n2\t5\t6\tWhy \"me?\tWhy?\t1\n";
        let Examples { all, short } = read(GlueTask::Qqp, qqp).unwrap();
        assert_eq!((all.len(), all[1].first.as_str(), short), (2, "Why \"me?", vec![3, 4]));
    }

    /// GLUE's own form counts from the end; that of the authors has no header, and two columns more in some rows.
    #[test]
    fn scores() {
        let expected =
            [pair("One boat.", "Another boat.", Label::Score(5.0)), pair("A \"man.", "He.", Label::Score(0.25))];
        let glue = "index\tgenre\tfilename\tyear\told_index\tsource1\tsource2\tsentence1\tsentence2\tscore\n\
            0\tm\tfile\t2012\t1\tnone\tnone\tOne boat.\tAnother boat.\t5.000\n\
            1\tm\tfile\t2012\t1\tnone\tnone\tA \"man.\tHe.\t0.25\n";
        assert_eq!(rows(GlueTask::Sts, glue), expected);
        let authors = "captions\tfile\t2012\t0001\t5.000\tOne boat.\tAnother boat.\r\n\
            forums\tfile\t2014\t7\t0.25\tA \"man.\tHe.\thttp://a\thttp://b\r\n";
        assert_eq!(rows(GlueTask::Sts, authors), expected);
    }

    #[test]
    fn what_is_no_file_of_the_task_is_refused() {
        let tail = "; examples are tab-separated, and test files have no labels";
        for (task, text, problem) in [
            (GlueTask::Cola, "index\tsentence\n0\tBill left.\n", "column 2 is not the 'label' of CoLA"),
            (GlueTask::Rte, "index\tsentence1\tsentence2\n0\ta\tb\n", "column 4 is not the 'label' of RTE"),
            (GlueTask::Mrpc, "index\t#1 ID\t#2 ID\ta\tb\n", "column 1 is not the 'Quality' of MRPC"),
            (GlueTask::Mnli, "a,b,c\n", "the last column is not the 'gold_label' of MNLI"),
            (GlueTask::Sts, "a\tb\tc\td\te\tf\tg\th\ti\n", "column 5 is not the 'score' of STS-B"),
        ] {
            assert_eq!(refused(task, text), (1, format!("{problem}{tail}")));
        }
        let wrong = refused(GlueTask::Rte, "1\ta\tb\tentailment\n\n2\ta\tb\tneutral\n");
        assert_eq!(wrong, (3, "the label is 'neutral'; there are entailment, not_entailment".to_owned()));
        let wrong = refused(GlueTask::Sts, "a\tb\tc\td\t5\tf\tg\na\tb\tc\td\t5.1\tf\tg\n");
        assert_eq!(wrong, (2, "the score is '5.1', not a number from 0 to 5".to_owned()));
    }
}
