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
mod combinations; // every combination of metrics, on every device
#[cfg(test)]
mod companion; // a companion to talk to
#[cfg(test)]
mod description; // what the companion says of its calls, to hold tests against it
#[cfg(test)]
mod documents; // documents that commands write, and their lengths
#[cfg(test)]
mod encoders; // every metric of encoders against given weights and f64 values
#[cfg(test)]
mod golden; // every metric against given weights and f64 values
#[cfg(test)]
mod licences; // licences of all crates, and the notices
#[cfg(test)]
mod memory; // estimates of memory, and what is refused for it
#[cfg(test)]
mod nan; // NaN in, NaN out
#[cfg(test)]
mod padding; // padding is neither attended to nor counted
#[cfg(test)]
mod published; // scores against the published columns; needs the published text
#[cfg(test)]
mod ranking; // the published correlations
#[cfg(test)]
mod registry; // the lists, the documents and the budgets
#[cfg(test)]
mod runs; // torn files, file systems without locks, outputs that go away
#[cfg(test)]
mod server; // the companion: its answers, its refusals, its end
#[cfg(test)]
mod serving; // the companion among clients that misbehave, and what browsers are told
#[cfg(test)]
mod shards; // records of several runs, machines and devices
#[cfg(test)]
mod signals; // signals, readers that leave, full devices
#[cfg(test)]
mod standing; // where a network of one's own stands in a benchmark
#[cfg(test)]
mod statistics; // correlations, messages, records and tables as other programs read them
#[cfg(test)]
mod tables; // the tables and where they come from
#[cfg(test)]
mod texts; // encodings, tokenizers, padding and names of checkpoints, through the command line
