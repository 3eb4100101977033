//! Hugging Face's names for the weights of a BERT or an ELECTRA. Checkpoints differ: names may begin with `bert.` or
//! `electra.`, and checkpoints converted from TensorFlow call weight and bias of a layer norm gamma and beta.

/// Ours and theirs, where they differ.
const RENAMED: [(&str, &str); 3] = [
    (".operation.operation.", ".attention.self."),
    (".operation.output.", ".attention.output."),
    (".intermediate.dense_in.", ".intermediate.dense."),
];

/// Prefixes of the names of an encoder inside a model for a task.
const PREFIXES: [&str; 2] = ["bert.", "electra."];

/// The names a weight may have in a checkpoint, the most common one first.
pub fn theirs(ours: &str) -> Vec<String> {
    let usual = usual(ours);
    let old = usual.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta");
    let prefixed = |name: &String| PREFIXES.map(|prefix| format!("{prefix}{name}"));
    [&usual, &old].into_iter().flat_map(|name| std::iter::once(name.clone()).chain(prefixed(name))).collect()
}

/// The most common name of a weight, without prefix.
pub fn usual(ours: &str) -> String {
    RENAMED.iter().fold(ours.to_owned(), |name, (ours, theirs)| name.replace(ours, theirs))
}

/// The layer that the weight of this name belongs to, from 0.
pub fn layer(theirs: &str) -> Option<usize> {
    let inner = PREFIXES.iter().find_map(|prefix| theirs.strip_prefix(prefix)).unwrap_or(theirs);
    let place = inner.strip_prefix("encoder.layer.")?;
    place.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::{layer, theirs, usual};

    #[test]
    fn names_give_the_layer() {
        assert_eq!(layer("bert.encoder.layer.11.output.dense.weight"), Some(11));
        assert_eq!(layer("electra.encoder.layer.2.output.dense.weight"), Some(2));
        assert_eq!((layer("encoder.layer.0.output.dense.weight"), layer("pooler.dense.weight")), (Some(0), None));
    }

    #[test]
    fn names_are_those_of_hugging_face() {
        assert_eq!(
            theirs("encoder.layer.3.operation.output.LayerNorm.bias"),
            [
                "encoder.layer.3.attention.output.LayerNorm.bias",
                "bert.encoder.layer.3.attention.output.LayerNorm.bias",
                "electra.encoder.layer.3.attention.output.LayerNorm.bias",
                "encoder.layer.3.attention.output.LayerNorm.beta",
                "bert.encoder.layer.3.attention.output.LayerNorm.beta",
                "electra.encoder.layer.3.attention.output.LayerNorm.beta",
            ]
        );

        assert_eq!(
            usual("encoder.layer.0.operation.operation.query.weight"),
            "encoder.layer.0.attention.self.query.weight"
        );
        assert_eq!(usual("encoder.layer.0.intermediate.dense_in.bias"), "encoder.layer.0.intermediate.dense.bias");
        assert_eq!(usual("encoder.layer.0.output.dense.weight"), "encoder.layer.0.output.dense.weight");
    }
}
