//! ELECTRA's examples for pre-training (Clark et al. 2020): sentences that follow each other, as one text or as two.

use super::example::{Example, SpecialTokens};
use crate::random::python::Python;
use crate::{Error, Result};

/// Least number of tokens of an example that is drawn short.
const SHORTEST: usize = 5;

/// Probability that an example has one text, as in tasks with a single sentence.
const SINGLE: f64 = 0.1;

/// Probability that the next example is short, of a length that is drawn.
const SHORT: f64 = 0.05;

/// Collects the sentences of documents and makes examples of them. It draws as the published program does after
/// `random.seed(seed)`: all documents of a corpus go through one builder, in their order.
#[derive(Clone)]
pub struct ExampleBuilder {
    /// T: tokens of an example, padding included.
    sequence: usize,
    special: SpecialTokens,
    python: Python,
    /// The sentences that are in no example yet.
    sentences: Vec<Vec<u32>>,
    /// How many tokens they have.
    tokens: usize,
    /// With how many an example is made.
    wanted: usize,
}

impl ExampleBuilder {
    /// A builder of examples of T = `sequence` tokens.
    ///
    /// # Errors
    /// [`Error::Size`] when T is less than 5, the shortest length that is drawn.
    pub fn new(sequence: usize, special: SpecialTokens, seed: u64) -> Result<Self> {
        if sequence < SHORTEST {
            let problem = format!("an example for pre-training takes at least {SHORTEST} tokens");
            return Err(Error::Size { name: "sequence", value: sequence, problem });
        }
        let python = Python::from_seed(seed);
        Ok(Self { sequence, special, python, sentences: Vec::new(), tokens: 0, wanted: sequence })
    }

    /// Adds the token ids of a sentence, without special tokens; an example where there are enough now.
    pub fn add(&mut self, sentence: &[u32]) -> Option<Example> {
        self.tokens += sentence.len();
        self.sentences.push(sentence.to_vec());
        (self.tokens >= self.wanted).then(|| self.example())
    }

    /// Ends a document; an example of what is left of it.
    pub fn end_document(&mut self) -> Option<Example> {
        (self.tokens > 0).then(|| self.example())
    }

    /// An example of all sentences. What does not fit is lost, as it is in the published program.
    fn example(&mut self) -> Example {
        let bound = if self.python.random() < SINGLE { usize::MAX } else { self.wanted.saturating_sub(3) / 2 };
        let (mut first, mut second) = (Vec::new(), Vec::new());
        for sentence in std::mem::take(&mut self.sentences) {
            // The draw is made only where it decides.
            let joins_first = first.is_empty()
                || first.len() + sentence.len() < bound
                || (second.is_empty() && first.len() < bound && self.python.random() < 0.5);
            let segment = if joins_first { &mut first } else { &mut second };
            segment.extend(sentence);
        }
        first.truncate(self.sequence - 2);
        second.truncate((self.sequence - 2).saturating_sub(first.len() + 1));
        self.tokens = 0;
        let is_short = self.python.random() < SHORT;
        self.wanted = if is_short { self.python.randint(SHORTEST, self.sequence) } else { self.sequence };
        Example::assemble(&first, &second, self.sequence, self.special)
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::{ExampleBuilder, SpecialTokens};

    const SPECIAL: SpecialTokens = SpecialTokens { cls: 1, sep: 2, mask: 3, pad: 0 };

    /// Examples that the published class made of these sentences with Python's generator.
    const GOLDEN: &str = include_str!("../../../tests/golden/train_electra_examples.json");

    #[derive(Deserialize)]
    struct Golden {
        longest: usize,
        seed: u64,
        documents: Vec<Vec<Vec<u32>>>,
        examples: Vec<Row>,
    }

    #[derive(Deserialize, Debug, PartialEq)]
    struct Row {
        input_ids: Vec<u32>,
        attention_mask: Vec<u8>,
        segment_ids: Vec<u8>,
    }

    #[test]
    fn examples_are_the_published_ones() {
        let golden: Golden = serde_json::from_str(GOLDEN).unwrap();
        let mut builder = ExampleBuilder::new(golden.longest, SPECIAL, golden.seed).unwrap();
        let mut found = Vec::new();
        for document in &golden.documents {
            found.extend(document.iter().filter_map(|sentence| builder.add(sentence)));
            found.extend(builder.end_document());
        }
        assert_eq!(found.len(), 71);
        for (found, golden) in found.into_iter().zip(golden.examples) {
            let attention_mask = (0..golden.input_ids.len()).map(|at| u8::from(at < found.length)).collect();
            assert_eq!(Row { input_ids: found.ids, attention_mask, segment_ids: found.types }, golden);
        }
    }

    #[test]
    fn documents_without_tokens_give_nothing() {
        let mut builder = ExampleBuilder::new(5, SPECIAL, 0).unwrap();
        assert!(builder.end_document().is_none() && builder.add(&[]).is_none() && builder.end_document().is_none());
        let message = ExampleBuilder::new(4, SPECIAL, 0).err().unwrap().to_string();
        assert_eq!(message, "size sequence = 4: an example for pre-training takes at least 5 tokens");
    }
}
