//! Training on WikiText-2: 344 networks, losses after every epoch. They say what a little training is worth, and
//! whether the order of the networks carries over from one text to another.

use std::collections::BTreeMap;

use super::place;
use crate::Result;
use crate::benchmark::sheet::{read, whole};
use crate::benchmark::{File, Table};
use crate::rank::tau_b;

/// The table of the training curves.
pub const CURVES: File<'static> =
    File { name: "nas-bench-nlp/wikitext2.csv", bytes: include_bytes!("../../../../data/nas-bench-nlp/wikitext2.csv") };

/// The training of one network. Losses in nats per token, one per epoch; a run that diverged ends in NaN.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Curve {
    /// Published id.
    pub id: u32,
    /// Id of the first run of the same network.
    pub network: u32,
    /// Training loss.
    pub train: Vec<f64>,
    /// Validation loss.
    pub validation: Vec<f64>,
    /// Test loss.
    pub test: Vec<f64>,
}

/// A tau-b and the number of pairs of losses it was taken of.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Agreement {
    /// How many pairs of losses.
    pub pairs: usize,
    /// Their tau-b.
    pub tau: Option<f64>,
}

/// Reads the training curves, in the order of their ids.
///
/// # Errors
/// [`Error::Table`](crate::Error::Table) with the line that cannot be read.
pub fn curves(file: File<'_>) -> Result<Vec<Curve>> {
    let epochs = read(file.name, &["id", "epoch", "train", "validation", "test"], file.bytes, |cells| {
        let id = whole(cells[0])?;
        Ok((id, place(id)?.network, [cells[2], cells[3], cells[4]]))
    })?;
    let mut curves: BTreeMap<u32, Curve> = BTreeMap::new();
    for (id, network, [train, validation, test]) in epochs {
        let curve = curves.entry(id).or_insert_with(|| Curve { id, network, ..Curve::default() });
        curve.train.push(train);
        curve.validation.push(validation);
        curve.test.push(test);
    }
    Ok(curves.into_values().collect())
}

/// What one epoch of training is worth: validation loss after the first epoch against test loss after the last, over
/// the runs that did not diverge.
pub fn first_epoch(curves: &[Curve]) -> Agreement {
    let ends = curves.iter().filter_map(|curve| Some((*curve.validation.first()?, *curve.test.last()?)));
    agree(ends)
}

/// Whether the two texts order the networks alike: test loss on WikiText-2 against the loss in `table`, both averaged
/// over the runs of a network, over the networks that have both.
pub fn between_texts(curves: &[Curve], table: &Table) -> Agreement {
    let finals = curves.iter().filter_map(|curve| Some((curve.network, *curve.test.last()?)));
    let one = means(finals.filter(|(_, loss)| loss.is_finite()));
    let other = means(table.rows.iter().map(|row| row.network).zip(table.results.iter().copied()));
    agree(one.iter().filter_map(|(network, loss)| Some((*loss, *other.get(network)?))))
}

fn agree(pairs: impl Iterator<Item = (f64, f64)>) -> Agreement {
    let (one, other): (Vec<f64>, Vec<f64>) = pairs.filter(|(a, b)| a.is_finite() && b.is_finite()).unzip();
    Agreement { pairs: one.len(), tau: tau_b(&one, &other) }
}

fn means(losses: impl Iterator<Item = (u32, f64)>) -> BTreeMap<u32, f64> {
    let mut sums: BTreeMap<u32, (f64, f64)> = BTreeMap::new();
    for (network, loss) in losses {
        let (sum, count) = sums.entry(network).or_default();
        *sum += loss;
        *count += 1.0;
    }
    sums.into_iter().map(|(network, (sum, count))| (network, sum / count)).collect()
}

#[cfg(test)]
mod tests {
    use super::{CURVES, curves, first_epoch};
    use crate::benchmark::File;

    #[test]
    fn the_curves_have_their_published_size() {
        let all = curves(CURVES).unwrap();
        assert_eq!(all.len(), 344);
        assert_eq!(all.iter().filter(|curve| curve.test.len() == 50).count(), 340);
        assert_eq!(all.iter().filter(|curve| curve.test.last().is_some_and(|loss| loss.is_nan())).count(), 4);
    }

    /// Two runs in the same order after one epoch and after two, and one that diverged.
    #[test]
    fn diverged_runs_are_left_out() {
        let text =
            b"id,epoch,train,validation,test\n3,1,9,5,6\n3,2,8,4,3\n4,1,9,6,7\n4,2,8,5,4\n5,1,9,1,1\n5,2,nan,nan,nan\n";
        let found = first_epoch(&curves(File { name: "t", bytes: text }).unwrap());
        assert_eq!((found.pairs, found.tau), (2, Some(1.0)));
    }
}
