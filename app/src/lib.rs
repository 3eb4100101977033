//! What page and worker share: the questions a page asks, and the answers. No browser is needed for it, so that tests
//! ask the same questions natively.

pub mod answer;
pub mod devices;
pub mod failure;
pub mod message;
pub mod serve;
