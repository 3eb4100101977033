//! Encoders as jobs: those of NAS-Bench-BERT, or of a file.

use std::path::Path;
use std::sync::Arc;

use untrained_core::corpus;
use untrained_core::family::Family;
use untrained_core::job::Job;
use untrained_core::memory::Engine;
use untrained_core::metric::{self, Metric};
use untrained_core::network::encoder::{Demand, Model, Sizes};
use untrained_core::network::{self, Batch, WeightSource};
use untrained_core::origin::{Origin, Read};
use untrained_core::space::encoder::Configuration;

use super::options::{SizeArgs, TextArgs};
use crate::architectures::{List, Named};
use crate::device::Lazy;
use crate::many::Plan;
use crate::memory;
use crate::outcome::Usage;
use crate::score::encoder::{cut, no_vocabulary, read_corpus};
use crate::word_pieces::WordPieces;

/// What every encoder reads.
struct Input {
    sizes: Sizes,
    /// [B, T].
    tokens: Vec<u32>,
    read: Read,
    /// That the tokenizer cuts texts, where it does.
    remark: Option<String>,
}

/// A job for every encoder. Before a corpus is read or a text is made up, sizes and memory are checked.
///
/// # Errors
/// What of the options cannot be used.
pub fn plan(encoders: List<Configuration>, text: &TextArgs, size: &SizeArgs, device: &Lazy) -> anyhow::Result<Plan> {
    let digest = encoders.digest();
    let List { all, benchmark } = encoders;
    let metrics = metric::select(Family::Encoder, &text.metrics)?;
    let drawn = all.iter().map(|named| named.architecture.as_ref());
    let drawn = drawn.map(|drawn| if size.as_published { drawn.as_published() } else { drawn.clone() });
    let configurations: Vec<Configuration> = drawn.collect();
    let fits = |sizes: &Sizes| device.check(|engine| check(&configurations, (sizes, &metrics), engine));
    let Input { sizes, tokens, read, remark } = Input::new(text, size, fits)?;
    let origin =
        Origin { benchmark: benchmark.map(str::to_owned), as_published: Some(size.as_published), ..Origin::of(read) };
    // Padding is read as the published scores read it.
    let batch = Arc::new(Batch::of_sequences(tokens, None));
    let job = |(named, configuration): (&Named<Configuration>, Configuration)| Job {
        name: named.name.clone(),
        model: network::Model::Encoder(Model {
            configuration: Arc::new(configuration),
            sizes,
            weights: WeightSource::Seed(size.seed),
        }),
        batch: Arc::clone(&batch),
        metrics: metrics.clone(),
        origin: origin.clone(),
    };
    let jobs: Vec<Job> = all.iter().zip(configurations.iter().cloned()).map(job).collect();
    let of_jobs = jobs.first().map(Job::remarks).unwrap_or_default();
    Ok(Plan::new(jobs, remark.into_iter().chain(of_jobs).collect())?.with_recipes(digest))
}

/// Checks every encoder; they are run one after another.
fn check(
    configurations: &[Configuration],
    (sizes, metrics): (&Sizes, &[&'static dyn Metric]),
    engine: Engine,
) -> untrained_core::Result<()> {
    let memory = memory::available();
    configurations.iter().try_for_each(|configuration| {
        metric::check(metrics, |needs| {
            Demand { configuration, sizes, needs, weights_given: false, engine }.check(memory)
        })
    })
}

impl Input {
    fn new(text: &TextArgs, size: &SizeArgs, fits: impl Fn(&Sizes) -> anyhow::Result<()>) -> anyhow::Result<Self> {
        let corpus = text.corpus.as_deref().map(|corpus| Ok::<_, Usage>((corpus, text.word_pieces()?))).transpose()?;
        let Some((corpus, vocabulary)) = corpus else {
            let sizes = size.encoders(0);
            sizes.check()?;
            fits(&sizes)?;
            let (tokens, read) = (corpus::sequences(&sizes, size.seed), Read::made_up(size.seed));
            return Ok(Self { sizes, tokens, read, remark: None });
        };
        let words = WordPieces::open(vocabulary)?;
        let sizes = size.encoders(words.count());
        sizes.check()?;
        fits(&sizes)?;
        let tokens = words.rows(corpus, &sizes)?.ids;
        let read = read_corpus(corpus, Some(vocabulary), &tokens)?;
        Ok(Self { sizes, tokens, read, remark: words.limit(sizes.sequence).map(cut) })
    }
}

impl TextArgs {
    /// The one file of word pieces.
    fn word_pieces(&self) -> Result<&Path, Usage> {
        match self.vocabulary.as_slice() {
            [] => Err(no_vocabulary()),
            [vocabulary] => Ok(vocabulary),
            _ => Err(Usage("encoders read one list of word pieces; give --vocabulary once".to_owned())),
        }
    }
}
