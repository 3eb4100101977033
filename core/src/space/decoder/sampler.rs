//! The spaces that published decoders are from: how many decoders each has, drawing from it, and whether a decoder is of
//! it.
//!
//! Those of LTS have the ranges of its random sets on WikiText-103, those of HW-GPT-Bench are its three supernets. The
//! published seeds are not known, so that the published decoders cannot be drawn again.

use std::ops::RangeInclusive;

use serde_json::{Value, json};

use super::{Biases, Decoder, Layer, Original, Words};
use crate::random::python::Python;
use crate::{Error, Result, nearest};

/// A space of decoders.
#[derive(Debug, Clone, PartialEq)]
pub struct Space {
    /// Its name.
    pub name: &'static str,
    original: Original,
    /// L.
    layers: RangeInclusive<usize>,
    /// H.
    widths: &'static [usize],
    /// A of each layer.
    heads: &'static [usize],
    /// Widths of feed-forward layers where these are any whole numbers: from so many widths of the layer on, rounded up;
    /// else they are 2, 3 or 4 times that width.
    narrowest: Option<f64>,
    /// V.
    words: usize,
}

/// Every width of feed-forward layers is within it, where these are any whole numbers.
const FEED_FORWARD: [usize; 2] = [512, 2_048];

/// Widths of feed-forward layers, in widths of the layer, where they are multiples of it.
const MULTIPLES: [usize; 3] = [2, 3, 4];

/// Of LTS: widths of the embeddings of the first cluster of words, and what they are divided by from one to the next.
const EMBEDDINGS: [usize; 3] = [128, 256, 512];
const DIVISIONS: [usize; 3] = [1, 2, 4];

/// Of LTS on WikiText-103: tokens of a sequence, and where clusters of words begin.
const LENGTH: usize = 192;
const CUTOFFS: [usize; 3] = [19_997, 39_997, 199_997];

/// Of HW-GPT-Bench: the width of a head.
const HEAD: usize = 64;

const LTS_GPT2: Space = Space {
    name: "lts-gpt2",
    original: Original::Gpt2,
    layers: 2..=16,
    widths: &[64, 128, 256, 512],
    heads: &[2, 4, 8],
    narrowest: Some(1.7),
    words: 50_264,
};

const HW_GPT_S: Space = Space {
    name: "hw-gpt-s",
    original: Original::HwGpt,
    layers: 10..=12,
    widths: &[192, 384, 768],
    heads: &[4, 8, 12],
    narrowest: None,
    words: 50_254,
};

/// All spaces.
pub static SPACES: [Space; 5] = [
    LTS_GPT2,
    Space {
        name: "lts-xl",
        original: Original::TransformerXl,
        layers: 5..=8,
        narrowest: Some(2.0),
        words: 267_736,
        ..LTS_GPT2
    },
    HW_GPT_S,
    Space { name: "hw-gpt-m", layers: 22..=24, widths: &[256, 512, 1_024], heads: &[8, 12, 16], ..HW_GPT_S },
    Space { name: "hw-gpt-l", layers: 34..=36, widths: &[320, 640, 1_280], heads: &[8, 16, 20], ..HW_GPT_S },
];

