//! Scores the architectures of a benchmark, every one once; can be stopped at any moment and continues where it was.

mod cells;
mod decoders;
mod encoders;
mod options;

use clap::Args;
use untrained_core::benchmark::{Benchmark as _, NasBenchNlp};

use crate::architectures::Architectures;
use crate::device::{Choice, Lazy};
use crate::many::ManyArgs;
use crate::outcome::{Outcome, Usage};
use options::{SizeArgs, TextArgs};

/// Score every architecture of a benchmark once, into a file that is continued when it exists
#[derive(Debug, Args)]
pub struct Benchmark {
    /// Benchmark to score: nas-bench-nlp, of recurrent cells; nas-bench-bert, of encoders; lts, of decoders (the 200
    /// GPT-2 trained on WikiText-103); or a file of one kind: JSON Lines, as 'untrained space' prints
    #[arg(value_name = "NAME|FILE.jsonl", default_value = NasBenchNlp.about().id)]
    name: String,
    #[command(flatten)]
    many: ManyArgs,
    #[command(flatten)]
    text: TextArgs,
    #[command(flatten)]
    size: SizeArgs,
    /// Where to run it
    #[arg(long, value_enum, default_value_t = Choice::Cpu, help_heading = "Running")]
    device: Choice,
}

impl Benchmark {
    /// Scores what is missing in the file.
    ///
    /// # Errors
    /// What of the input cannot be used, or that the file cannot be written.
    pub fn run(self) -> anyhow::Result<Outcome> {
        let device = Lazy::new(self.device);
        let architectures = Architectures::read(&self.name)?;
        self.check_options(&architectures)?;
        let plan = match architectures {
            Architectures::Cells(cells) => cells::plan(cells, &self.text, &self.size, &device)?,
            Architectures::Encoders(encoders) => encoders::plan(encoders, &self.text, &self.size, &device)?,
            Architectures::Decoders(decoders) => decoders::plan(decoders, &self.text, &self.size, &device)?,
        };
        self.many.run(&plan, &device)
    }

    /// Checks that no option is given that networks of this family do not have.
    fn check_options(&self, architectures: &Architectures) -> Result<(), Usage> {
        let family = architectures.family();
        let given = self.size.given().into_iter().chain(self.text.given());
        match given.into_iter().find(|(_, families)| !families.contains(&family)) {
            Some((option, families)) => {
                let others = families.iter().map(|family| family.noun()).collect::<Vec<_>>().join(" and ");
                Err(Usage(format!("{option} is an option for {others}, and {} holds {}", self.name, family.noun())))
            }
            None => Ok(()),
        }
    }
}

/// The names of all architectures of a benchmark, as its records call them; none where they are not known.
pub fn architectures(benchmark: &str) -> Option<Vec<String>> {
    Some(Architectures::of_benchmark(benchmark).ok()??.names())
}

#[cfg(test)]
mod tests {
    use clap::{Args as _, Command, FromArgMatches as _};

    use untrained_core::network::{encoder, recurrent};

    use super::Benchmark;

    fn command() -> Command {
        Benchmark::augment_args(Command::new("benchmark"))
    }

    fn typed(words: &str) -> Benchmark {
        let matches = command().try_get_matches_from(words.split(' ')).unwrap();
        Benchmark::from_arg_matches(&matches).unwrap()
    }

    fn refused(words: &str) -> Option<String> {
        let benchmark = typed(words);
        let architectures = super::Architectures::of_benchmark(&benchmark.name).unwrap().unwrap();
        benchmark.check_options(&architectures).err().map(|error| error.to_string())
    }

    #[test]
    fn every_option_of_other_networks_is_refused_by_name() {
        let benchmarks = [("nas-bench-nlp", "cells"), ("nas-bench-bert", "encoders"), ("lts", "decoders")];
        let options = [
            ("--hidden 3", &["cells"][..]),
            ("--layers 3", &["cells"]),
            ("--steps 3", &["cells"]),
            ("--positions 3", &["encoders"]),
            ("--as-published", &["encoders"]),
            ("--sequence 3", &["encoders", "decoders"]),
            ("--embedding 3", &["cells", "encoders"]),
            ("--vocabulary-size 3", &["cells", "encoders"]),
            ("--corpus x", &["cells", "encoders"]),
            ("--batch 3", &["cells", "encoders", "decoders"]),
            ("--seed 3", &["cells", "encoders", "decoders"]),
            ("--metric depth", &["cells", "encoders", "decoders"]),
            ("--shard 1/2", &["cells", "encoders", "decoders"]),
        ];
        for ((benchmark, kind), (option, kinds)) in
            benchmarks.iter().flat_map(|benchmark| options.iter().map(move |option| (*benchmark, *option)))
        {
            let (flag, _) = option.split_once(' ').unwrap_or((option, ""));
            let expected = (!kinds.contains(&kind))
                .then(|| format!("{flag} is an option for {}, and {benchmark} holds {kind}", kinds.join(" and ")));
            assert_eq!(refused(&format!("benchmark {benchmark} --out x {option}")), expected);
        }
    }

    #[test]
    fn sizes_that_are_not_given_are_those_of_the_networks() {
        let size = typed("benchmark --out x").size;
        assert_eq!(size.cells().sizes(recurrent::Sizes::PUBLISHED.vocabulary), recurrent::Sizes::PUBLISHED);
        assert_eq!((size.cells().seed, size.encoders(0)), (0, encoder::Sizes::default()));
        assert_eq!(size.encoders(40_000).vocabulary, 40_000);
        let given = typed("benchmark --out x --batch 2 --embedding 3 --vocabulary-size 9 --seed 4").size;
        let cells = given.cells();
        assert_eq!((cells.batch, cells.embedding, cells.vocabulary_size, cells.seed), (2, 3, Some(9), 4));
        let encoders = given.encoders(40_000);
        assert_eq!((encoders.batch, encoders.embedding, encoders.vocabulary), (2, 3, 9));
    }

    /// Options of one kind of network have a section of their own, after those of both.
    #[test]
    fn the_help_has_sections_in_this_order() {
        let help = command().render_long_help().to_string();
        assert!(help.starts_with("Score every architecture of a benchmark once"), "{help}");
        let sections = [
            "Arguments:",
            "Options:",
            "Sizes:",
            "Sizes of cells:",
            "Sizes of encoders:",
            "Sizes of encoders and decoders:",
            "Running:",
        ];
        let places: Vec<_> = sections.iter().map(|section| help.find(&format!("\n{section}\n"))).collect();
        assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{places:?} in {help}");
        let in_one_line = help.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(in_one_line.contains("by default 400 for cells, 128 for encoders"), "{help}");
    }

    #[test]
    fn architectures_are_known_of_what_can_be_built() {
        assert_eq!(super::architectures("nas-bench-nlp").map(|names| names.len()), Some(4_322));
        assert_eq!(super::architectures("nas-bench-bert").map(|names| names.len()), Some(500));
        assert_eq!(super::architectures("lts").map(|names| names.len()), Some(200));
        assert_eq!(super::architectures("other"), None);
    }
}
