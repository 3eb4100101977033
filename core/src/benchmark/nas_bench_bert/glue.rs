//! What the encoders reached on GLUE, task by task.

use super::super::sheet::{read, whole};
use super::{FILES, File, TASKS, TRAINED, trained_header};
use crate::Result;

/// An encoder on GLUE.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Glue {
    /// Which encoder.
    pub id: u32,
    /// Mean of the tasks, in percent.
    pub score: f64,
    /// Each of [`TASKS`], in percent.
    pub tasks: [f64; TASKS.len()],
    /// How long its training took, in seconds.
    pub seconds: f64,
}

/// Every encoder on GLUE.
///
/// # Errors
/// [`Error::Table`](crate::Error::Table) with the line that cannot be read.
pub fn glue() -> Result<Vec<Glue>> {
    let file = File::find(FILES, TRAINED)?;
    read(file.name, &trained_header(), file.bytes, |cells| {
        let mut tasks = [0.0; TASKS.len()];
        tasks.copy_from_slice(&cells[2..2 + TASKS.len()]);
        Ok(Glue { id: whole(cells[0])?, score: cells[1], tasks, seconds: cells[2 + TASKS.len()] })
    })
}

#[cfg(test)]
mod tests {
    use super::glue;

    /// The score of every encoder is the mean of its tasks, to the digits they were published with.
    #[test]
    fn the_score_is_the_mean_of_the_tasks() {
        let all = glue().unwrap();
        assert_eq!((all.len(), all[0].id, all[0].tasks[0]), (500, 0, 42.69));
        for one in all {
            let mean = one.tasks.iter().sum::<f64>() / one.tasks.len() as f64;
            assert!((mean - one.score).abs() < 1e-9 && one.seconds > 0.0, "encoder {}", one.id);
        }
    }
}
