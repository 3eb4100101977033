//! Embeddings of words: factor · P row, with P where the cluster has one.

use super::words::{Cluster, Rows, WordTables};
use crate::Result;
use crate::network::matmul::{matrix, matrix_mut, multiply, multiply_add};
use crate::network::transformer::Weights;

impl WordTables<'_> {
    /// The embeddings of ids `[T]`: [T, H].
    pub fn embed(&self, tokens: &[u32]) -> Vec<f32> {
        let mut out = vec![0.0; tokens.len() * self.width];
        for cluster in &self.clusters {
            let places = cluster.places(tokens);
            let rows = cluster.rows(tokens, &places);
            let mapped = cluster.input.as_ref().map(|input| self.mapped(&rows, input, cluster.embedding));
            let values = mapped.as_ref().unwrap_or(&rows).chunks(self.width);
            for (place, values) in places.iter().zip(values) {
                let to = &mut out[place * self.width..][..self.width];
                to.iter_mut().zip(values).for_each(|(to, value)| *to = self.factor * value);
            }
        }
        out
    }

    /// rows [n, E] · Pᵀ: [n, H].
    fn mapped(&self, rows: &[f32], input: &Rows, embedding: usize) -> Vec<f32> {
        let mut out = vec![0.0; rows.len() / embedding * self.width];
        let input = matrix(input.values, embedding).transpose();
        multiply(matrix_mut(&mut out, self.width), matrix(rows, embedding), input, 1.0);
        out
    }

    /// Adds the gradients of tables and projections, from that of the embeddings, [T, H].
    ///
    /// # Errors
    /// [`crate::Error::Weights`] where `gradients` lacks one.
    pub fn embed_backward(&self, tokens: &[u32], upstream: &[f32], gradients: &mut Weights) -> Result<()> {
        for cluster in &self.clusters {
            let (places, width) = (cluster.places(tokens), self.width);
            let of_place = |place: &usize| upstream[place * width..][..width].iter().map(|value| self.factor * value);
            let mut of_rows: Vec<f32> = places.iter().flat_map(of_place).collect();
            if let Some(input) = &cluster.input {
                let rows = cluster.rows(tokens, &places);
                let (of_mapped, rows) = (matrix(&of_rows, width), matrix(&rows, cluster.embedding));
                let target = matrix_mut(input.of(gradients)?, cluster.embedding);
                multiply_add(target, of_mapped.transpose(), rows);
                let mut back = vec![0.0; places.len() * cluster.embedding];
                let input = matrix(input.values, cluster.embedding);
                multiply(matrix_mut(&mut back, cluster.embedding), of_mapped, input, 1.0);
                of_rows = back;
            }
            let target = cluster.table.of(gradients)?;
            for (place, values) in places.iter().zip(of_rows.chunks(cluster.embedding)) {
                let row = &mut target[cluster.row(tokens[*place]) * cluster.embedding..][..cluster.embedding];
                row.iter_mut().zip(values).for_each(|(sum, value)| *sum += value);
            }
        }
        Ok(())
    }
}

impl Cluster<'_> {
    /// Where its words are among ids.
    pub fn places(&self, tokens: &[u32]) -> Vec<usize> {
        (0..tokens.len()).filter(|&place| self.words.contains(&(tokens[place] as usize))).collect()
    }

    /// The row of a word of its own.
    pub fn row(&self, word: u32) -> usize {
        word as usize - self.words.start
    }

    /// The rows of the words at these places, [n, E].
    fn rows(&self, tokens: &[u32], places: &[usize]) -> Vec<f32> {
        let row = |place: &usize| &self.table.values[self.row(tokens[*place]) * self.embedding..][..self.embedding];
        places.iter().flat_map(row).copied().collect()
    }
}

impl Rows<'_> {
    /// The same rows of a gradient.
    ///
    /// # Errors
    /// [`crate::Error::Weights`] where it is missing.
    pub fn of<'b>(&self, gradients: &'b mut Weights) -> Result<&'b mut [f32]> {
        Ok(&mut gradients.get_mut(&self.name)?.values[self.first..][..self.values.len()])
    }
}
