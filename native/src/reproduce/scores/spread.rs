//! A part of many networks.

/// `limit` of the rows, spread evenly.
pub fn spread(rows: &[usize], limit: Option<usize>) -> Vec<usize> {
    let count = limit.unwrap_or(rows.len()).min(rows.len());
    (0..count).map(|at| rows[at * rows.len() / count]).collect()
}
