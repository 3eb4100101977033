//! The architectures of all decoders that LTS published, by which they can be built: those of the benchmark in the order
//! of its rows, then those that its searches found.

use csv::{ByteRecord, ReaderBuilder};
use serde_json::{Value, json};

use crate::benchmark::File;
use crate::space::decoder::Decoder;
use crate::{Error, Result};

/// The columns of the table. Spaces are those of the benchmark, and the decoders that searches for LM1B found: GPT-2 on
/// an ARM processor (4), a Core i7 (5) and a Titan Xp (6), Transformer-XL on the same (7 to 9). Heads have a digit a
/// layer, widths of the feed-forward stacks are divided by blanks.
pub const COLUMNS: [&str; 7] = ["space", "id", "width", "embedding", "division", "heads", "feed_forward"];

/// Its table.
pub const TABLE: File<'static> =
    File { name: "lts/architectures.csv", bytes: include_bytes!("../../../../data/lts/architectures.csv") };

/// The columns of the table of decoders that searches found: counts as the benchmark has them, and what was measured.
pub const FOUND_COLUMNS: [&str; 10] = [
    "space",
    "id",
    "embedding_parameters",
    "attention_parameters",
    "feed_forward_parameters",
    "decoder_parameters",
    "parameters",
    "perplexity",
    "latency",
    "memory",
];

/// Its table, in the order of the architectures.
pub const FOUND: File<'static> =
    File { name: "lts/found.csv", bytes: include_bytes!("../../../../data/lts/found.csv") };

/// A published decoder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// Kind, text, and the search that found it: see [`COLUMNS`].
    pub space: u32,
    /// Its number in its space.
    pub id: u32,
    /// H: width of the layers.
    pub width: usize,
    /// E: width of the embeddings of the first cluster of words.
    pub embedding: usize,
    /// What the width of embeddings is divided by from cluster to cluster.
    pub division: usize,
    /// By layer.
    pub heads: Vec<usize>,
    /// By layer.
    pub feed_forward: Vec<usize>,
}

/// A text that decoders were trained on: tokens of a sequence, and where clusters of words begin.
type Text = (usize, [usize; 3]);

const WIKITEXT: Text = (192, [19_997, 39_997, 199_997]);
const LM1B: Text = (32, [59_997, 99_997, 639_997]);

/// By space: kind, words and text.
const SPACES: [(&str, usize, Text); 10] = [
    (GPT2, 50_264, WIKITEXT),
    (GPT2, 50_264, LM1B),
    (XL, 267_736, WIKITEXT),
    (XL, 793_470, LM1B),
    (GPT2, 50_264, LM1B),
    (GPT2, 50_264, LM1B),
    (GPT2, 50_264, LM1B),
    (XL, 267_735, LM1B),
    (XL, 267_735, LM1B),
    (XL, 267_735, LM1B),
];

const GPT2: &str = "lts_gpt2";
const XL: &str = "lts_xl";

/// A decoder for WikiText-103 among those found for LM1B.
const MISPLACED: ((u32, u32), (&str, usize, Text)) = ((6, 18), (GPT2, 50_257, WIKITEXT));

/// All published decoders.
///
/// # Errors
/// [`Error::Table`] with the line that cannot be read.
pub fn published() -> Result<Vec<Published>> {
    let mut lines = ReaderBuilder::new().has_headers(false).from_reader(TABLE.bytes).into_byte_records();
    let wrong = |line: usize, problem: &str| Error::Table {
        table: TABLE.name.to_owned(),
        line: line as u64,
        problem: problem.to_owned(),
    };
    match lines.next() {
        Some(Ok(first)) if first.iter().eq(COLUMNS.iter().map(|name| name.as_bytes())) => {}
        _ => return Err(wrong(1, "not the header of this table")),
    }
    let read = |(index, line): (usize, std::result::Result<ByteRecord, csv::Error>)| {
        line.ok().and_then(|line| Published::read(&line)).ok_or_else(|| wrong(index + 2, "no decoder"))
    };
    lines.enumerate().map(read).collect()
}

/// The decoder at this place among all published ones.
pub fn decoder(number: usize) -> Option<Decoder> {
    published().ok()?.get(number)?.decoder().ok()
}

