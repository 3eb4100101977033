//! Fifteen encoders in the course of training: GLUE after every 50,000 steps, with the steps marked that are flawed.

use super::glue::TASKS;
use crate::Result;
use crate::benchmark::File;
use crate::benchmark::sheet::{read, whole};
use crate::rank::tau_b;

/// The table of the training steps.
pub const TRAINING: File<'static> =
    File { name: "nas-bench-bert/training.csv", bytes: include_bytes!("../../../../data/nas-bench-bert/training.csv") };

/// Steps of the whole training.
pub const STEPS: u32 = 1_000_000;

/// An encoder after some steps of training.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    /// Published id.
    pub id: u32,
    /// Training steps.
    pub step: u32,
    /// What is wrong with the scores.
    pub flaw: Option<Flaw>,
    /// GLUE score, in percent.
    pub glue: f64,
    /// Score of each task, in the order of [`TASKS`], in percent.
    pub tasks: [f64; TASKS.len()],
}

/// What is wrong with the scores of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    /// They are those of ten times as many steps.
    Repeated,
    /// Those of ten times as many steps are added to them: they can exceed 100 percent.
    Doubled,
}

impl Flaw {
    /// The flaw of this number in the table; 0 is none.
    fn from_number(number: f64) -> Result<Option<Self>, String> {
        match whole(number)? {
            0 => Ok(None),
            1 => Ok(Some(Self::Repeated)),
            2 => Ok(Some(Self::Doubled)),
            more => Err(format!("there is no flaw {more}")),
        }
    }
}

/// Reads the training steps, encoder by encoder.
///
/// # Errors
/// [`crate::Error::Table`] with the line that cannot be read.
pub fn training(file: File<'_>) -> Result<Vec<Step>> {
    let header: Vec<&str> = ["id", "step", "flaw", "glue"].into_iter().chain(TASKS).collect();
    read(file.name, &header, file.bytes, |cells| {
        let tasks = std::array::from_fn(|task| cells[4 + task]);
        let flaw = Flaw::from_number(cells[2])?;
        Ok(Step { id: whole(cells[0])?, step: whole(cells[1])?, flaw, glue: cells[3], tasks })
    })
}

/// How well the scores after `step` steps order the encoders as those at the end do; none where they are flawed.
pub fn foretold(training: &[Step], step: u32) -> Option<f64> {
    let at = |step: u32| training.iter().filter(move |one| one.step == step);
    let (early, late): (Vec<f64>, Vec<f64>) = at(step)
        .filter(|one| one.flaw.is_none())
        .filter_map(|one| Some((one.glue, at(STEPS).find(|last| last.id == one.id)?.glue)))
        .unzip();
    tau_b(&early, &late)
}

#[cfg(test)]
mod tests {
    use super::{Flaw, STEPS, TRAINING, foretold, training};
    use crate::benchmark::File;

    /// Fifteen encoders, 21 steps; scores above 100 percent stand in steps that are marked, and nowhere else.
    #[test]
    fn doubled_steps_are_marked() {
        let all = training(TRAINING).unwrap();
        let flawed = |flaw| all.iter().filter(|step| step.flaw == flaw).count();
        assert_eq!((all.len(), flawed(Some(Flaw::Repeated)), flawed(Some(Flaw::Doubled))), (315, 20, 10));
        for step in &all {
            assert_eq!(step.glue > 100.0, step.flaw == Some(Flaw::Doubled), "{step:?}");
            assert!(step.flaw.is_none() || [50_000, 100_000].contains(&step.step), "{step:?}");
        }
    }

    #[test]
    fn flawed_steps_foretell_nothing() {
        let all = training(TRAINING).unwrap();
        assert_eq!((foretold(&all, 50_000), foretold(&all, STEPS)), (None, Some(1.0)));
        let early = foretold(&all, 150_000).unwrap();
        assert!(early > 0.0 && early < 1.0, "{early}");
    }

    #[test]
    fn an_unknown_flaw_is_told() {
        let text = "id,step,flaw,glue,cola,mnli,mrpc,qnli,qqp,rte,sst,sts\n0,0,3,1,1,1,1,1,1,1,1,1\n";
        let error = training(File { name: "t", bytes: text.as_bytes() }).unwrap_err();
        assert_eq!(error.to_string(), "table t, line 2: there is no flaw 3");
    }
}