impl Space {
    /// The space of this name.
    ///
    /// # Errors
    /// [`Error::Unknown`] with the nearest name.
    pub fn find(name: &str) -> Result<&'static Self> {
        nearest::find("space", name, &SPACES, |space| space.name)
    }

    /// How many decoders it has.
    pub fn decoders(&self) -> f64 {
        let further = if self.narrowest.is_some() { EMBEDDINGS.len() * DIVISIONS.len() } else { 2 };
        let of_width = |&width: &usize| {
            let layer = (self.heads.len() * self.feed_forward(width).count()) as f64;
            self.layers.clone().map(|layers| layer.powf(layers as f64)).sum::<f64>()
        };
        further as f64 * self.widths.iter().map(of_width).sum::<f64>()
    }

    /// Decoders drawn from a seed one after another, without end, as [`Decoder::from_json`] reads them: every width,
    /// number of layers and option of a layer is equally probable.
    pub fn draw(&self, seed: u64) -> impl Iterator<Item = Value> {
        let mut python = Python::from_seed(seed);
        std::iter::from_fn(move || self.one(&mut python))
    }

    fn one(&self, python: &mut Python) -> Option<Value> {
        let width = *python.choice(self.widths)?;
        let layers = python.randint(*self.layers.start(), *self.layers.end());
        let mut each = |from: &[usize]| (0..layers).map(|_| python.choice(from).copied()).collect::<Option<Vec<_>>>();
        let heads = each(self.heads)?;
        let inner: Vec<usize> = self.feed_forward(width).collect();
        let inner = each(&inner)?;
        if self.narrowest.is_none() {
            let ratios: Vec<usize> = inner.iter().map(|inner| inner / width).collect();
            let bias = python.choice(&[false, true])?;
            return Some(json!({
                "model": "hw_gpt", "n_layer": layers, "n_embd": width, "n_head": heads, "mlp_ratio": ratios,
                "bias": bias,
            }));
        }
        let kind = if self.original == Original::TransformerXl { "lts_xl" } else { "lts_gpt2" };
        Some(json!({
            "model": kind, "n_layer": layers, "d_model": width, "n_head": heads, "d_inner": inner,
            "d_embed": python.choice(&EMBEDDINGS)?, "div_val": python.choice(&DIVISIONS)?, "n_token": self.words,
            "tgt_len": LENGTH, "cutoffs": CUTOFFS,
        }))
    }

    /// The widths that a feed-forward layer may have.
    fn feed_forward(&self, width: usize) -> Box<dyn Iterator<Item = usize>> {
        match self.narrowest {
            None => Box::new(MULTIPLES.into_iter().map(move |multiple| multiple * width)),
            Some(narrowest) => {
                let [least, most] = FEED_FORWARD;
                Box::new(least.max((narrowest * width as f64).ceil() as usize)..=most)
            }
        }
    }

    /// Checks that a decoder is of this space.
    ///
    /// # Errors
    /// [`Error::Configuration`] with the first part of it that is not.
    pub fn check(&self, decoder: &Decoder) -> Result<()> {
        let wrong = |place: &str, found: String| {
            let problem = format!("{found}, which is not in the space {}", self.name);
            Err(Error::Configuration { place: place.to_owned(), problem })
        };
        let Decoder { original, width, ref layers, vocabulary, .. } = *decoder;
        if original != self.original {
            return wrong("model", format!("the decoder is a {original:?}"));
        }
        if !self.layers.contains(&layers.len()) {
            return wrong("n_layer", format!("{} layers", layers.len()));
        }
        if !self.widths.contains(&width) {
            return wrong("width", format!("layers are {width} wide"));
        }
        if vocabulary != self.words || !self.has_words(decoder) {
            return wrong("words", format!("a table of {vocabulary} words like this"));
        }
        if self.narrowest.is_none() && ![Biases::NONE, Biases::ALL].contains(&decoder.biases) {
            return wrong("bias", "some maps have a bias".to_owned());
        }
        match layers.iter().position(|layer| !self.has_layer(width, layer)) {
            Some(index) => {
                let Layer { heads, head_size, feed_forward, .. } = layers[index];
                let found = format!("{heads} heads of {head_size} and a feed-forward layer {feed_forward} wide");
                wrong(&format!("layer {index}"), found)
            }
            None => Ok(()),
        }
    }

    fn has_words(&self, decoder: &Decoder) -> bool {
        match &decoder.words {
            Words::Whole { tied, bias } => self.narrowest.is_none() && *tied && !bias,
            Words::Adaptive(adaptive) => {
                let has_width = EMBEDDINGS.contains(&adaptive.embedding) && DIVISIONS.contains(&adaptive.division);
                let begin = CUTOFFS.into_iter().filter(|&cutoff| cutoff < self.words);
                self.narrowest.is_some() && has_width && begin.eq(adaptive.cutoffs.iter().copied())
            }
        }
    }

    fn has_layer(&self, width: usize, layer: &Layer) -> bool {
        let head_size = if self.narrowest.is_none() { Some(HEAD) } else { width.checked_div(layer.heads) };
        let fits =
            self.heads.contains(&layer.heads) && self.feed_forward(width).any(|inner| inner == layer.feed_forward);
        fits && Some(layer.head_size) == head_size && layer.key_value_heads == layer.heads && layer.window.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three widths, with or without bias, and 9¹⁰ + 9¹¹ + 9¹² stacks of layers.
    #[test]
    fn spaces_have_their_sizes() {
        let size = |name| Space::find(name).unwrap().decoders();
        assert_eq!(size("hw-gpt-s"), 6.0 * (9_f64.powi(10) + 9_f64.powi(11) + 9_f64.powi(12)));
        // Of 1,537 widths of feed-forward layers, with layers of 512 from ⌈870.4⌉ on 1,178.
        let [wide, narrow] = [1_178_f64, 1_537.0]
            .map(|widths| (2..=16).map(|layers| (3.0 * widths).powf(f64::from(layers))).sum::<f64>());
        assert!((size("lts-gpt2") / (9.0 * (3.0 * narrow + wide)) - 1.0).abs() < 1e-12);
        let message = Space::find("lts-gpt").unwrap_err().to_string();
        assert_eq!(message, "unknown space 'lts-gpt'; did you mean 'lts-gpt2'?");
    }

    /// All of them differ; another one is not of the space.
    #[test]
    fn what_is_drawn_is_of_the_space() {
        for (index, space) in SPACES.iter().enumerate() {
            let drawn: Vec<Value> = space.draw(1).take(30).collect();
            let other = &SPACES[(index + 1) % SPACES.len()];
            for (place, config) in drawn.iter().enumerate() {
                let decoder = Decoder::from_json(&config.to_string()).unwrap();
                space.check(&decoder).unwrap();
                assert!(other.check(&decoder).is_err(), "{config}");
                assert!(!drawn[..place].contains(config), "{config}");
            }
            assert_eq!(drawn, space.draw(1).take(30).collect::<Vec<_>>());
        }
    }

    #[test]
    fn what_is_not_of_the_space_is_named() {
        let space = Space::find("hw-gpt-s").unwrap();
        let config = json!({
            "model": "hw_gpt", "n_embd": 384, "n_layer": 10, "n_head": 8, "mlp_ratio": 3, "bias": true,
        });
        let message = |part: &str, value: Value| {
            let mut config = config.clone();
            config[part] = value;
            let checked = space.check(&Decoder::from_json(&config.to_string()).unwrap());
            checked.err().map(|error| error.to_string()).unwrap_or_default()
        };
        assert_eq!(message("n_layer", 10.into()), "");
        for (part, value, found) in [
            ("n_layer", 9, "n_layer: 9 layers"),
            ("n_embd", 385, "width: layers are 385 wide"),
            ("n_head", 6, "layer 0: 6 heads of 64 and a feed-forward layer 1152 wide"),
            ("mlp_ratio", 5, "layer 0: 8 heads of 64 and a feed-forward layer 1920 wide"),
            ("head_size", 32, "layer 0: 8 heads of 32"),
            ("vocab_size", 60, "words: a table of 60 words"),
        ] {
            let message = message(part, value.into());
            assert!(message.contains(found) && message.ends_with("not in the space hw-gpt-s"), "{message}");
        }
    }
}
