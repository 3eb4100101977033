//! The complete product, tested from outside: one binary, one module per subject.

#[cfg(test)]
mod browser; // the explorer, clicked through in Chromium
#[cfg(test)]
mod checkpoints; // texts and trained encoders from files
#[cfg(test)]
mod cli; // arguments, output, and how bad input is refused
#[cfg(test)]
mod cli_decoders; // spaces and published decoders
#[cfg(test)]
mod cli_encoders; // the same for encoders
#[cfg(test)]
mod combinations; // every combination of metrics, on every device
#[cfg(test)]
mod companion; // a companion to talk to
#[cfg(test)]
mod decoder_runs; // the same for decoders
#[cfg(test)]
mod decoders; // every metric of decoders against given weights and f64 values
#[cfg(test)]
mod description; // the companion's description of its calls, to validate tests against
#[cfg(test)]
mod documents; // documents that commands write, and their lengths
#[cfg(test)]
mod encoder_runs; // the benchmark of encoders: killed, continued, in shards, refused
#[cfg(test)]
mod encoders; // every metric of encoders against given weights and f64 values
#[cfg(test)]
mod golden; // every metric against given weights and f64 values
#[cfg(test)]
mod layers; // what may import what, and no circles
#[cfg(test)]
mod licences; // licences of all crates, and the notices
#[cfg(test)]
mod memory; // estimates of memory, and refusals because of it
#[cfg(test)]
mod modules; // the modules of a crate and what they import
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
mod serving; // the companion among clients that misbehave, and its policies for browsers
#[cfg(test)]
mod shards; // records of several runs, machines and devices
#[cfg(test)]
mod signals; // signals, readers that leave, full devices
#[cfg(test)]
mod skips; // what could not run is counted, and fails where it is required
#[cfg(test)]
mod standing; // the rank of a user's network in a benchmark
#[cfg(test)]
mod statistics; // correlations, messages, records and tables as other programs read them
#[cfg(test)]
mod suite; // the general zero-cost metrics against their definitions
#[cfg(test)]
mod tables; // the tables and where they come from
#[cfg(test)]
mod texts; // encodings, tokenizers, padding and names of checkpoints, through the command line
#[cfg(test)]
mod threads; // the same values on any number of threads
#[cfg(test)]
mod training; // training: killed, continued, refused; benchmarks of one's own
#[cfg(test)]
mod training_decoders; // the same for decoders
#[cfg(test)]
mod training_encoders; // and for encoders, their tasks and their files
