//! Text as token ids, and batches of it: from a corpus and its vocabulary, or synthetic, drawn from a seed; and what
//! encoders are trained on.

pub mod documents;
mod example;
mod example_builder;
pub mod masking;
mod shape;
pub mod source;

use std::collections::HashMap;

pub use example::{Example, SpecialTokens};
pub use example_builder::ExampleBuilder;
pub use shape::Shape;

use documents::wrong;

use crate::Result;
use crate::plain::excerpt;
use crate::random::numpy::Numpy;
use crate::text::without_mark;

/// The token that ends every line of a corpus.
const END: &str = "<eos>";

/// Words and their ids.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Vocabulary {
    ids: HashMap<String, u32>,
}

impl Vocabulary {
    /// A vocabulary from a word list, one word a line, or from texts whose words and line ends are numbered by first
    /// appearance.
    ///
    /// # Errors
    /// [`crate::Error::Text`] when there is no word, or with the line of a word list that is blank or repeats a word.
    pub fn from_texts<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<Self> {
        let texts: Vec<&str> = texts.into_iter().map(without_mark).collect();
        let mut vocabulary = Self::default();
        match texts[..] {
            [list] if is_word_list(list) => vocabulary.add_list(list)?,
            _ => texts.iter().flat_map(|text| words(text)).for_each(|(_, word)| vocabulary.add(word)),
        }
        if vocabulary.ids.is_empty() {
            return Err(wrong("vocabulary", "line 1".to_owned(), "there is no word".to_owned()));
        }
        Ok(vocabulary)
    }

    /// The words and line ends of a text, numbered by first appearance.
    ///
    /// # Errors
    /// [`crate::Error::Text`] when there is no word.
    pub fn of(text: &str) -> Result<Self> {
        let mut vocabulary = Self::default();
        words(text).for_each(|(_, word)| vocabulary.add(word));
        match vocabulary.count() {
            0 => Err(wrong("corpus", "line 1".to_owned(), "there is no word".to_owned())),
            _ => Ok(vocabulary),
        }
    }

    /// V: number of words.
    pub fn count(&self) -> usize {
        self.ids.len()
    }

    /// The ids of a corpus, every line followed by its end.
    ///
    /// # Errors
    /// [`crate::Error::Text`] with the line of a word that is not in the vocabulary, or where the corpus is in JSON.
    pub fn ids(&self, corpus: &str) -> Result<Vec<u32>> {
        if documents::is_json(corpus) {
            let problem = "this is JSON; a recurrent network reads plain text, one sentence a line".to_owned();
            return Err(wrong("corpus", "line 1".to_owned(), problem));
        }
        let id = |(line, word): (usize, &str)| {
            self.ids.get(word).copied().ok_or_else(|| {
                wrong(
                    "corpus",
                    format!("line {line}"),
                    format!("the word '{}' is not in the vocabulary", excerpt(word)),
                )
            })
        };
        words(corpus).map(id).collect()
    }

    fn add_list(&mut self, list: &str) -> Result<()> {
        for (line, word) in (1..).zip(list.lines()) {
            let problem = match word.split_whitespace().collect::<Vec<_>>()[..] {
                [] => "a line of a word list is blank".to_owned(),
                [word] if self.ids.contains_key(word) => {
                    format!("the word '{}' is repeated", excerpt(word))
                }
                [word] => {
                    self.add(word);
                    continue;
                }
                _ => "a line of a word list has more than one word".to_owned(),
            };
            return Err(wrong("vocabulary", format!("line {line}"), problem));
        }
        Ok(())
    }

    fn add(&mut self, word: &str) {
        let next = self.ids.len() as u32;
        self.ids.entry(word.to_owned()).or_insert(next);
    }
}

/// Whether more than nine in ten lines are single words, as in no running text.
pub fn is_word_list(text: &str) -> bool {
    let single = text.lines().filter(|line| line.split_whitespace().count() == 1).count();
    single * 10 > text.lines().count() * 9
}

