//! `untrained import`: makes the tables of `data/` from the files as published, and says what it met in them.

mod curves;
mod decoders;
mod encoders;
mod losses;
mod made;
mod published;
mod scores;
mod supernets;
mod write;

use std::path::PathBuf;

use crate::outcome::Outcome;
use crate::parse::file;
use made::Made;

/// Makes the tables of data/ from the files as published
///
/// Reads RNN_results.csv, RNN_parameters.csv, RNN_batch_ablation.csv and RNN_initialization_ablation.csv of
/// training-free-nas and wikitext2_training.jsonl of nas-bench-nlp; and BERT_benchmark.json,
/// BERT_results_activation.csv, BERT_batch_ablation.csv, BERT_initialization_ablation.csv and
/// BERT_benchmark_train_ablation.json of training-free-nas; and random_GPT2_wt103.csv, random_GPT2_lm1b.csv,
/// random_TransXL_wt103.csv, random_TransXL_wt103_homogeneous.csv and random_TransXL_lm1b.csv of lts, and its six tables
/// pareto_*.csv; and hwgpt_s.csv, hwgpt_m.csv and hwgpt_l.csv of hw-gpt-bench; and flexibert_small.csv of flexibert; in one
/// folder or in folders of these names.
#[derive(Debug, clap::Args)]
pub struct Import {
    /// Folder with the files as published
    from: PathBuf,
    /// Folder to write to
    #[arg(long, value_name = "DIR", default_value = "data", value_parser = file())]
    out: PathBuf,
}

impl Import {
    /// Reads everything, then writes everything.
    pub fn run(self) -> anyhow::Result<Outcome> {
        let mut made = Made::new(self.from);
        let losses = losses::read(&mut made)?;
        scores::benchmark(&mut made, &losses)?;
        scores::ablation(&mut made, "RNN_batch_ablation.csv", "batch_ablation.csv", &losses)?;
        scores::ablation(&mut made, "RNN_initialization_ablation.csv", "initialization_ablation.csv", &losses)?;
        curves::read(&mut made)?;
        encoders::read(&mut made)?;
        decoders::read(&mut made)?;
        supernets::hw_gpt(&mut made)?;
        supernets::flexibert(&mut made)?;
        write::all(&self.out, &made.tables)?;
        made.notes.iter().for_each(|note| note!("{note}"));
        Ok(write::verify(&self.out, &made))
    }
}
