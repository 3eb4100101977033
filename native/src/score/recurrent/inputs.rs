//! Given token ids, next words and noise.

use std::path::Path;

use serde::Deserialize;
use untrained_core::network::Batch;
use untrained_core::network::recurrent::Sizes;
use untrained_core::origin::Read;

use crate::input;
use crate::outcome::Usage;
use crate::score::further::Further;
use untrained_core::digest::sha256;

/// Token ids and noise, in the form of the golden files.
#[derive(Deserialize)]
pub struct Inputs {
    /// [T, B]: by step and sample.
    tokens: Vec<Vec<u32>>,
    /// [T, B]: the next word of each; if absent the token one step later.
    targets: Option<Vec<Vec<u32>>>,
    /// [T, B, E]: by step, sample and feature; drawn from the seed if absent.
    noise: Option<Vec<Vec<Vec<f64>>>>,
    #[serde(flatten)]
    further: Further,
    /// SHA-256 of the file.
    #[serde(skip)]
    digest: String,
}

impl Inputs {
    /// Reads them from JSON; other keys are ignored.
    ///
    /// # Errors
    /// One sentence with the path and the place.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let text = input::read(path, "inputs")?;
        let inputs: Self = serde_json::from_str(&text).map_err(|error| input::damaged("inputs", path, &error))?;
        let inputs = Self { digest: sha256(text.as_bytes()), ..inputs };
        if let Some(targets) = &inputs.targets {
            let shape = |ids: &[Vec<u32>]| ids.iter().map(Vec::len).collect::<Vec<_>>();
            if shape(targets) != shape(&inputs.tokens) {
                let problem = "the targets have another shape than the tokens";
                return Err(Usage(format!("inputs {}: {problem}", path.display())).into());
            }
        }
        let ragged = inputs.tokens.iter().position(|step| step.len() != inputs.batch());
        match ragged {
            Some(step) => {
                let (found, first) = (inputs.tokens[step].len(), inputs.batch());
                Err(Usage(format!("inputs {}, step {step}: {found} tokens, where step 0 has {first}", path.display()))
                    .into())
            }
            None if inputs.batch() == 0 => Err(Usage(format!("inputs {}: there is no token", path.display())).into()),
            None => Ok(inputs),
        }
    }

    /// T: steps.
    pub fn steps(&self) -> usize {
        self.tokens.len()
    }

    /// B: samples.
    pub fn batch(&self) -> usize {
        self.tokens.first().map_or(0, Vec::len)
    }

    /// The batch, checked against the sizes, and its origin.
    ///
    /// # Errors
    /// A token out of range, or noise of another shape.
    pub fn into_batch(self, sizes: &Sizes, seed: u32) -> anyhow::Result<(Batch, Read)> {
        let tokens: Vec<u32> = self.tokens.into_iter().flatten().collect();
        let read = Read::inputs(Some(self.digest), &tokens);
        let (batch, read) = match self.noise {
            Some(noise) => {
                check_shape(&noise, sizes)?;
                (Batch::with_noise(tokens, noise.into_iter().flatten().flatten().collect()), read)
            }
            None => (Batch::from_tokens(tokens, sizes, seed)?, read.with_noise(seed)),
        };
        let batch = match self.targets {
            Some(targets) => batch.with_targets(targets.concat()),
            None => batch,
        };
        let batch = batch.with_further(self.further.into());
        batch.check(sizes)?;
        Ok((batch, read))
    }
}

/// Checks that the noise is [T, B, E].
fn check_shape(noise: &[Vec<Vec<f64>>], sizes: &Sizes) -> Result<(), Usage> {
    let wrong = |place: String, found: usize, wanted: usize| {
        Err(Usage(format!("inputs, noise{place}: {found} entries, where the sizes require {wanted}")))
    };
    if noise.len() != sizes.steps {
        return wrong(String::new(), noise.len(), sizes.steps);
    }
    for (step, samples) in noise.iter().enumerate() {
        if samples.len() != sizes.batch {
            return wrong(format!(", step {step}"), samples.len(), sizes.batch);
        }
        if let Some(sample) = samples.iter().position(|features| features.len() != sizes.embedding) {
            return wrong(format!(", step {step} sample {sample}"), samples[sample].len(), sizes.embedding);
        }
    }
    Ok(())
}
