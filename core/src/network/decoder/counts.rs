//! Counts of a decoder, computed without running it.

use super::listed::{Part, weights};
use crate::space::decoder::{Adaptive, Decoder, Position, Words};

/// Counts of a decoder. Parameters are floats, which hold any number of them.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Structure {
    /// L: layers.
    pub layers: usize,
    /// H: width of every layer.
    pub hidden: usize,
    /// A: heads of all layers together.
    pub heads: usize,
    /// All parameters; what is tied counts once.
    pub parameters: f64,
    /// Of tables of words and positions, and of the maps from them to the width of the layers.
    pub embedding: f64,
    /// Of attention.
    pub attention: f64,
    /// Of the feed-forward layers.
    pub feed_forward: f64,
    /// Of the layers and the last norm: without tables and head.
    pub non_embedding: f64,
    /// Floating-point operations of the products in one forward pass over one sequence: a multiplication and an
    /// addition are two, and the products of the scores that are masked count. Norms, activations and sums are left
    /// out.
    pub flops: f64,
}

impl Structure {
    /// The counts of a decoder that reads `tokens`.
    pub fn new(decoder: &Decoder, tokens: usize) -> Self {
        let heads = decoder.layers.iter().map(|layer| layer.heads).sum();
        let mut counts = Self { layers: decoder.layers.len(), hidden: decoder.width, heads, ..Self::default() };
        let mut maps = 0.0;
        weights(decoder, &mut |weight| {
            let count = weight.shape.iter().map(|&length| length as f64).product::<f64>();
            counts.parameters += count;
            let part = match weight.part {
                Part::Embedding => &mut counts.embedding,
                Part::Attention => &mut counts.attention,
                Part::FeedForward => &mut counts.feed_forward,
                Part::Norm => &mut counts.non_embedding,
                Part::Head => return,
            };
            *part += count;
            if matches!(weight.part, Part::Attention | Part::FeedForward) && is_map(weight.name) {
                maps += count;
            }
        });
        counts.non_embedding += counts.attention + counts.feed_forward;
        let tokens = tokens as f64;
        counts.flops = 2.0 * tokens * (maps + mixing(decoder, tokens) + words(decoder));
        counts
    }
}

/// Whether tokens are multiplied with this weight of a layer.
fn is_map(name: &str) -> bool {
    name.ends_with(".weight")
}

/// Multiplications of a token that mix tokens: scores, sums, and with distances their scores.
fn mixing(decoder: &Decoder, tokens: f64) -> f64 {
    let products = if decoder.position == Position::Relative { 3.0 } else { 2.0 };
    decoder.layers.iter().map(|layer| products * tokens * layer.mixed() as f64).sum()
}

/// Multiplications of a token by the head, of all clusters where there are some, and by the map from the embeddings of
/// the first one.
fn words(decoder: &Decoder) -> f64 {
    let (vocabulary, width) = (decoder.vocabulary, decoder.width as f64);
    let Words::Adaptive(adaptive) = &decoder.words else { return width * vocabulary as f64 };
    let projects = adaptive.projects(decoder.width);
    let cluster = |(cluster, words): (usize, std::ops::Range<usize>)| {
        let embedding = adaptive.width(cluster) as f64;
        let projection = if projects { width * embedding } else { 0.0 };
        projection + embedding * (words.len() + further(adaptive, cluster)) as f64
    };
    let input = if projects { width * adaptive.embedding as f64 } else { 0.0 };
    input + adaptive.ranges(vocabulary).into_iter().enumerate().map(cluster).sum::<f64>()
}

/// Clusters that a cluster predicts beside its words: the first one all others.
fn further(adaptive: &Adaptive, cluster: usize) -> usize {
    if cluster == 0 { adaptive.clusters() - 1 } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::Structure;
    use crate::space::decoder::Decoder;

    fn counted(json: &str) -> Structure {
        Structure::new(&Decoder::from_json(json).unwrap(), 8)
    }

    /// The published numbers of the small GPT-2, and by its formula: V d + P d + L (12 d² + 13 d) + 2 d.
    #[test]
    fn gpt2_has_124_million_parameters() {
        let small = counted(r#"{"model_type": "gpt2"}"#);
        assert_eq!((small.parameters, small.non_embedding), (124_439_808.0, 85_056_000.0));
        let large = counted(r#"{"model_type": "gpt2", "n_embd": 1600, "n_layer": 48, "n_head": 25}"#);
        assert_eq!(large.parameters, 1_557_611_200.0);
    }

    /// As Hugging Face's library counts Llama 2 7B, TinyLlama 1.1B and GPT-Neo 125M.
    #[test]
    fn further_decoders_have_their_published_parameters() {
        let tiny = r#"{"model_type": "llama", "hidden_size": 2048, "intermediate_size": 5632, "num_hidden_layers": 22,
            "num_attention_heads": 32, "num_key_value_heads": 4}"#;
        assert_eq!(counted(r#"{"model_type": "llama"}"#).parameters, 6_738_415_616.0);
        assert_eq!(counted(tiny).parameters, 1_100_048_384.0);
        let neo = r#"{"model_type": "gpt_neo", "hidden_size": 768, "num_layers": 12, "num_heads": 12,
            "attention_types": [[["global", "local"], 6]]}"#;
        assert_eq!(counted(neo).parameters, 125_198_592.0);
    }

    /// The first small decoder of HW-GPT-Bench; there the table counts twice, since the head is not tied.
    #[test]
    fn a_decoder_of_hw_gpt_bench_has_its_parameters() {
        let first = counted(
            r#"{"model": "hw_gpt", "embed_dim": 384, "n_layer": 10, "n_head": [12, 4, 12, 12, 4, 4, 4, 8, 12, 4, 8, 12], 
            "mlp_ratio": [2, 3, 4, 2, 3, 3, 2, 3, 2, 4, 4, 4], "bias": false}"#,
        );
        assert_eq!((first.non_embedding, first.embedding), (15_744_768.0, 19_297_536.0));
    }

    /// The first lines of two published tables: embeddings, attention, feed-forward layers, without embeddings, all.
    #[test]
    fn decoders_of_lts_have_their_published_parameters() {
        let all = |counts: Structure| {
            [counts.embedding, counts.attention, counts.feed_forward, counts.non_embedding, counts.parameters]
        };
        let gpt2 = counted(
            r#"{"model": "lts_gpt2", "n_layer": 5, "d_model": 128, "n_head": [2, 4, 4, 8, 8], "d_embed": 256,
            "d_inner": [1071, 640, 1286, 800, 1871], "div_val": 4, "n_token": 50264, "tgt_len": 192,
            "cutoffs": [19997, 39997, 199997, 50264]}"#,
        );
        assert_eq!(all(gpt2), [6_631_088.0, 330_240.0, 1_457_316.0, 1_790_372.0, 8_505_006.0]);
        let xl = counted(
            r#"{"model": "lts_xl", "n_layer": 5, "d_model": 64, "n_head": [2, 2, 2, 8, 8], "d_embed": 512,
            "d_inner": [710, 1021, 1683, 1053, 1748], "div_val": 2, "n_token": 267736, "tgt_len": 192,
            "cutoffs": [19997, 39997, 199997, 267736]}"#,
        );
        assert_eq!(all(xl), [40_235_200.0, 103_040.0, 802_055.0, 906_375.0, 41_443_618.0]);
    }
}
