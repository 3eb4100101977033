//! Which jobs there are, and which of them are still to be run.

use std::str::FromStr;

use untrained_core::device::Device;
use untrained_core::job::Job;
use untrained_core::memory::Engine;

use super::Settings;
use crate::outcome::Usage;

/// Jobs that differ in their architecture alone, in a fixed order.
pub struct Plan {
    /// The jobs, each with all metrics.
    jobs: Vec<Job>,
    /// What decides the values of all jobs but for the device: that of the first.
    first: Job,
    /// What a reader of the scores should know of them, one sentence each.
    pub remarks: Vec<String>,
    /// Digest of all recipes, where the names do not say which architectures they are.
    recipes: Option<String>,
}

/// Every N-th job, from the I-th on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    /// I, counted from 1.
    part: usize,
    /// N.
    parts: usize,
}

impl FromStr for Shard {
    type Err = Usage;

    fn from_str(text: &str) -> Result<Self, Usage> {
        let parsed = text.split_once('/').and_then(|(part, parts)| Some((part.parse().ok()?, parts.parse().ok()?)));
        match parsed {
            Some((part, parts)) if (1..=parts).contains(&part) => Ok(Self { part, parts }),
            _ => Err(Usage(format!("'{text}' is no shard; write 1/4 for the first of four"))),
        }
    }
}

impl Shard {
    /// Its part of all jobs, of which only the first `limit`.
    pub fn of<T>(self, all: &[T], limit: Option<usize>) -> impl Iterator<Item = &T> {
        all.iter().skip(self.part - 1).step_by(self.parts).take(limit.unwrap_or(usize::MAX))
    }
}

impl Plan {
    /// A plan of these jobs.
    ///
    /// # Errors
    /// That there is none.
    pub fn new(jobs: Vec<Job>, remarks: Vec<String>) -> Result<Self, Usage> {
        let first = jobs.first().cloned().ok_or_else(|| Usage("there is nothing to score".to_owned()))?;
        Ok(Self { jobs, first, remarks, recipes: None })
    }

    /// The same of recipes with this digest, where their names do not say which they are.
    #[must_use]
    pub fn with_recipes(self, digest: Option<String>) -> Self {
        Self { recipes: digest, ..self }
    }

    /// Floating-point operations of all jobs, roughly.
    pub fn operations(&self) -> f64 {
        self.jobs.iter().map(Job::operations).sum()
    }

    /// Whether several jobs are run at a time: where one alone does not use all threads.
    pub fn side_by_side(&self, engine: Engine) -> bool {
        engine == Engine::Kernel && !self.jobs.iter().any(Job::uses_all_threads)
    }

    /// Checks that every job, and as many as are run at a time, can be run within `memory` bytes.
    ///
    /// # Errors
    /// [`untrained_core::Error`] naming what cannot be.
    pub fn check_on(&self, engine: Engine, memory: usize) -> untrained_core::Result<()> {
        let at_a_time = if self.side_by_side(engine) { rayon::current_num_threads() } else { 1 };
        self.jobs.iter().try_for_each(|job| job.check_on(engine, memory / at_a_time))
    }

    /// What decides the values of all jobs.
    pub fn settings(&self, device: &Device) -> Settings {
        let settings = Settings::of(&self.first, device);
        match &self.recipes {
            Some(digest) => settings.with("recipes", digest.clone()),
            None => settings,
        }
    }

    /// What is missing of the first `limit` jobs of a shard: each with those metrics whose records are not `held`, by
    /// architecture and metric.
    pub fn missing(&self, shard: Shard, limit: Option<usize>, held: impl Fn(&str, &str) -> bool) -> Vec<Job> {
        let missing =
            shard.of(&self.jobs, limit).map(|job| job.clone().with_metrics(|metric| !held(&job.name, metric)));
        missing.filter(|job| !job.metrics.is_empty()).collect()
    }
}

#[cfg(test)]
mod tests {
    use untrained_core::job::Job;
    use untrained_core::memory::Engine;
    use untrained_core::task::Task;

    use super::{Plan, Shard};

    fn job(json: &str) -> Job {
        serde_json::from_str::<Task>(json).unwrap().job(usize::MAX).unwrap()
    }

    /// Cells 0 to 9, whose depth and nodes are counted.
    fn plan() -> Plan {
        let cell = |id: u32| {
            job(&format!(
                r#"{{"space": "recurrent", "name": "{id}", "metrics": ["depth", "nodes"],
                "recipe": {{"h_new_0": {{"op": "linear", "input": ["x", "h_prev_0"]}}}},
                "sizes": {{"vocabulary": 9, "embedding": 2, "hidden": 2, "layers": 1, "batch": 2, "steps": 2}}}}"#
            ))
        };
        Plan::new((0..10).map(cell).collect(), Vec::new()).unwrap()
    }

    fn names(jobs: &[Job]) -> Vec<&str> {
        jobs.iter().map(|job| job.name.as_str()).collect()
    }

    #[test]
    fn every_job_is_in_one_shard() {
        let (plan, shard) = (plan(), |text: &str| text.parse::<Shard>().unwrap());
        let missing = |text: &str, limit| plan.missing(shard(text), limit, |_, _| false);
        assert_eq!(names(&missing("1/3", None)), ["0", "3", "6", "9"]);
        assert_eq!(names(&missing("2/3", None)), ["1", "4", "7"]);
        assert_eq!(names(&missing("3/3", Some(2))), ["2", "5"]);
        assert_eq!(missing("1/1", Some(99)).len(), 10);
        assert!(missing("11/11", None).is_empty());
        for text in ["0/3", "4/3", "1", "1/", "/", "a/b", "-1/2", "1/0"] {
            let said = text.parse::<Shard>().unwrap_err().to_string();
            assert_eq!(said, format!("'{text}' is no shard; write 1/4 for the first of four"));
        }
    }

    #[test]
    fn what_is_held_is_not_run_again_and_uses_up_the_limit() {
        let held = |architecture: &str, metric: &str| architecture == "0" || (architecture, metric) == ("1", "depth");
        let missing = plan().missing("1/1".parse().unwrap(), Some(3), held);
        assert_eq!(names(&missing), ["1", "2"]);
        assert_eq!(missing[0].metric_ids(), ["nodes"]);
        assert_eq!(missing[1].metrics.len(), 2);
    }

    #[test]
    fn small_cells_are_run_side_by_side_and_encoders_one_after_another() {
        let encoder = untrained_core::space::encoder::Sampler::new(0).next().unwrap();
        let encoder = job(&format!(
            r#"{{"space": "transformer", "configuration": {},
            "sizes": {{"vocabulary": 9, "embedding": 2, "batch": 1, "sequence": 4}}}}"#,
            serde_json::to_string(&encoder).unwrap()
        ));
        let encoders = Plan::new(vec![encoder], Vec::new()).unwrap();
        assert!(plan().side_by_side(Engine::Kernel) && !plan().side_by_side(Engine::GPU));
        assert!(!encoders.side_by_side(Engine::Kernel));
        assert!(encoders.check_on(Engine::Kernel, usize::MAX).is_ok());
        let said = encoders.check_on(Engine::Kernel, 1 << 20).unwrap_err().to_string();
        assert!(said.contains("more memory than there is"), "{said}");
    }

    #[test]
    fn a_plan_of_nothing_is_refused() {
        assert!(Plan::new(Vec::new(), Vec::new()).is_err());
    }
}
