//! Text as ids, and batches of it: from a corpus and its vocabulary, or made up from a seed.

pub mod documents;

use std::collections::HashMap;

use crate::network::recurrent::Sizes;
use crate::network::transformer;
use crate::plain::excerpt;
use crate::random::numpy::Numpy;
use crate::{Error, Result};

/// Ends every line of a corpus.
const END: &str = "<eos>";

/// Words and their ids.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Vocabulary {
    ids: HashMap<String, u32>,
}

impl Vocabulary {
    /// A vocabulary from a word list, one word a line, or from texts whose words, and the end of every line, are
    /// numbered by first appearance.
    ///
    /// # Errors
    /// [`Error::Text`] when there is no word, or with the line of a word list that is blank or repeats a word.
    pub fn from_texts<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<Self> {
        let texts: Vec<&str> = texts.into_iter().collect();
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

    /// The words of a text, and the end of its lines, numbered by first appearance.
    ///
    /// # Errors
    /// [`Error::Text`] when there is no word.
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
    /// [`Error::Text`] with the line of a word that is not in the vocabulary.
    pub fn ids(&self, corpus: &str) -> Result<Vec<u32>> {
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
                    format!("the word '{}' stands here a second time", excerpt(word))
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

/// Whether nearly every line is one word: a text is not.
pub fn is_word_list(text: &str) -> bool {
    let single = text.lines().filter(|line| line.split_whitespace().count() == 1).count();
    single * 10 > text.lines().count() * 9
}

fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    (1..)
        .zip(text.lines())
        .flat_map(|(line, words)| words.split_whitespace().chain(std::iter::once(END)).map(move |word| (line, word)))
}

/// The first T steps [T, B] of a stream cut into B rows of equal length, as the published scores read it.
///
/// # Errors
/// [`Error::Text`] when the corpus is too short.
pub fn batch(ids: &[u32], sizes: &Sizes) -> Result<Vec<u32>> {
    let row = ids.len() / sizes.batch;
    if row < sizes.steps {
        let needed = sizes.batch * sizes.steps;
        let problem = format!(
            "{} words are too few for a batch of {} samples and {} steps, which takes {needed}",
            ids.len(),
            sizes.batch,
            sizes.steps
        );
        return Err(wrong("corpus", "end".to_owned(), problem));
    }
    Ok((0..sizes.steps).flat_map(|step| (0..sizes.batch).map(move |sample| ids[sample * row + step])).collect())
}

/// How far the words of a burst lie behind: a word is repeated from so many words before it.
const BURST: usize = 20;

/// How often a word is repeated from the words just before it.
const REPEATED: f64 = 0.25;

/// Mandelbrot's shift of Zipf's law, p(rank) ~ 1 / (rank + 2.7): flattens the most frequent words as in English.
const SHIFT: f64 = 2.7;

/// Made-up sequences [B, T] for an encoder, as [`synthetic`] makes them.
pub fn sequences(sizes: &transformer::Sizes, seed: u32) -> Vec<u32> {
    let transformer::Sizes { vocabulary, batch, sequence, .. } = *sizes;
    let by_step = synthetic(&Sizes { vocabulary, batch, steps: sequence, ..Sizes::PUBLISHED }, seed);
    (0..batch * sequence).map(|at| by_step[at % sequence * batch + at / sequence]).collect()
}

/// A made-up batch [T, B]: words by Zipf's law, in bursts as in real text, from the seed. Nothing of any text is in it.
pub fn synthetic(sizes: &Sizes, seed: u32) -> Vec<u32> {
    let mut numpy = Numpy::from_seed(seed);
    let cumulative: Vec<f64> = (1..=sizes.vocabulary)
        .scan(0.0, |sum, rank| {
            *sum += 1.0 / (rank as f64 + SHIFT);
            Some(*sum)
        })
        .collect();
    let total = cumulative.last().copied().unwrap_or(1.0);
    let mut tokens = vec![0; sizes.steps * sizes.batch];
    for sample in 0..sizes.batch {
        for step in 0..sizes.steps {
            let repeated = step > 0 && numpy.double() < REPEATED;
            let drawn = numpy.double();
            tokens[step * sizes.batch + sample] = if repeated {
                let back = 1 + (drawn * BURST.min(step) as f64) as usize;
                tokens[(step - back) * sizes.batch + sample]
            } else {
                cumulative.partition_point(|&edge| edge <= drawn * total) as u32
            };
        }
    }
    tokens
}

fn wrong(what: &'static str, place: String, problem: String) -> Error {
    Error::Text { what, place, problem }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZES: Sizes = Sizes { vocabulary: 50, embedding: 4, hidden: 4, layers: 1, batch: 2, steps: 3 };

    #[test]
    fn words_are_numbered_by_first_appearance_and_lines_end() {
        let vocabulary = Vocabulary::from_texts(["b a b", "c"]).unwrap();
        assert_eq!(vocabulary.ids("a b\nc").unwrap(), [1, 0, 2, 3, 2]);
        let list = Vocabulary::from_texts(["b\na\n<eos>\n"]).unwrap();
        assert_eq!(list.ids("a").unwrap(), [1, 2]);
        let text = Vocabulary::of("b\na\nb\n").unwrap();
        assert_eq!((text.ids("a").unwrap(), text.count()), (vec![2, 1], 3));
    }

    #[test]
    fn a_word_list_with_a_slip_is_told() {
        let words: String = (0..40).map(|word| format!("w{word}\n")).collect();
        let told = |slip: &str| Vocabulary::from_texts([(words.clone() + slip).as_str()]).unwrap_err().to_string();
        assert_eq!(told("\n"), "vocabulary, line 41: a line of a word list is blank");
        assert_eq!(told("w3\n"), "vocabulary, line 41: the word 'w3' stands here a second time");
        assert_eq!(told("a b\n"), "vocabulary, line 41: a line of a word list has more than one word");
    }

    #[test]
    fn a_word_outside_the_vocabulary_is_told_with_its_line() {
        let vocabulary = Vocabulary::from_texts(["b a b\nc d"]).unwrap();
        let told = vocabulary.ids("a\nb z").unwrap_err().to_string();
        assert_eq!(told, "corpus, line 2: the word 'z' is not in the vocabulary");
    }

    /// Seven ids in two rows of three, one left over; columns are samples.
    #[test]
    fn the_stream_is_cut_into_rows_and_transposed() {
        assert_eq!(batch(&[0, 1, 2, 3, 4, 5, 6], &SIZES).unwrap(), [0, 3, 1, 4, 2, 5]);
        assert!(batch(&[0, 1, 2, 3, 4], &SIZES).is_err());
    }

    #[test]
    fn made_up_text_is_in_range_repeatable_and_bursty() {
        let sizes = Sizes { vocabulary: 1_000, batch: 20, steps: 200, ..SIZES };
        let tokens = synthetic(&sizes, 3);
        assert_eq!(tokens, synthetic(&sizes, 3));
        assert_ne!(tokens, synthetic(&sizes, 4));
        assert!(tokens.iter().all(|&id| id < 1_000));
        let low = tokens.iter().filter(|&&id| id < 10).count() as f64 / tokens.len() as f64;
        assert!((0.2..0.4).contains(&low), "{low} of the words are among the ten most frequent");
    }
}
