//! The names of the weights of decoders, as their originals have them.

use crate::space::decoder::{Decoder, Original};

/// Names of weights, those of a layer without its number; matrices and biases are named `name.weight` and `name.bias`.
pub struct Names {
    /// The table of words; with clusters what their names begin with.
    pub table: &'static str,
    /// The head; with clusters what their names begin with.
    pub head: &'static str,
    /// What the names of a layer begin with, before its number.
    layers: &'static str,
    /// The norm of attention.
    pub attention_norm: &'static str,
    /// Queries, keys and values: one map, or three.
    pub query_key_value: &'static [&'static str],
    /// The map of mixed values.
    pub attention_output: &'static str,
    /// The norm of the feed-forward layer.
    pub feed_forward_norm: &'static str,
    /// The map before the activation, or the gate and what it is multiplied with.
    pub feed_forward: &'static [&'static str],
    /// The map after the activation.
    pub feed_forward_output: &'static str,
    /// The norm after the last layer, where there is one.
    pub norm: &'static str,
}

/// The table of positions, where there is one.
pub const POSITIONS: &str = "transformer.wpe.weight";

/// Transformer-XL's map of distances, in a layer.
pub const DISTANCES: &str = "dec_attn.r_net";

const GPT2: Names = Names {
    table: "transformer.wte",
    head: "lm_head",
    layers: "transformer.h",
    attention_norm: "ln_1",
    query_key_value: &["attn.c_attn"],
    attention_output: "attn.c_proj",
    feed_forward_norm: "ln_2",
    feed_forward: &["mlp.c_fc"],
    feed_forward_output: "mlp.c_proj",
    norm: "transformer.ln_f",
};

const GPT_NEO: Names = Names {
    query_key_value: &["attn.attention.q_proj", "attn.attention.k_proj", "attn.attention.v_proj"],
    attention_output: "attn.attention.out_proj",
    ..GPT2
};

const GPT_NEOX: Names = Names {
    table: "gpt_neox.embed_in",
    head: "embed_out",
    layers: "gpt_neox.layers",
    attention_norm: "input_layernorm",
    query_key_value: &["attention.query_key_value"],
    attention_output: "attention.dense",
    feed_forward_norm: "post_attention_layernorm",
    feed_forward: &["mlp.dense_h_to_4h"],
    feed_forward_output: "mlp.dense_4h_to_h",
    norm: "gpt_neox.final_layer_norm",
};

const HW_GPT: Names = Names {
    attention_norm: "norm_1",
    query_key_value: &["attn.attn"],
    attention_output: "attn.proj",
    feed_forward_norm: "norm_2",
    feed_forward: &["mlp.fc"],
    feed_forward_output: "mlp.proj",
    ..GPT2
};

const LLAMA: Names = Names {
    table: "model.embed_tokens",
    head: "lm_head",
    layers: "model.layers",
    attention_norm: "input_layernorm",
    query_key_value: &["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"],
    attention_output: "self_attn.o_proj",
    feed_forward_norm: "post_attention_layernorm",
    feed_forward: &["mlp.gate_proj", "mlp.up_proj"],
    feed_forward_output: "mlp.down_proj",
    norm: "model.norm",
};

const TRANSFORMER_XL: Names = Names {
    table: "word_emb",
    head: "crit",
    layers: "layers",
    attention_norm: "dec_attn.layer_norm",
    query_key_value: &["dec_attn.qkv_net"],
    attention_output: "dec_attn.o_net",
    feed_forward_norm: "pos_ff.layer_norm",
    feed_forward: &["pos_ff.CoreNet.0"],
    feed_forward_output: "pos_ff.CoreNet.3",
    norm: "",
};

impl Names {
    /// Those of a decoder.
    pub fn of(decoder: &Decoder) -> &'static Self {
        match decoder.original {
            Original::Gpt2 => &GPT2,
            Original::GptNeo => &GPT_NEO,
            Original::Llama => &LLAMA,
            Original::GptNeoX => &GPT_NEOX,
            Original::HwGpt => &HW_GPT,
            Original::TransformerXl => &TRANSFORMER_XL,
        }
    }

    /// What the names of all layers begin with.
    pub fn in_layers(&self) -> &'static str {
        self.layers
    }

    /// A part of a layer, counted from 0.
    pub fn in_layer(&self, layer: usize, part: &str) -> String {
        format!("{}.{layer}.{part}", self.layers)
    }

    /// The matrix of a table or head of all words.
    pub fn matrix(name: &str) -> String {
        format!("{name}.weight")
    }

    /// The table of a cluster.
    pub fn cluster_table(&self, cluster: usize) -> String {
        format!("{}.emb_layers.{cluster}.weight", self.table)
    }

    /// The map from the embeddings of a cluster to the width of the layers.
    pub fn input_projection(&self, cluster: usize) -> String {
        format!("{}.emb_projs.{cluster}", self.table)
    }

    /// The map back, where it is not the same.
    pub fn output_projection(&self, cluster: usize) -> String {
        format!("{}.out_projs.{cluster}", self.head)
    }

    /// The bias of the words of a cluster.
    pub fn cluster_bias(&self, cluster: usize) -> String {
        format!("{}.out_layers_biases.{cluster}", self.head)
    }

    /// Matrix and bias of the clusters themselves.
    pub fn clusters(&self) -> [String; 2] {
        ["cluster_weight", "cluster_bias"].map(|part| format!("{}.{part}", self.head))
    }
}

/// The biases of a layer's queries, which meet keys and distances.
pub fn query_biases(layer: usize) -> [String; 2] {
    [format!("r_w_bias_{layer}"), format!("r_r_bias_{layer}")]
}
