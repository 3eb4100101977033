//! The examples of a pre-training run: from the sentences of documents, or made up.

use crate::corpus::documents::wrong;
use crate::corpus::source::Source;
use crate::corpus::{Example, ExampleBuilder, SpecialTokens};
use crate::random::numpy::Numpy;
use crate::{Error, Result};

/// The examples of a run.
#[derive(Debug, Clone, PartialEq)]
pub struct PretrainingText {
    /// Trained on; at least one.
    pub training: Vec<Example>,
    /// Validated on; at least one.
    pub validation: Vec<Example>,
    /// Ids that are no part of a text.
    pub special: SpecialTokens,
}

/// Special tokens of made-up text; its words follow.
const MADE_UP: SpecialTokens = SpecialTokens { pad: 0, cls: 1, sep: 2, mask: 3 };

/// How many ids of made-up text are special.
const SPECIAL: usize = 4;

/// Words of made-up text to train on, and to validate on.
const WORDS: [usize; 2] = [400_000, 20_000];

/// Words of the shortest sentence of made-up text, and how many lengths there are.
const LENGTHS: (usize, usize) = (5, 30);

impl PretrainingText {
    /// Text made up from a seed, of a vocabulary that has the special tokens, too, in examples of T = `sequence`
    /// tokens.
    ///
    /// # Errors
    /// [`Error::Size`] where vocabulary or sequence are too small.
    pub fn made_up(vocabulary: usize, sequence: usize, seed: u32) -> Result<Self> {
        if vocabulary <= SPECIAL {
            let problem = format!("made-up text has {SPECIAL} special tokens, and needs at least one word");
            return Err(Error::Size { name: "vocabulary-size", value: vocabulary, problem });
        }
        let source = Source::new(vocabulary - SPECIAL, seed);
        let part = |words: usize, seed: u32| {
            let ids: Vec<u32> = source.text(words, seed).ids.into_iter().map(|id| id + SPECIAL as u32).collect();
            let mut numpy = Numpy::from_seed(seed);
            let mut sentences = Vec::new();
            let mut rest = &ids[..];
            while !rest.is_empty() {
                let length = LENGTHS.0 + (numpy.double() * LENGTHS.1 as f64) as usize;
                let (sentence, after) = rest.split_at(length.min(rest.len()));
                sentences.push(sentence.to_vec());
                rest = after;
            }
            examples([sentences], sequence, MADE_UP, seed)
        };
        let (training, validation) = (part(WORDS[0], seed.wrapping_add(1))?, part(WORDS[1], seed.wrapping_add(2))?);
        Ok(Self { training, validation, special: MADE_UP })
    }

    /// The text of examples, the last tenth of which, at most `most`, are validated on.
    ///
    /// # Errors
    /// [`Error::Text`] where there are fewer than two.
    pub fn split(mut examples: Vec<Example>, most: usize, special: SpecialTokens) -> Result<Self> {
        let count = (examples.len() / 10).clamp(1, most.max(1));
        if examples.len() < 2 {
            let problem = format!(
                "its text makes {} examples; one to train on and one to validate on are needed",
                examples.len()
            );
            return Err(wrong("corpus", "end".to_owned(), problem));
        }
        let validation = examples.split_off(examples.len() - count);
        Ok(Self { training: examples, validation, special })
    }
}

/// Examples of T = `sequence` tokens from documents, each a list of sentences, as ELECTRA's are built.
///
/// # Errors
/// [`Error::Size`] where T is too small.
pub fn examples(
    documents: impl IntoIterator<Item = Vec<Vec<u32>>>,
    sequence: usize,
    special: SpecialTokens,
    seed: u32,
) -> Result<Vec<Example>> {
    let mut builder = ExampleBuilder::new(sequence, special, seed.into())?;
    let mut all = Vec::new();
    for document in documents {
        for sentence in document.iter().filter(|sentence| !sentence.is_empty()) {
            all.extend(builder.add(sentence));
        }
        all.extend(builder.end_document());
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 400,000 words in examples of 64 tokens, about 75 of them each with what is cut off; all ids are in the vocabulary.
    #[test]
    fn made_up_text_fills_its_examples() {
        let text = PretrainingText::made_up(104, 64, 7).unwrap();
        assert!((5_000..7_500).contains(&text.training.len()), "{}", text.training.len());
        let ids = text.training.iter().flat_map(|example| &example.ids);
        assert!(ids.clone().all(|&id| id < 104) && ids.clone().any(|&id| id == 103));
        assert_ne!(text.training[0], text.validation[0]);
        assert_eq!(text, PretrainingText::made_up(104, 64, 7).unwrap());
        let message = PretrainingText::made_up(4, 64, 7).unwrap_err().to_string();
        assert!(message.starts_with("size vocabulary-size = 4: made-up text has 4 special tokens"), "{message}");
    }

    #[test]
    fn a_tenth_is_validated_on() {
        let all = |count| (0..count).map(|id| Example::from_texts(&[id + 4], None, 5, MADE_UP)).collect::<Vec<_>>();
        let parts = |count, most| {
            let text = PretrainingText::split(all(count), most, MADE_UP).unwrap();
            (text.training.len(), text.validation.len())
        };
        assert_eq!([parts(40, 99), parts(40, 3), parts(2, 99)], [(36, 4), (37, 3), (1, 1)]);
        let message = PretrainingText::split(all(1), 9, MADE_UP).unwrap_err().to_string();
        assert!(message.starts_with("corpus, end: its text makes 1 examples"), "{message}");
    }
}
