//! The table of words and the head that predicts them.

use std::iter;
use std::ops::Range;

use serde::{Deserialize, Serialize};

/// The table of words and the head.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Words {
    /// One table [V, H], and a head over all words.
    Whole {
        /// Whether the head multiplies with the table; else it has a matrix of its own.
        tied: bool,
        /// Whether the head has a bias.
        bias: bool,
    },
    /// Rare words have narrower embeddings (Baevski and Auli, 2019), and are predicted through their cluster (Grave et
    /// al., 2017).
    Adaptive(Adaptive),
}

/// Words in clusters, the frequent ones first.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Adaptive {
    /// E: width of the embeddings of the first cluster.
    pub embedding: usize,
    /// The first word of every cluster but the first.
    pub cutoffs: Vec<usize>,
    /// What the width is divided by from one cluster to the next; with 1 all clusters share one table.
    pub division: usize,
    /// Per cluster: whether the head's map to the width of the embeddings is that of the input.
    pub tied_projections: Vec<bool>,
}

impl Adaptive {
    /// Number of clusters.
    pub fn clusters(&self) -> usize {
        self.cutoffs.len() + 1
    }

    /// The words of every cluster, of `vocabulary` together.
    pub fn ranges(&self, vocabulary: usize) -> Vec<Range<usize>> {
        let firsts = iter::once(&0).chain(&self.cutoffs);
        firsts.zip(self.cutoffs.iter().chain([&vocabulary])).map(|(&first, &end)| first..end).collect()
    }

    /// The words of every table: of every cluster, or of the one that they share.
    pub fn tables(&self, vocabulary: usize) -> Vec<Range<usize>> {
        if self.shares_table() { iter::once(0..vocabulary).collect() } else { self.ranges(vocabulary) }
    }

    /// Width of the embeddings of a cluster.
    pub fn width(&self, cluster: usize) -> usize {
        let divisor = self.division.checked_pow(cluster as u32).unwrap_or(usize::MAX);
        self.embedding / divisor
    }

    /// Whether embeddings are mapped to the width of the layers.
    pub fn projects(&self, width: usize) -> bool {
        self.division > 1 || self.embedding != width
    }

    /// Whether all clusters are rows of one table.
    pub fn shares_table(&self) -> bool {
        self.division == 1
    }
}

#[cfg(test)]
mod tests {
    use super::Adaptive;

    #[test]
    fn clusters_have_their_words_and_widths() {
        let adaptive =
            Adaptive { embedding: 32, cutoffs: vec![20, 40], division: 4, tied_projections: vec![false, true, true] };
        assert_eq!(adaptive.ranges(60), [0..20, 20..40, 40..60]);
        assert_eq!([0, 1, 2, 3, 99].map(|cluster| adaptive.width(cluster)), [32, 8, 2, 0, 0]);
    }
}
