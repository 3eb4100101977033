//! Labelled texts of a task.

/// What is to be predicted of an example.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Label {
    /// The number of a class, in the order of [`super::GlueTask::labels`].
    Class(u32),
    /// A similarity from 0 to 5; a network is trained to predict a fifth of it.
    Score(f64),
}

/// A sentence or two with their label.
#[derive(Debug, Clone, PartialEq)]
pub struct GlueExample {
    /// The sentence, or the first of two.
    pub first: String,
    /// The second sentence of a task of pairs.
    pub second: Option<String>,
    /// What is to be predicted.
    pub label: Label,
}

/// The examples of a file.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Examples {
    /// All examples, in the order of the file.
    pub all: Vec<GlueExample>,
    /// The lines, counted from 1, of rows with too few columns, which are skipped.
    pub short: Vec<u64>,
}

impl Examples {
    /// One sentence on the rows that are skipped; none where all are read.
    pub fn note(&self, file: &str) -> Option<String> {
        let rows = match self.short.len() {
            1 => "1 row has".to_owned(),
            count => format!("{count} rows have"),
        };
        let first = self.short.first()?;
        Some(format!("{file}: {rows} too few columns and cannot be used, the first in line {first}."))
    }
}

#[cfg(test)]
mod tests {
    use super::Examples;

    #[test]
    fn a_note_counts_the_rows() {
        let note = |short: &[u64]| Examples { all: Vec::new(), short: short.to_vec() }.note("train.tsv");
        assert_eq!(note(&[]), None);
        let one = "train.tsv: 1 row has too few columns and cannot be used, the first in line 4.";
        assert_eq!(note(&[4]).as_deref(), Some(one));
        let two = "train.tsv: 2 rows have too few columns and cannot be used, the first in line 4.";
        assert_eq!(note(&[4, 7]).as_deref(), Some(two));
    }
}
