//! Hugging Face's names for the weights of a BERT. Checkpoints differ: names may begin with `bert.`, and checkpoints
//! converted from TensorFlow call weight and bias of a layer norm gamma and beta.

/// Ours and theirs, where they differ.
const RENAMED: [(&str, &str); 3] = [
    (".operation.operation.", ".attention.self."),
    (".operation.output.", ".attention.output."),
    (".intermediate.dense_in.", ".intermediate.dense."),
];

/// Prefix of the names of an encoder inside a model for a task.
const PREFIX: &str = "bert.";

/// The names a weight may have in a checkpoint, the most common one first.
pub fn theirs(ours: &str) -> Vec<String> {
    let usual = RENAMED.iter().fold(ours.to_owned(), |name, (ours, theirs)| name.replace(ours, theirs));
    let old = usual.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta");
    [&usual, &old].into_iter().flat_map(|name| [name.clone(), format!("{PREFIX}{name}")]).collect()
}

/// The layer that the weight of this name belongs to, from 0.
pub fn layer(theirs: &str) -> Option<usize> {
    let place = theirs.strip_prefix(PREFIX).unwrap_or(theirs).strip_prefix("encoder.layer.")?;
    place.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::{layer, theirs};

    #[test]
    fn names_give_the_layer() {
        assert_eq!(layer("bert.encoder.layer.11.output.dense.weight"), Some(11));
        assert_eq!((layer("encoder.layer.0.output.dense.weight"), layer("pooler.dense.weight")), (Some(0), None));
    }

    #[test]
    fn names_are_those_of_hugging_face() {
        assert_eq!(
            theirs("encoder.layer.3.operation.output.LayerNorm.bias"),
            [
                "encoder.layer.3.attention.output.LayerNorm.bias",
                "bert.encoder.layer.3.attention.output.LayerNorm.bias",
                "encoder.layer.3.attention.output.LayerNorm.beta",
                "bert.encoder.layer.3.attention.output.LayerNorm.beta",
            ]
        );
        let usual = |ours: &str| theirs(ours).swap_remove(0);
        assert_eq!(
            usual("encoder.layer.0.operation.operation.query.weight"),
            "encoder.layer.0.attention.self.query.weight"
        );
        assert_eq!(usual("encoder.layer.0.intermediate.dense_in.bias"), "encoder.layer.0.intermediate.dense.bias");
        assert_eq!(usual("encoder.layer.0.output.dense.weight"), "encoder.layer.0.output.dense.weight");
    }
}
