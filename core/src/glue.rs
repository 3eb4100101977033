//! GLUE (Wang et al. 2018): eight tasks on which an encoder is trained further and judged. Their files, examples,
//! order and measures, with the settings of the published encoders, which are ELECTRA's (Clark et al. 2020).

mod example;
mod jsonl;
mod measure;
mod order;
mod read;
mod task;
mod tsv;

pub use example::{Examples, GlueExample, Label};
pub use measure::{Measure, accuracy, f1, matthews};
pub use order::{Order, steps, with_swapped};
pub use read::read;
pub use task::GlueTask;
