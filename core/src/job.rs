//! A scoring job: a network with its weights, what it reads and the metrics, validated.

use std::sync::Arc;

use crate::Result;
use crate::memory::Engine;
use crate::metric::{self, Metric};
use crate::network::{Batch, Model, encoder};
use crate::observation::{Needs, Way};
use crate::origin::Origin;
use crate::record::Subject;

/// Score one network. Nothing after this reads what was typed.
#[derive(Clone)]
pub struct Job {
    /// Name of the architecture in the records.
    pub name: String,
    /// The network.
    pub model: Model,
    /// What it reads.
    pub batch: Arc<Batch>,
    /// What is computed of it.
    pub metrics: Vec<&'static dyn Metric>,
    /// What its records say of where it comes from, beyond what is above.
    pub origin: Origin,
}

impl Job {
    /// What its metrics need together.
    pub fn needs(&self) -> Needs {
        metric::needs(&self.metrics)
    }

    /// Checks that the CPU can run it within `memory` bytes.
    ///
    /// # Errors
    /// What of it cannot be.
    pub fn check(&self, memory: usize) -> Result<()> {
        self.check_on(Engine::Kernel, memory)
    }

    /// Checks that it can be run within `memory` bytes.
    ///
    /// # Errors
    /// What of it cannot be.
    pub fn check_on(&self, engine: Engine, memory: usize) -> Result<()> {
        metric::check(&self.metrics, |needs| self.model.check(Some(&self.batch), needs, engine, memory))
    }

    /// Floating-point operations of the job, roughly.
    pub fn operations(&self) -> f64 {
        self.model.operations(&self.needs())
    }

    /// What a reader of its scores should know of where they are computed.
    pub fn remark_on(&self, engine: Engine) -> Option<String> {
        let ways: &[Way] = match self.model {
            Model::Encoder(_) => &[Way::Loss, Way::Further],
            Model::Recurrent(_) | Model::Decoder(_) => &[Way::Further],
        };
        let of_cpu = |metric: &&&'static dyn Metric| {
            let needs: Needs = metric.needs().into_iter().collect();
            engine != Engine::Kernel && !needs.of(ways).is_empty() && !needs.reads_weights_alone()
        };
        let ids: Vec<&str> = self.metrics.iter().filter(of_cpu).map(|metric| metric.about().id).collect();
        (!ids.is_empty()).then(|| format!("computed on the CPU, which alone has the passes for it: {}", ids.join(", ")))
    }

    /// What a reader of its scores should know.
    pub fn remarks(&self) -> Vec<String> {
        self.model.remarks(&self.needs())
    }

    /// What its records say of it.
    pub fn subject(&self) -> Subject {
        Subject {
            architecture: self.name.clone(),
            seed: self.model.seed(),
            metrics: self.metric_ids(),
            operations: self.operations(),
            origin: Box::new(self.origin.clone().with_model(&self.name, &self.model)),
        }
    }

    /// Identifiers of its metrics, in their order.
    pub fn metric_ids(&self) -> Vec<&'static str> {
        self.metrics.iter().map(|metric| metric.about().id).collect()
    }

    /// The same job with those of its metrics whose identifier fulfils a condition.
    #[must_use]
    pub fn with_metrics(mut self, keep: impl Fn(&str) -> bool) -> Self {
        self.metrics.retain(|metric| keep(metric.about().id));
        self
    }

    /// Whether the CPU's kernel keeps all threads busy with this job alone.
    pub fn uses_all_threads(&self) -> bool {
        self.model.uses_all_threads()
    }

    /// The encoder that is scored, where it is one.
    pub fn encoder(&self) -> Option<&encoder::Model> {
        match &self.model {
            Model::Encoder(model) => Some(model),
            Model::Recurrent(_) | Model::Decoder(_) => None,
        }
    }
}
