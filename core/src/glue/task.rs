//! The tasks and their settings.

use super::measure::Measure;
use crate::Result;
use crate::nearest;

/// A task of GLUE. WNLI, the ninth, is left out, as in the published scores.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum GlueTask {
    /// Whether a sentence is acceptable English.
    Cola,
    /// Whether a premise entails a hypothesis, contradicts it, or neither.
    Mnli,
    /// Whether two sentences say the same.
    Mrpc,
    /// Whether a sentence answers a question.
    Qnli,
    /// Whether two questions ask the same.
    Qqp,
    /// Whether a text entails a sentence.
    Rte,
    /// Whether a sentence of a review is positive.
    Sst,
    /// How similar two sentences are.
    Sts,
}

/// What is known of a task.
struct About {
    id: &'static str,
    hugging_face: &'static str,
    title: &'static str,
    labels: &'static [&'static str],
    measure: Measure,
    epochs: u32,
    is_symmetric: bool,
}

/// The labels of tasks whose files have numbers.
const NUMBERS: &[&str] = &["0", "1"];

/// The labels of tasks on entailment between two texts.
const ENTAILMENT: &[&str] = &["entailment", "not_entailment"];

impl GlueTask {
    /// Every task, in the order of the published tables.
    pub const ALL: [Self; 8] =
        [Self::Cola, Self::Mnli, Self::Mrpc, Self::Qnli, Self::Qqp, Self::Rte, Self::Sst, Self::Sts];

    /// The task of an identifier, a name at Hugging Face or a title, in any case.
    ///
    /// # Errors
    /// [`crate::Error::Unknown`] when there is none.
    pub fn find(name: &str) -> Result<Self> {
        let is_named = |task: &Self| {
            [task.id(), task.hugging_face(), task.title()].iter().any(|known| known.eq_ignore_ascii_case(name))
        };
        let found = Self::ALL.into_iter().find(is_named);
        found.ok_or_else(|| nearest::unknown("task of GLUE", name, Self::ALL.map(Self::id)))
    }

    /// Its name in the published tables and on the command line.
    pub fn id(self) -> &'static str {
        self.about().id
    }

    /// Its name, and the name of its folder, at Hugging Face.
    pub fn hugging_face(self) -> &'static str {
        self.about().hugging_face
    }

    /// Its name in texts, and the name of its folder as GLUE is distributed.
    pub fn title(self) -> &'static str {
        self.about().title
    }

    /// The names of its classes, in the order of their numbers; none where a score is predicted.
    pub fn labels(self) -> &'static [&'static str] {
        self.about().labels
    }

    /// Outputs of the head: one a class, or one for a score.
    pub fn outputs(self) -> usize {
        self.labels().len().max(1)
    }

    /// The measure that counts for the score.
    pub fn measure(self) -> Measure {
        self.about().measure
    }

    /// Published number of epochs.
    pub fn epochs(self) -> u32 {
        self.about().epochs
    }

    /// Whether the order of the two sentences means nothing; pairs are then added swapped for training.
    pub fn is_symmetric(self) -> bool {
        self.about().is_symmetric
    }

    /// Names of the file of training examples: as GLUE is distributed, and as it is often written from Hugging Face.
    pub fn train_files(self) -> &'static [&'static str] {
        match self {
            Self::Sts => &["train.tsv", "sts-train.csv", "train.jsonl"],
            _ => &["train.tsv", "train.jsonl"],
        }
    }

    /// Names of the file of examples to judge by, in the same way.
    pub fn dev_files(self) -> &'static [&'static str] {
        match self {
            Self::Mnli => &["dev_matched.tsv", "validation_matched.jsonl"],
            Self::Sts => &["dev.tsv", "sts-dev.csv", "validation.jsonl"],
            _ => &["dev.tsv", "validation.jsonl"],
        }
    }

    fn about(self) -> About {
        let (id, hugging_face, title) = match self {
            Self::Cola => ("cola", "cola", "CoLA"),
            Self::Mnli => ("mnli", "mnli", "MNLI"),
            Self::Mrpc => ("mrpc", "mrpc", "MRPC"),
            Self::Qnli => ("qnli", "qnli", "QNLI"),
            Self::Qqp => ("qqp", "qqp", "QQP"),
            Self::Rte => ("rte", "rte", "RTE"),
            Self::Sst => ("sst", "sst2", "SST-2"),
            Self::Sts => ("sts", "stsb", "STS-B"),
        };
        let (labels, measure, epochs) = match self {
            Self::Cola => (NUMBERS, Measure::Matthews, 3),
            Self::Mnli => (&["contradiction", "entailment", "neutral"][..], Measure::Accuracy, 3),
            Self::Mrpc | Self::Qqp | Self::Sst => (NUMBERS, Measure::Accuracy, 3),
            Self::Qnli => (ENTAILMENT, Measure::Accuracy, 3),
            Self::Rte => (ENTAILMENT, Measure::Accuracy, 10),
            Self::Sts => (&[][..], Measure::Pearson, 10),
        };
        About { id, hugging_face, title, labels, measure, epochs, is_symmetric: matches!(self, Self::Mrpc | Self::Sts) }
    }
}

#[cfg(test)]
mod tests {
    use super::GlueTask;

    #[test]
    fn a_task_is_found_by_any_of_its_names() {
        for task in GlueTask::ALL {
            for name in [task.id(), task.hugging_face(), task.title(), &task.title().to_uppercase()] {
                assert_eq!(GlueTask::find(name), Ok(task));
            }
        }
        assert_eq!(
            GlueTask::find("colla").unwrap_err().to_string(),
            "unknown task of GLUE 'colla'; did you mean 'cola'?"
        );
    }

    #[test]
    fn there_is_an_output_for_each_class() {
        assert_eq!(GlueTask::ALL.map(GlueTask::outputs), [2, 3, 2, 2, 2, 2, 2, 1]);
    }
}
