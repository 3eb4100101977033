//! Decoders that LTS' searches found for LM1B on three machines, each with its perplexity, latency and memory.

use std::borrow::Cow::Borrowed;

use super::DECODERS;
use super::architectures::{FOUND, FOUND_COLUMNS};
use crate::Result;
use crate::benchmark::loader::{self, columns};
use crate::benchmark::sheet::{read, whole};
use crate::benchmark::{About, Benchmark, File, Kind, Table, Target};
use crate::family::Family;
use crate::rank::Direction::{Higher, Lower};

/// Where the counts, latency and memory are among the columns of the table.
const KNOWN: [usize; 7] = [2, 3, 4, 5, 6, 8, 9];

/// Where the perplexity is.
const PERPLEXITY: usize = 7;

/// How many GPT-2 there are.
const GPT2: u32 = 122;

/// The machines, in the order of their spaces.
const MACHINES: [&str; 3] = ["ARM", "Core i7", "Titan Xp"];

const FILES: &[File<'static>] = &[FOUND];

/// The decoders of one kind.
#[derive(Debug, Clone, Copy)]
pub struct Found {
    about: &'static About,
    /// The space of the first machine.
    first: u32,
    /// Decoders that stand before them among all published architectures.
    before: u32,
}

/// GPT-2.
pub static FOUND_GPT2: Found = Found {
    about: &About {
        id: "lts-found-gpt2",
        title: Borrowed("LTS, found by search: GPT-2"),
        target: Target { description: Borrowed("perplexity on LM1B a piece of a word, lower is better"), ..TARGET },
        ids: GPT2,
        ..ABOUT
    },
    first: 4,
    before: DECODERS,
};

/// Transformer-XL.
pub static FOUND_XL: Found = Found {
    about: &About {
        id: "lts-found-xl",
        title: Borrowed("LTS, found by search: Transformer-XL"),
        target: Target { description: Borrowed("perplexity on LM1B a word, lower is better"), ..TARGET },
        ids: 114,
        ..ABOUT
    },
    first: 7,
    before: DECODERS + GPT2,
};

const TARGET: Target = Target {
    name: Borrowed("perplexity"),
    description: Borrowed(""),
    values: Borrowed("perplexities"),
    unit: "lower is better",
    better: Lower,
};

/// What both kinds share.
const ABOUT: About = About {
    id: "",
    title: Borrowed(""),
    family: Some(Family::Decoder),
    noun: "decoder",
    space: "decoders on the fronts of searches for few parameters, low latency and little memory",
    networks: "trained decoders",
    introduction: "Searches on three machines found them; they count machine by machine.",
    target: TARGET,
    group: Borrowed("machine"),
    directions: &[
        ("embedding_parameters", Higher),
        ("attention_parameters", Higher),
        ("feed_forward_parameters", Higher),
        ("decoder_parameters", Higher),
        ("parameters", Higher),
        ("latency", Higher),
        ("memory", Higher),
    ],
    size: Some("decoder_parameters"),
    best: None,
    recomputed: None,
    origin: "github.com/microsoft/archai (branch neurips-lts)",
    licence: "MIT",
    authors: "Javaheripi et al., 2022",
    citation: "Javaheripi et al., LiteTransformerSearch, NeurIPS 2022",
    one_measure: true,
    ids: 0,
    curves: false,
    ablations: &[],
    flawed: &[],
    problems: &[
        "These are ends of searches by size: along such a front, more parameters nearly always mean a lower perplexity.",
        "No training-free scores were published for them, and none was trained twice, so there is no noise ceiling.",
        "Latency and memory were measured on different machines, and are compared within one only.",
    ],
};

impl Benchmark for Found {
    fn about(&self) -> &'static About {
        self.about
    }

    fn files(&self) -> &'static [File<'static>] {
        FILES
    }

    fn published_decoder(&self, id: u32) -> Option<usize> {
        (id < self.about.ids).then_some((self.before + id) as usize)
    }

    fn load(&self, files: &[File<'_>]) -> Result<Table> {
        let file = File::find(files, FOUND.name)?;
        let lines = read(file.name, &FOUND_COLUMNS, file.bytes, |cells| {
            Ok((whole(cells[0])?, KNOWN.map(|at| cells[at]).to_vec(), cells[PERPLEXITY]))
        })?;
        let spaces = self.first..self.first + MACHINES.len() as u32;
        let own = lines.into_iter().filter(|(space, ..)| spaces.contains(space));
        let entries = loader::counted(own.map(|(space, values, result)| (space - self.first, values, result)));
        let columns = columns(KNOWN.map(|at| FOUND_COLUMNS[at]), Kind::Baseline).collect();
        let groups = MACHINES.map(str::to_owned).to_vec();
        Ok(Table { groups, ..loader::table(Borrowed(self.about), columns, entries) })
    }
}

#[cfg(test)]
mod tests {
    use super::{FOUND_GPT2, FOUND_XL};
    use crate::benchmark::Benchmark as _;
    use crate::benchmark::lts::architectures::decoder;
    use crate::network::decoder::Structure;
    use crate::rank::spearman;

    /// One of the 122 decoders of the first kind has no perplexity. On a front, size orders nearly as the perplexity.
    #[test]
    fn fronts_are_ordered_by_size() {
        let [gpt2, xl] = [FOUND_GPT2, FOUND_XL].map(|benchmark| benchmark.table().unwrap());
        assert_eq!([gpt2.rows.len(), xl.rows.len()], [121, 114]);
        assert_eq!(xl.group_name(xl.rows[113].group), "machine=Titan Xp");
        for table in [&gpt2, &xl] {
            let size = &table.column("decoder_parameters").unwrap().values;
            assert!(spearman(size, &table.results).unwrap() < -0.9);
        }
        for (benchmark, table) in [(FOUND_GPT2, &gpt2), (FOUND_XL, &xl)] {
            let last = benchmark.about().ids - 1;
            assert_eq!(benchmark.published_decoder(last + 1), None);
            let decoder = decoder(benchmark.published_decoder(last).unwrap()).unwrap();
            let counted = Structure::new(&decoder, 1).non_embedding;
            assert_eq!(counted, *table.column("decoder_parameters").unwrap().values.last().unwrap());
        }
    }
}
