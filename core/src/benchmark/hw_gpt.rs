//! HW-GPT-Bench: decoders whose weights were inherited from a trained supernet, in three sizes.

use std::borrow::Cow::Borrowed;

use super::loader::{self, columns};
use super::sheet::{read, whole};
use super::{About, Benchmark, File, Kind, Table, Target};
use crate::Result;
use crate::family::Family;
use crate::rank::Direction::{self, Higher, Lower};

/// The columns of its tables: layers, width, heads and feed-forward widths over the width, each summed over the layers,
/// 1 where maps have biases, and the perplexity.
pub const COLUMNS: [&str; 6] = ["layers", "hidden_size", "heads", "ratios", "bias", "perplexity"];

/// Counts that are known without any network.
const COUNTS: [&str; 6] = ["layers", "hidden_size", "heads", "feed_forward", "bias", SIZE];

/// The count that is taken as size.
const SIZE: &str = "non_embedding_parameters";

/// H over A: width of every head.
const HEAD: f64 = 64.0;

/// A size of the supernet.
#[derive(Debug, Clone, Copy)]
pub struct HwGpt {
    about: &'static About,
    files: &'static [File<'static>],
}

/// The small one: 10 to 12 layers.
pub static SMALL: HwGpt = HwGpt {
    about: &About { id: "hw-gpt-s", title: Borrowed("HW-GPT-Bench, small"), ids: 10_000, ..ABOUT },
    files: &[File { name: "hw-gpt/s.csv", bytes: include_bytes!("../../../data/hw-gpt/s.csv") }],
};

/// The medium one: 22 to 24 layers.
pub static MEDIUM: HwGpt = HwGpt {
    about: &About {
        id: "hw-gpt-m",
        title: Borrowed("HW-GPT-Bench, medium"),
        ids: 5_245,
        directions: WITH_BIAS,
        ..ABOUT
    },
    files: &[File { name: "hw-gpt/m.csv", bytes: include_bytes!("../../../data/hw-gpt/m.csv") }],
};

/// The large one: 34 to 36 layers.
pub static LARGE: HwGpt = HwGpt {
    about: &About { id: "hw-gpt-l", title: Borrowed("HW-GPT-Bench, large"), ids: 429, directions: WITH_BIAS, ..ABOUT },
    files: &[File { name: "hw-gpt/l.csv", bytes: include_bytes!("../../../data/hw-gpt/l.csv") }],
};

/// Columns with a direction.
const DIRECTIONS: &[(&str, Direction)] =
    &[("layers", Higher), ("hidden_size", Higher), ("heads", Higher), ("feed_forward", Higher), (SIZE, Higher)];

/// The same where biases have one, too.
const WITH_BIAS: &[(&str, Direction)] = &[
    ("layers", Higher),
    ("hidden_size", Higher),
    ("heads", Higher),
    ("feed_forward", Higher),
    ("bias", Higher),
    (SIZE, Higher),
];

/// What the three sizes share.
const ABOUT: About = About {
    id: "",
    title: Borrowed(""),
    family: Some(Family::Decoder),
    noun: "decoder",
    space: "decoders cut out of one supernet of GPT-NeoX blocks: layers, width, heads and feed-forward widths of each \
            layer, and biases",
    networks: "decoders of a supernet",
    introduction: "They share the weights of one trained supernet, and count in the order of the published table.",
    target: Target {
        name: Borrowed("perplexity"),
        description: Borrowed("perplexity on OpenWebText with the weights of the supernet"),
        values: Borrowed("perplexities"),
        unit: "lower is better",
        better: Lower,
    },
    group: Borrowed("hidden size"),
    directions: DIRECTIONS,
    size: Some(SIZE),
    best: None,
    recomputed: None,
    origin: "github.com/automl/HW-GPT-Bench",
    licence: "Apache-2.0",
    authors: "Sukthanker et al., 2024",
    citation: "Sukthanker et al., HW-GPT-Bench, NeurIPS 2024 (datasets and benchmarks)",
    one_measure: true,
    ids: 0,
    curves: false,
    ablations: &[],
    flawed: &[],
    problems: &[
        "No decoder was trained alone: every perplexity is that of weights inherited from one supernet, which may order \
         decoders otherwise than training would.",
        "No training-free scores were published, and no decoder was measured twice, so there is no noise ceiling.",
        "The published counts of parameters cannot be had: those here follow from the formula of the network, and leave \
         the table of words out. Heads are 64 wide whatever the width, so more heads are more parameters.",
        "Perplexities of the three sizes come from three supernets, and are not compared with each other.",
    ],
};

