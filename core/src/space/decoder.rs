//! Decoders: GPT-2 (Radford et al., 2019) and what LTS (Javaheripi et al., NeurIPS 2022) made of it, GPT-Neo,
//! GPT-NeoX (Black et al., 2022), Transformer-XL (Dai et al., ACL 2019), the blocks of HW-GPT-Bench (Sukthanker et al., NeurIPS 2024), and
//! Llama (Touvron et al., 2023). They are one type: what differs between them is in its fields.

mod architecture;
mod check;
mod fields;
mod gpt2;
mod gpt_neo;
mod gpt_neox;
mod hw_gpt;
mod llama;
mod lts;
mod original;
mod parse;
mod sampler;
mod words;

pub use architecture::{Activation, Biases, Decoder, Layer, MOST_LAYERS, Norm, Position, Residual, Scale};
pub use original::Original;
pub use sampler::{SPACES, Space};
pub use words::{Adaptive, Words};
