//! Hugging Face's names for the weights of a BERT and its kin. Checkpoints differ: names may begin with that of the model,
//! checkpoints converted from TensorFlow call weight and bias of a layer norm gamma and beta, and DistilBERT has names of
//! its own.

/// Ours and theirs, where they differ.
const RENAMED: [(&str, &str); 3] = [
    (".operation.operation.", ".attention.self."),
    (".operation.output.", ".attention.output."),
    (".intermediate.dense_in.", ".intermediate.dense."),
];

/// Ours and DistilBERT's, where they differ: the longer ones first.
const DISTILLED: [(&str, &str); 9] = [
    (".operation.operation.query.", ".attention.q_lin."),
    (".operation.operation.key.", ".attention.k_lin."),
    (".operation.operation.value.", ".attention.v_lin."),
    (".operation.output.dense.", ".attention.out_lin."),
    (".operation.output.LayerNorm.", ".sa_layer_norm."),
    (".intermediate.dense_in.", ".ffn.lin1."),
    (".output.dense.", ".ffn.lin2."),
    (".output.LayerNorm.", ".output_layer_norm."),
    ("encoder.layer.", "transformer.layer."),
];

/// Prefixes of the names of an encoder inside a model for a task.
const PREFIXES: [&str; 4] = ["bert.", "electra.", "roberta.", "distilbert."];

/// The names a weight may have in a checkpoint, the most common one first.
pub fn theirs(ours: &str) -> Vec<String> {
    let usual = usual(ours);
    let old = usual.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta");
    let distilled = DISTILLED.iter().fold(ours.to_owned(), |name, (ours, theirs)| name.replace(ours, theirs));
    let prefixed = |name: &String| PREFIXES.map(|prefix| format!("{prefix}{name}"));
    let names = [&usual, &old, &distilled].into_iter();
    names.flat_map(|name| std::iter::once(name.clone()).chain(prefixed(name))).collect()
}

/// The most common name of a weight, without prefix.
pub fn usual(ours: &str) -> String {
    RENAMED.iter().fold(ours.to_owned(), |name, (ours, theirs)| name.replace(ours, theirs))
}

/// The layer that the weight of this name belongs to, from 0.
pub fn layer(theirs: &str) -> Option<usize> {
    let inner = PREFIXES.iter().find_map(|prefix| theirs.strip_prefix(prefix)).unwrap_or(theirs);
    let place = inner.strip_prefix("encoder.layer.").or_else(|| inner.strip_prefix("transformer.layer."))?;
    place.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::{layer, theirs, usual};

    #[test]
    fn names_give_the_layer() {
        assert_eq!(layer("bert.encoder.layer.11.output.dense.weight"), Some(11));
        assert_eq!(layer("electra.encoder.layer.2.output.dense.weight"), Some(2));
        assert_eq!(layer("distilbert.transformer.layer.3.ffn.lin1.bias"), Some(3));
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
                "roberta.encoder.layer.3.attention.output.LayerNorm.bias",
                "distilbert.encoder.layer.3.attention.output.LayerNorm.bias",
                "encoder.layer.3.attention.output.LayerNorm.beta",
                "bert.encoder.layer.3.attention.output.LayerNorm.beta",
                "electra.encoder.layer.3.attention.output.LayerNorm.beta",
                "roberta.encoder.layer.3.attention.output.LayerNorm.beta",
                "distilbert.encoder.layer.3.attention.output.LayerNorm.beta",
                "transformer.layer.3.sa_layer_norm.bias",
                "bert.transformer.layer.3.sa_layer_norm.bias",
                "electra.transformer.layer.3.sa_layer_norm.bias",
                "roberta.transformer.layer.3.sa_layer_norm.bias",
                "distilbert.transformer.layer.3.sa_layer_norm.bias",
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