/// The words and line ends of a text, each with its line.
fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    (1..)
        .zip(without_mark(text).lines())
        .flat_map(|(line, words)| words.split_whitespace().chain(std::iter::once(END)).map(move |word| (line, word)))
}

/// The words and line ends of a text as ids below `count`: the most frequent ones in their order, the first of equally
/// frequent ones first; all others share the last id.
pub fn frequent_ids(text: &str, count: usize) -> Vec<u32> {
    let mut counts: HashMap<&str, (usize, usize)> = HashMap::new();
    for (place, (_, word)) in words(text).enumerate() {
        counts.entry(word).or_insert((0, place)).0 += 1;
    }
    let mut all: Vec<(&str, (usize, usize))> = counts.into_iter().collect();
    all.sort_by_key(|(_, (count, first))| (usize::MAX - count, *first));
    let ids: HashMap<&str, u32> = all.iter().map(|(word, _)| *word).zip(0..).collect();
    let last = count.saturating_sub(1) as u32;
    words(text).map(|(_, word)| ids[word].min(last)).collect()
}

/// The first T steps [T, B] of a stream of ids that is cut into B rows of equal length, as the published scores read
/// it.
///
/// # Errors
/// [`crate::Error::Text`] when the corpus is too short.
pub fn batch(ids: &[u32], shape: impl Into<Shape>) -> Result<Vec<u32>> {
    let shape = shape.into();
    let row = ids.len() / shape.batch;
    if row < shape.steps {
        let needed = shape.batch * shape.steps;
        let problem = format!(
            "{} words are too few for a batch of {} samples and {} steps, which takes {needed}",
            ids.len(),
            shape.batch,
            shape.steps
        );
        return Err(wrong("corpus", "end".to_owned(), problem));
    }
    Ok((0..shape.steps).flat_map(|step| (0..shape.batch).map(move |sample| ids[sample * row + step])).collect())
}

/// Largest distance from which a word is repeated.
const BURST: usize = 20;

/// Probability that a word is repeated from the words before it.
const REPEATED: f64 = 0.25;

/// Mandelbrot's shift of Zipf's law, p(rank) ~ 1 / (rank + 2.7), which flattens the most frequent words as in English.
const SHIFT: f64 = 2.7;

/// Synthetic sequences [B, T] for an encoder, drawn by [`synthetic`].
pub fn sequences(shape: impl Into<Shape>, seed: u32) -> Vec<u32> {
    let shape = shape.into();
    let Shape { batch, steps, .. } = shape;
    let by_step = synthetic(shape, seed);
    (0..batch * steps).map(|index| by_step[index % steps * batch + index / steps]).collect()
}

/// A synthetic batch [T, B]: words by Zipf's law, in bursts as in real text, drawn from the seed without any corpus.
pub fn synthetic(shape: impl Into<Shape>, seed: u32) -> Vec<u32> {
    let shape = shape.into();
    let mut numpy = Numpy::from_seed(seed);
    let frequencies = Frequencies::new(shape.vocabulary);
    let mut tokens = vec![0; shape.steps * shape.batch];
    for sample in 0..shape.batch {
        for step in 0..shape.steps {
            let repeated = step > 0 && numpy.double() < REPEATED;
            let drawn = numpy.double();
            tokens[step * shape.batch + sample] = if repeated {
                let distance = 1 + (drawn * BURST.min(step) as f64) as usize;
                tokens[(step - distance) * shape.batch + sample]
            } else {
                frequencies.rank(drawn) as u32
            };
        }
    }
    tokens
}

/// Expected number of distinct tokens in a [`synthetic`] batch.
pub fn expected_distinct_tokens(vocabulary: usize, batch: usize, steps: usize) -> f64 {
    let draws = batch as f64 * (1.0 + (steps as f64 - 1.0) * (1.0 - REPEATED));
    let total = ((vocabulary as f64 + SHIFT + 0.5) / (SHIFT + 0.5)).ln();
    let drawn = |rank: f64| 1.0 - (-draws / (rank + SHIFT) / total).exp();
    // Ranks in groups, each as long as a hundredth of its first rank.
    let (mut distinct, mut rank) = (0.0, 1.0);
    while rank <= vocabulary as f64 {
        let length = (rank / 100.0).floor().max(1.0).min(vocabulary as f64 + 1.0 - rank);
        distinct += length * drawn(rank + (length - 1.0) / 2.0);
        rank += length;
    }
    distinct.min(draws)
}

