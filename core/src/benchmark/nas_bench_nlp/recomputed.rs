//! Hidden covariance of layer 1 of every cell, recomputed with this program from nothing but the published ids.

use super::super::records::{self, Score};
use super::super::{File, NasBenchNlp};
use crate::Result;

/// What was read when the scores were recomputed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recomputed {
    /// The test text of Penn Treebank, as published.
    PennTreebank,
    /// Text made up from seed 0.
    Synthetic,
}

impl Recomputed {
    /// Both.
    pub const ALL: [Self; 2] = [Self::PennTreebank, Self::Synthetic];

    const fn file(self) -> File<'static> {
        match self {
            Self::PennTreebank => File {
                name: "nas-bench-nlp/recomputed_penn_treebank.csv",
                bytes: include_bytes!("../../../../data/nas-bench-nlp/recomputed_penn_treebank.csv"),
            },
            Self::Synthetic => File {
                name: "nas-bench-nlp/recomputed_synthetic.csv",
                bytes: include_bytes!("../../../../data/nas-bench-nlp/recomputed_synthetic.csv"),
            },
        }
    }
}

/// The recomputed scores, one per distinct cell.
///
/// # Errors
/// [`Error::Records`](crate::Error::Records) with the line that cannot be read.
pub fn recomputed(which: Recomputed) -> Result<Vec<Score>> {
    let file = which.file();
    records::read(file.name, &String::from_utf8_lossy(file.bytes), &NasBenchNlp)
}

#[cfg(test)]
mod tests {
    use super::super::super::{Benchmark as _, NasBenchNlp};
    use super::super::RECOMPUTED_METRIC;
    use super::{Recomputed, recomputed};
    use crate::benchmark::records::join;

    /// Recomputed on the published text, the scores are the published ones: the median deviation is that of f32 sums.
    #[test]
    fn the_published_scores_are_met() {
        let table = NasBenchNlp.table().unwrap().scored();
        let deviation = |which| {
            let joined = join(&table, &recomputed(which).unwrap()).table;
            assert_eq!(joined.rows, table.rows);
            let (ours, published) =
                (&joined.column(RECOMPUTED_METRIC).unwrap().values, &table.column(RECOMPUTED_METRIC).unwrap().values);
            let mut all: Vec<f64> = ours.iter().zip(published).map(|(a, b)| ((a - b) / b).abs()).collect();
            all.sort_by(f64::total_cmp);
            all[all.len() / 2]
        };
        assert!(deviation(Recomputed::PennTreebank) < 1e-5);
        assert!(deviation(Recomputed::Synthetic) > 1e-3);
    }
}
