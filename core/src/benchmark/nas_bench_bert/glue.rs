//! What the encoders reached on GLUE, task by task, and how long their training took.

use super::files::{ENCODERS, FILES, TRAINED};
use crate::Result;
use crate::benchmark::File;
use crate::benchmark::sheet::{self, whole};

/// The tasks of GLUE whose mean is the score.
pub const TASKS: [&str; 8] = ["cola", "mnli", "mrpc", "qnli", "qqp", "rte", "sst", "sts"];

/// An encoder on GLUE.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Glue {
    /// Published id.
    pub id: u32,
    /// Mean of the tasks, in percent.
    pub score: f64,
    /// Score of each task, in the order of [`TASKS`], in percent.
    pub tasks: [f64; TASKS.len()],
    /// Training time in seconds.
    pub seconds: f64,
}

/// Every encoder on GLUE, in the order of their ids.
///
/// # Errors
/// [`crate::Error::Table`] with the line that cannot be read.
pub fn glue() -> Result<Vec<Glue>> {
    read(File::find(FILES, TRAINED)?, ENCODERS as usize)
}

/// The same from the bytes of their table, which knows the first `encoders` ids.
///
/// # Errors
/// [`crate::Error::Table`] with the line that cannot be read.
pub(super) fn read(file: File<'_>, encoders: usize) -> Result<Vec<Glue>> {
    let header: Vec<&str> = ["id", "glue"].into_iter().chain(TASKS).chain(["seconds"]).collect();
    sheet::read(file.name, &header, file.bytes, |cells| {
        let id = whole(cells[0])?;
        if id as usize >= encoders {
            return Err(format!("there is no encoder {id}"));
        }
        let tasks = std::array::from_fn(|task| cells[2 + task]);
        Ok(Glue { id, score: cells[1], tasks, seconds: cells[2 + TASKS.len()] })
    })
}

#[cfg(test)]
mod tests {
    use super::{TASKS, glue, read};
    use crate::benchmark::File;

    /// The GLUE score is the mean of its tasks, as published: within one unit of its last digit.
    #[test]
    fn glue_is_the_mean_of_the_tasks() {
        let all = glue().unwrap();
        assert_eq!((all.len(), all[0].tasks[0], all[0].seconds.round()), (500, 42.69, 3_400.0));
        let off = all.iter().find(|one| (one.score - one.tasks.iter().sum::<f64>() / TASKS.len() as f64).abs() > 1e-9);
        assert_eq!(off, None);
    }

    #[test]
    fn an_encoder_that_was_never_drawn_is_told() {
        let text = format!("id,glue,{},seconds\n7,1,1,1,1,1,1,1,1,1,1\n", TASKS.join(","));
        let error = read(File { name: "t", bytes: text.as_bytes() }, 7).unwrap_err();
        assert_eq!(error.to_string(), "table t, line 2: there is no encoder 7");
    }
}