/// Ranks of one block of [`Frequencies`].
const BLOCK: usize = 4_096;

/// Cumulative frequencies of ranks. Only every [`BLOCK`]th sum is stored; the others are computed again when they are
/// needed, in the same order, so that a large vocabulary takes little memory.
struct Frequencies {
    /// The sum before the first rank of each block.
    before: Vec<f64>,
    /// The sum of all ranks.
    total: f64,
    vocabulary: usize,
}

impl Frequencies {
    fn new(vocabulary: usize) -> Self {
        let (mut before, mut total) = (Vec::new(), 0.0);
        for rank in 0..vocabulary {
            if rank % BLOCK == 0 {
                before.push(total);
            }
            total += frequency(rank);
        }
        Self { before, total, vocabulary }
    }

    /// The rank, counted from 0, at which the cumulative frequency exceeds the share `drawn`.
    fn rank(&self, drawn: f64) -> usize {
        let edge = drawn * self.total;
        let block = self.before.partition_point(|&before| before <= edge).saturating_sub(1);
        let (mut rank, mut sum) = (block * BLOCK, self.before.get(block).copied().unwrap_or(0.0));
        while rank < self.vocabulary {
            sum += frequency(rank);
            if sum > edge {
                break;
            }
            rank += 1;
        }
        rank
    }
}

