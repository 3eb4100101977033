//! NaN in given weights. Comparisons lose NaN, and GPU arithmetic may, too, so the weights that a batch reads are
//! searched before the network runs, and the observation is searched after it.

use std::fmt;

/// The first NaN weight.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NanWeight {
    /// The tensor's name in PyTorch.
    pub tensor: String,
    /// Its row and column; the column alone of a vector.
    pub index: Vec<usize>,
}

impl NanWeight {
    /// The first NaN of a vector.
    pub fn in_vector(tensor: &str, values: &[f32]) -> Option<Self> {
        let column = values.iter().position(|value| value.is_nan())?;
        Some(Self { tensor: tensor.to_owned(), index: vec![column] })
    }

    /// The first NaN in these rows of a matrix of `width` columns.
    pub fn in_rows(tensor: &str, values: &[f32], width: usize, rows: impl IntoIterator<Item = usize>) -> Option<Self> {
        rows.into_iter().find_map(|row| {
            let column = values[row * width..][..width].iter().position(|value| value.is_nan())?;
            Some(Self { tensor: tensor.to_owned(), index: vec![row, column] })
        })
    }
}

impl fmt::Display for NanWeight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the weight {} is NaN at {:?}", self.tensor, self.index)
    }
}

#[cfg(test)]
mod tests {
    use super::NanWeight;

    /// Rows (1, 2), (NaN, 3), (4, NaN): of rows 2 and 0 the first NaN is at [2, 1].
    #[test]
    fn only_the_rows_that_are_read_count() {
        let values = [1.0, 2.0, f32::NAN, 3.0, 4.0, f32::NAN];
        let found = NanWeight::in_rows("encoder.weight", &values, 2, [2, 0]).unwrap();
        assert_eq!(found.to_string(), "the weight encoder.weight is NaN at [2, 1]");
        assert_eq!(NanWeight::in_rows("encoder.weight", &values, 2, [0]), None);
        assert_eq!(NanWeight::in_vector("bias", &values).unwrap().index, [2]);
    }
}