impl Benchmark for HwGpt {
    fn about(&self) -> &'static About {
        self.about
    }

    fn files(&self) -> &'static [File<'static>] {
        self.files
    }

    fn load(&self, files: &[File<'_>]) -> Result<Table> {
        let file = File::find(files, self.files[0].name)?;
        let lines = read(file.name, &COLUMNS, file.bytes, |cells| {
            let [layers, width, heads, ratios, bias] = [cells[0], cells[1], cells[2], cells[3], cells[4]];
            let counts =
                vec![layers, width, heads, ratios * width, bias, parameters([layers, width, heads, ratios, bias])];
            Ok((whole(width)?, counts, cells[5]))
        })?;
        Ok(loader::table(Borrowed(self.about), columns(COUNTS, Kind::Baseline).collect(), loader::counted(lines)))
    }
}

/// Parameters outside the table of words, of L layers of width e with A heads and feed-forward widths m e each: the sum of
/// 4 e · 64 A + 2 m e² + 4 e over the layers, biases 3 · 64 A + e + m e + e where there are some, and the last norm.
/// `heads` and `ratios` are the sums of A and of m.
fn parameters([layers, width, heads, ratios, bias]: [f64; 5]) -> f64 {
    let maps = 4.0 * width * HEAD * heads + 2.0 * ratios * width * width;
    let biases = 3.0 * HEAD * heads + ratios * width + 2.0 * layers * width;
    maps + 4.0 * layers * width + bias * biases + 2.0 * width
}

#[cfg(test)]
mod tests {
    use super::{HwGpt, LARGE, MEDIUM, SMALL, parameters};
    use crate::benchmark::{Benchmark as _, EvaluationOptions, evaluate};
    use crate::network::decoder::Structure;
    use crate::rank::{Resampling, spearman};
    use crate::space::decoder::{Decoder, Space};

    /// The first published row of the small size: 15,744,768. Drawn decoders agree with their networks.
    #[test]
    fn parameters_are_those_of_the_network() {
        let table = SMALL.table().unwrap();
        assert_eq!(table.column("non_embedding_parameters").unwrap().values[0], 15_744_768.0);
        for name in ["hw-gpt-s", "hw-gpt-m", "hw-gpt-l"] {
            for config in Space::find(name).unwrap().draw(1).take(5) {
                let decoder = Decoder::from_json(&config.to_string()).unwrap();
                let sum = |of: fn(&crate::space::decoder::Layer) -> usize| {
                    decoder.layers.iter().map(of).sum::<usize>() as f64
                };
                let (layers, width) = (decoder.layers.len() as f64, decoder.width as f64);
                let [heads, ratios] = [sum(|layer| layer.heads), sum(|layer| layer.feed_forward) / width];
                let bias = f64::from(u8::from(decoder.biases.feed_forward));
                let counted = Structure::new(&decoder, 8).non_embedding;
                assert_eq!(parameters([layers, width, heads, ratios, bias]), counted, "{config}");
            }
        }
    }

    /// Spearman's correlation of the size with the perplexity: -0.992, -0.973 and -0.966.
    #[test]
    fn size_tells_the_perplexity() {
        let rho = |benchmark: HwGpt| {
            let table = benchmark.table().unwrap();
            assert_eq!(table.rows.len(), benchmark.about().ids as usize);
            let size = &table.column("non_embedding_parameters").unwrap().values;
            format!("{:.3}", spearman(size, &table.results).unwrap())
        };
        assert_eq!([SMALL, MEDIUM, LARGE].map(rho), ["-0.992", "-0.973", "-0.966"]);
        let options = EvaluationOptions { resampling: Resampling::NONE, ..EvaluationOptions::default() };
        let found = evaluate(&LARGE.table().unwrap(), &options);
        let size = found.iter().find(|one| one.metric == "non_embedding_parameters").unwrap();
        assert_eq!(size.beyond_size.as_ref().unwrap().partial_tau, None);
    }
}
