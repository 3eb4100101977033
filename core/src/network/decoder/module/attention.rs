//! The attention of a layer: tokens attend to themselves and to those before them.

use burn::tensor::Tensor;

use super::super::names::{DISTANCES, Names, query_biases};
use super::assembly::{Assembled, Maps};
use crate::Result;
use crate::network::transformer::kernel::attention::{Heads, Mask};
use crate::network::transformer::module::attention::{attended, joined, split};
use crate::network::transformer::module::capture::Capture;
use crate::network::transformer::module::parts::Linear;
use crate::network::transformer::module::positions::{Rotation, by_distance, waves};
use crate::observation::Role;
use crate::space::decoder::{Decoder, Layer, Position};

impl Assembled<'_> {
    /// The attention of a layer with its output map, from [B, T, H] to [B, T, H].
    pub fn attention(
        &self,
        (index, layer): (usize, &Layer),
        x: &Tensor<3>,
        capture: &mut Capture,
    ) -> Result<Tensor<3>> {
        let Decoder { biases, position, scale, .. } = *self.decoder;
        let names = Names::of(self.decoder);
        let maps = Maps { role: Role::Operation, parts: names.query_key_value, biased: biases.query_key_value };
        let [query, key, value] = self.heads(&self.maps(index, &maps, x, capture)?, layer);
        let tokens = query.dims()[2];
        let (query, key, added) = match position {
            Position::Rotary { theta, .. } if position.rotated(layer.head_size) > 0 => {
                let rotated = position.rotated(layer.head_size);
                let rotation = Rotation::new(rotated, theta, tokens, &self.parameters.device);
                (rotation.apply(query), rotation.apply(key), None)
            }
            Position::Learned | Position::Rotary { .. } => (query, key, None),
            Position::Relative => {
                let (query, added) = self.by_distance((index, layer), &query, capture)?;
                (query, key, Some(added))
            }
        };
        let heads = Heads {
            count: layer.heads,
            key_value: layer.key_value_heads,
            scale: scale.of(index, layer.head_size),
            mask: Mask::Causal { window: layer.window },
        };
        let attention = names.query_key_value[0].rsplit_once('.').map_or("", |(attention, _)| attention);
        let name = names.in_layer(index, attention);
        let mixed = joined(attended([query, key, value], added, (&name, heads), capture));
        let role = Role::OperationOutput;
        let maps = Maps { role, parts: &[names.attention_output], biased: biases.attention_output };
        self.map(index, &maps, &mixed, capture)
    }

    /// Query [B, A, T, d], key and value [B, K, T, d] each, from the outputs of one map or three.
    fn heads(&self, projected: &[Tensor<3>], layer: &Layer) -> [Tensor<4>; 3] {
        let Layer { heads, key_value_heads, head_size, .. } = *layer;
        let own = [heads, key_value_heads, key_value_heads];
        [0, 1, 2].map(|part| match projected {
            [fused] => {
                let [batch, tokens, _] = fused.dims();
                // One head after another, or all queries before all keys before all values.
                let (axis, sizes) =
                    if self.decoder.original.is_interleaved() { (3, [heads, 3]) } else { (2, [3, heads]) };
                let all = fused.clone().reshape([batch, tokens, sizes[0], sizes[1], head_size]);
                all.narrow(axis, part, 1).reshape([batch, tokens, heads, head_size]).swap_dims(1, 2)
            }
            parts => split(parts[part].clone(), own[part]),
        })
    }

    /// Of queries [B, A, T, d] those that meet keys, and what their distances add to the scores, [B, A, T, T].
    fn by_distance(
        &self,
        (index, layer): (usize, &Layer),
        query: &Tensor<4>,
        capture: &mut Capture,
    ) -> Result<(Tensor<4>, Tensor<4>)> {
        let name = Names::of(self.decoder).in_layer(index, DISTANCES);
        let map = capture.watched(Linear::unbiased(&self.parameters, &name, Role::Operation)?);
        let distances = map.forward(waves(query.dims()[2], self.decoder.width, &self.parameters.device));
        let [of_keys, of_distances] = query_biases(index).map(|name| {
            let bias = self.parameters.vector(&name)?.reshape([1, layer.heads, 1, layer.head_size]);
            Ok(query.clone() + bias)
        });
        Ok((of_keys?, by_distance(of_distances?, split(distances, layer.heads))))
    }
}