impl Published {
    fn read(line: &ByteRecord) -> Option<Self> {
        let cell = |at: usize| std::str::from_utf8(line.get(at)?).ok();
        let number = |at: usize| cell(at)?.parse::<usize>().ok();
        let read = Self {
            space: cell(0)?.parse().ok().filter(|&space: &u32| (space as usize) < SPACES.len())?,
            id: cell(1)?.parse().ok()?,
            width: number(2)?,
            embedding: number(3)?,
            division: number(4)?,
            heads: cell(5)?
                .chars()
                .map(|digit| digit.to_digit(10).map(|heads| heads as usize))
                .collect::<Option<_>>()?,
            feed_forward: cell(6)?.split(' ').map(|width| width.parse().ok()).collect::<Option<_>>()?,
        };
        (read.heads.len() == read.feed_forward.len()).then_some(read)
    }

    /// Its configuration, as [`Decoder::from_json`] reads it.
    pub fn config(&self) -> Value {
        let (kind, words, (length, cutoffs)) =
            if MISPLACED.0 == (self.space, self.id) { MISPLACED.1 } else { SPACES[self.space as usize] };
        json!({
            "model": kind, "n_layer": self.heads.len(), "d_model": self.width, "n_head": self.heads,
            "d_inner": self.feed_forward, "d_embed": self.embedding, "div_val": self.division, "n_token": words,
            "tgt_len": length, "cutoffs": cutoffs,
        })
    }

    /// The decoder.
    ///
    /// # Errors
    /// As [`Decoder::from_json`].
    pub fn decoder(&self) -> Result<Decoder> {
        Decoder::from_json(&self.config().to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::benchmark::{Benchmark as _, Lts, lts};
    use crate::network::decoder::Structure;
    use crate::space::decoder::Space;

    /// The lines of a table without its header: space, id and the other cells.
    fn cells(file: File<'_>, header: &[&str]) -> Vec<Vec<f64>> {
        let text = std::str::from_utf8(file.bytes).unwrap();
        assert_eq!(text.lines().next().unwrap(), header.join(","));
        text.lines().skip(1).map(|line| line.split(',').map(|cell| cell.parse().unwrap()).collect()).collect()
    }

    /// What is published of all 1,121 decoders: parameters of the embeddings, of attention, of the feed-forward stacks,
    /// outside the embeddings, and of all. Those of GPT-2 on LM1B were counted as if they were Transformer-XL.
    #[test]
    fn every_decoder_has_its_published_parameters() {
        let trained = Lts.files().iter().find(|file| file.name == "lts/decoders.csv").unwrap();
        let trained = cells(*trained, &lts::COLUMNS);
        let counts = trained.iter().map(|cells| [&cells[..2], &cells[6..11]].concat());
        let found = cells(FOUND, &FOUND_COLUMNS);
        let counts: Vec<Vec<f64>> = counts.chain(found.iter().map(|cells| cells[..7].to_vec())).collect();
        let decoders = published().unwrap();
        assert_eq!((decoders.len(), trained.len(), found.len()), (1_121, 885, 236));
        for (decoder, expected) in decoders.iter().zip(&counts) {
            assert_eq!([decoder.space, decoder.id].map(f64::from), [expected[0], expected[1]]);
            let mut config = decoder.config();
            let own = Structure::new(&decoder.decoder().unwrap(), 1);
            if decoder.space == 1 {
                config["model"] = XL.into();
            }
            let counted = Structure::new(&Decoder::from_json(&config.to_string()).unwrap(), 1);
            let found =
                [counted.embedding, counted.attention, counted.feed_forward, counted.non_embedding, counted.parameters];
            assert_eq!(found.as_slice(), &expected[2..], "{decoder:?}");
            assert_eq!(own.feed_forward, expected[4]);
        }
    }

    /// The random sets on WikiText-103 are of the spaces that are drawn from.
    #[test]
    fn random_decoders_are_of_their_spaces() {
        let spaces = [(0, "lts-gpt2", 200), (2, "lts-xl", 299)];
        let decoders = published().unwrap();
        for (number, name, count) in spaces {
            let space = Space::find(name).unwrap();
            let own: Vec<_> = decoders.iter().filter(|decoder| decoder.space == number).collect();
            assert_eq!(own.len(), count);
            own.iter().for_each(|decoder| space.check(&decoder.decoder().unwrap()).unwrap());
        }
    }
}
