//! Scores one network of any family.

pub mod decoder;
pub mod encoder;
mod further;
pub mod recurrent;
mod request;
mod table;
mod terms;

use clap::{Args, Subcommand};
use untrained_core::device::Device;
use untrained_core::progress::Progress;

use crate::attempt;
use crate::device::Lazy;
use crate::memory;
use crate::outcome::Outcome;
use crate::progress::Share;
use crate::report::{self, Format};
use crate::timed::timed;
use request::{Request, RunArgs};

/// Score one untrained network
#[derive(Debug, Args)]
pub struct Score {
    #[command(subcommand)]
    network: Network,
}

#[derive(Debug, Subcommand)]
enum Network {
    Recurrent(Box<recurrent::RecurrentArgs>),
    #[command(alias = "transformer")]
    Encoder(Box<encoder::EncoderArgs>),
    Decoder(Box<decoder::DecoderArgs>),
}

impl Score {
    /// Scores and prints.
    ///
    /// # Errors
    /// What of the input cannot be used, or that the device failed.
    pub fn run(self) -> anyhow::Result<Outcome> {
        let RunArgs { device: choice, format } = self.network.run_args();
        let device = Lazy::new(choice);
        let request = self.network.request(&device)?;
        let Request { job, remarks, .. } = &request;
        remarks.iter().for_each(|remark| note!("{remark}"));
        let opened = device.get_for(job.operations())?;
        job.check_on(opened.engine(), memory::available())?;
        job.remark_on(opened.engine()).iter().for_each(|remark| note!("{remark}"));
        let share = Share::new();
        let run = |device: &Device| timed(job, device, &Progress::new(&|done| share.set(done)));
        let scored = attempt::on_chosen(choice, opened, |sentence| note!("{sentence}"), run)?;
        drop(share);
        let records = if request.terms { scored.with_terms() } else { scored.records };
        if let Some(path) = &request.hidden_states {
            encoder::hidden::write(path, job)?;
        }
        match format {
            _ if request.terms => terms::print(format, &records)?,
            Format::Table => table::print(&records, request.benchmark.as_ref())?,
            _ => report::print(format, &records)?,
        }
        Ok(Outcome::Done)
    }
}

impl Network {
    fn run_args(&self) -> RunArgs {
        match self {
            Self::Recurrent(args) => args.run_args(),
            Self::Encoder(args) => args.run_args(),
            Self::Decoder(args) => args.run_args(),
        }
    }

    fn request(self, device: &Lazy) -> anyhow::Result<Request> {
        match self {
            Self::Recurrent(args) => args.request(device),
            Self::Encoder(args) => args.request(device),
            Self::Decoder(args) => args.request(device),
        }
    }
}
