//! What page and worker share, and what a page does without a browser: the questions a page asks and the answers, the
//! numbers and commands it reads and writes. No browser is needed for it, so that it is tested natively.

pub mod answer;
pub mod command;
pub mod devices;
pub mod failure;
pub mod message;
pub mod own;
pub mod serve;
pub mod whole;