/// Relative frequency of the word of a rank, counted from 0.
fn frequency(rank: usize) -> f64 {
    1.0 / ((rank + 1) as f64 + SHIFT)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPE: Shape = Shape { vocabulary: 50, batch: 2, steps: 3 };

    #[test]
    fn words_are_numbered_by_first_appearance_and_lines_end() {
        let vocabulary = Vocabulary::from_texts(["b a b", "c"]).unwrap();
        assert_eq!(vocabulary.ids("a b\nc").unwrap(), [1, 0, 2, 3, 2]);
        let list = Vocabulary::from_texts(["b\na\n<eos>\n"]).unwrap();
        assert_eq!(list.ids("a").unwrap(), [1, 2]);
        let text = Vocabulary::of("b\na\nb\n").unwrap();
        assert_eq!((text.ids("a").unwrap(), text.count()), (vec![2, 1], 3));
    }

    /// b three times, two line ends, a and c once: with three ids a and c share the last.
    #[test]
    fn frequent_words_have_the_first_ids() {
        assert_eq!(frequent_ids("b a b\nb c", 9), [0, 2, 0, 1, 0, 3, 1]);
        assert_eq!(frequent_ids("b a b\nb c", 3), [0, 2, 0, 1, 0, 2, 1]);
    }

    #[test]
    fn a_byte_order_mark_is_no_part_of_a_word() {
        let (plain, marked) = ("b a\nb\n", "\u{feff}b a\nb\n");
        assert_eq!(Vocabulary::of(marked).unwrap(), Vocabulary::of(plain).unwrap());
        let list = Vocabulary::from_texts(["\u{feff}b\na\n<eos>\n"]).unwrap();
        assert_eq!(list, Vocabulary::from_texts(["b\na\n<eos>\n"]).unwrap());
        assert_eq!(list.ids(marked).unwrap(), list.ids(plain).unwrap());
        assert_eq!(Vocabulary::from_texts([marked, marked]).unwrap(), Vocabulary::from_texts([plain, plain]).unwrap());
    }

    /// Braces and brackets may be words of a text.
    #[test]
    fn json_is_refused() {
        let refusal = "corpus, line 1: this is JSON; a recurrent network reads plain text, one sentence a line";
        for json in ["{\"text\": \"a b\"}\n{\"text\": \"c\"}\n", "[\"a b\", \"c\"]", "[\n{\"text\": \"a\"}\n]\n"] {
            let message = Vocabulary::of(json).unwrap().ids(json).unwrap_err().to_string();
            assert_eq!(message, refusal);
        }
        for text in ["[ a ] b", "{ a }", "[1] a b", "[ ]\n"] {
            assert!(Vocabulary::of(text).unwrap().ids(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn errors_in_a_word_list_name_the_line() {
        let words: String = (0..40).map(|word| format!("w{word}\n")).collect();
        let message = |slip: &str| Vocabulary::from_texts([(words.clone() + slip).as_str()]).unwrap_err().to_string();
        assert_eq!(message("\n"), "vocabulary, line 41: a line of a word list is blank");
        assert_eq!(message("w3\n"), "vocabulary, line 41: the word 'w3' is repeated");
        assert_eq!(message("a b\n"), "vocabulary, line 41: a line of a word list has more than one word");
    }

    #[test]
    fn a_word_outside_the_vocabulary_is_reported_with_its_line() {
        let vocabulary = Vocabulary::from_texts(["b a b\nc d"]).unwrap();
        let message = vocabulary.ids("a\nb z").unwrap_err().to_string();
        assert_eq!(message, "corpus, line 2: the word 'z' is not in the vocabulary");
    }

    /// Seven ids in two rows of three, one left over; columns are samples.
    #[test]
    fn the_stream_is_cut_into_rows_and_transposed() {
        assert_eq!(batch(&[0, 1, 2, 3, 4, 5, 6], SHAPE).unwrap(), [0, 3, 1, 4, 2, 5]);
        assert!(batch(&[0, 1, 2, 3, 4], SHAPE).is_err());
    }

    /// Several blocks: the same ranks as from a list of all sums.
    #[test]
    fn blocks_give_the_ranks_of_all_sums() {
        let vocabulary = 3 * BLOCK + 5;
        let sum = |sum: &mut f64, rank| {
            *sum += frequency(rank);
            Some(*sum)
        };
        let sums: Vec<f64> = (0..vocabulary).scan(0.0, sum).collect();
        let (found, mut numpy) = (Frequencies::new(vocabulary), Numpy::from_seed(1));
        assert_eq!(found.total.to_bits(), sums[vocabulary - 1].to_bits());
        let edges = [0, BLOCK - 1, BLOCK, 2 * BLOCK - 1].map(|rank| sums[rank] / found.total);
        for drawn in (0..20_000).map(|_| numpy.double()).chain(edges) {
            assert_eq!(found.rank(drawn), sums.partition_point(|&sum| sum <= drawn * found.total), "{drawn}");
        }
    }

    #[test]
    fn the_number_of_distinct_tokens_is_as_expected() {
        for (vocabulary, batch, steps) in [(10_000, 50, 70), (1_000, 64, 200), (1_000_000, 100, 300), (30, 8, 40)] {
            let shape = Shape { vocabulary, batch, steps };
            let found = synthetic(shape, 1).into_iter().collect::<std::collections::HashSet<u32>>().len() as f64;
            let expected = expected_distinct_tokens(vocabulary, batch, steps);
            assert!((0.96 * found..1.04 * found).contains(&expected), "{expected}, not {found}, of {vocabulary}");
        }
    }

    #[test]
    fn synthetic_text_is_in_range_repeatable_and_zipfian() {
        let shape = Shape { vocabulary: 1_000, batch: 20, steps: 200 };
        let tokens = synthetic(shape, 3);
        assert_eq!(tokens, synthetic(shape, 3));
        assert_ne!(tokens, synthetic(shape, 4));
        assert!(tokens.iter().all(|&id| id < 1_000));
        let low = tokens.iter().filter(|&&id| id < 10).count() as f64 / tokens.len() as f64;
        assert!((0.2..0.4).contains(&low), "{low} of the words are among the ten most frequent");
    }
}
