//! The whole product, tested from outside: one binary, one module a subject.

#[cfg(test)]
mod browser; // the explorer, clicked through in Chromium
#[cfg(test)]
mod checkpoints; // texts and trained encoders from files
#[cfg(test)]
mod cli; // what is typed, what comes out, what bad input gets
#[cfg(test)]
mod cli_encoders; // the same for encoders
#[cfg(test)]
mod companion; // a companion to talk to
#[cfg(test)]
mod encoders; // every metric of encoders against given weights and f64 values
#[cfg(test)]
mod golden; // every metric against given weights and f64 values
#[cfg(test)]
mod published; // scores against the published columns; needs the published text
#[cfg(test)]
mod ranking; // the published correlations
#[cfg(test)]
mod registry; // the lists, the documents and the budgets
#[cfg(test)]
mod server; // the companion: its answers, its refusals, its end
#[cfg(test)]
mod standing; // where a network of one's own stands in a benchmark
#[cfg(test)]
mod tables; // the tables and where they come from
