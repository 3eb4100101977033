//! What page and worker share, and what a page does without a browser: queries and answers, and the numbers and
//! commands that a page reads and writes. It needs no browser and is tested natively.

pub mod answer;
pub mod command;
pub mod devices;
pub mod failure;
pub mod message;
pub mod own;
pub mod parse;
pub mod serve;
pub mod training;
