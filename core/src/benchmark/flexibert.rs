//! FlexiBERT: encoders whose layers differ in width, fine-tuned on two tasks of GLUE.

use std::borrow::Cow::Borrowed;

use super::loader::{self, columns};
use super::sheet::{read, whole};
use super::{About, Benchmark, File, Kind, Table, Target};
use crate::Result;
use crate::rank::Direction::{Higher, Lower};

/// The columns of its table: layers; widths of the layers, heads and feed-forward widths, each summed over the layers;
/// layers with weighted multiplicative attention; weights of the layers; accuracies in percent.
pub const COLUMNS: [&str; 8] =
    ["layers", "hidden_size", "heads", "feed_forward", "weighted_attention", "weights", "sst2", "qnli"];

/// Counts that are known without any network.
const COUNTS: usize = 6;

/// The count that is taken as size.
const SIZE: &str = "weights";

const FILES: &[File<'static>] =
    &[File { name: "flexibert/encoders.csv", bytes: include_bytes!("../../../data/flexibert/encoders.csv") }];

/// The encoders by one of the two tasks.
#[derive(Debug, Clone, Copy)]
pub struct FlexiBert {
    about: &'static About,
    /// The column with its results.
    result: usize,
}

/// By the accuracy on SST-2.
pub static SST_2: FlexiBert = FlexiBert {
    about: &About {
        id: "flexibert-sst2",
        title: Borrowed("FlexiBERT, SST-2"),
        target: Target { description: Borrowed("accuracy on SST-2 in percent, higher is better"), ..TARGET },
        directions: &[
            ("layers", Higher),
            ("hidden_size", Lower),
            ("feed_forward", Lower),
            ("weighted_attention", Lower),
            (SIZE, Lower),
        ],
        ..ABOUT
    },
    result: 6,
};

/// By the accuracy on QNLI.
pub static QNLI: FlexiBert = FlexiBert {
    about: &About {
        id: "flexibert-qnli",
        title: Borrowed("FlexiBERT, QNLI"),
        target: Target { description: Borrowed("accuracy on QNLI in percent, higher is better"), ..TARGET },
        directions: &[("layers", Higher), ("heads", Higher), ("weighted_attention", Lower), (SIZE, Lower)],
        ..ABOUT
    },
    result: 7,
};

const TARGET: Target = Target {
    name: Borrowed("accuracy"),
    description: Borrowed(""),
    values: Borrowed("accuracies"),
    unit: "in percent",
    better: Higher,
};

/// What both tasks share.
const ABOUT: About = About {
    id: "",
    title: Borrowed(""),
    family: None,
    noun: "encoder",
    space: "encoders of 2 or 4 layers, each of a width of its own, with one of two kinds of attention",
    networks: "trained encoders",
    introduction: "They have 2 or 4 layers of 128 or 256 units, and count in the order of the published table.",
    target: TARGET,
    group: Borrowed("layers"),
    directions: &[],
    size: Some(SIZE),
    best: None,
    recomputed: None,
    origin: "github.com/JHA-Lab/txf_design-space",
    licence: "BSD-3-Clause",
    authors: "Tuli et al., 2023",
    citation: "Tuli et al., FlexiBERT, Journal of Artificial Intelligence Research 77, 2023",
    one_measure: true,
    ids: 818,
    curves: false,
    ablations: &[],
    flawed: &[],
    problems: &[
        "Of 818 encoders 620 have an accuracy on SST-2 and 660 one on QNLI; each was trained once, so there is no noise \
         ceiling.",
        "Larger encoders are not better here: the weights of the layers reach tau -0.21 on SST-2 and -0.05 on QNLI. The \
         two tasks order the 462 encoders that have both results with tau 0.38.",
        "No training-free scores were published. Their layers differ in width, which networks here do not, so they are not \
         scored here either: what is shown are counts.",
        "Weights are those of attention and feed-forward layers, 4 h² + 2 h f summed over the layers; what joins layers of \
         different widths is not published, and not counted.",
    ],
};

impl Benchmark for FlexiBert {
    fn about(&self) -> &'static About {
        self.about
    }

    fn files(&self) -> &'static [File<'static>] {
        FILES
    }

    fn load(&self, files: &[File<'_>]) -> Result<Table> {
        let file = File::find(files, FILES[0].name)?;
        let lines = read(file.name, &COLUMNS, file.bytes, |cells| {
            Ok((whole(cells[0])?, cells[..COUNTS].to_vec(), cells[self.result]))
        })?;
        let columns = columns(COLUMNS[..COUNTS].iter().copied(), Kind::Baseline).collect();
        Ok(loader::table(Borrowed(self.about), columns, loader::counted(lines)))
    }
}

#[cfg(test)]
mod tests {
    use super::{QNLI, SST_2};
    use crate::benchmark::Benchmark as _;
    use crate::rank::tau_b;

    /// 620 and 660 of the 818 encoders have a result, 462 both; what the problems say of them.
    #[test]
    fn larger_encoders_are_not_better() {
        let tables = [SST_2, QNLI].map(|benchmark| benchmark.table().unwrap());
        let [sst2, qnli] = &tables;
        assert_eq!([sst2.rows.len(), qnli.rows.len()], [620, 660]);
        assert_eq!(sst2.column("weights").unwrap().values[0], 393_216.0);
        assert!((sst2.results[0] - 81.422_018).abs() < 1e-6 && (qnli.results[0] - 79.132_345).abs() < 1e-6);
        let tau = |x: &[f64], y: &[f64]| format!("{:.2}", tau_b(x, y).unwrap());
        let of_weights = tables.each_ref().map(|table| tau(&table.column("weights").unwrap().values, &table.results));
        assert_eq!(of_weights, ["-0.21", "-0.05"]);
        let other = |id| qnli.rows.iter().position(|row| row.id == id).map(|at| qnli.results[at]);
        let both = sst2.rows.iter().zip(&sst2.results).filter_map(|(row, result)| Some((*result, other(row.id)?)));
        let (one, two): (Vec<f64>, Vec<f64>) = both.unzip();
        assert_eq!((one.len(), tau(&one, &two).as_str()), (462, "0.38"));
    }
}
