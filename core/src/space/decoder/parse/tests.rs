use proptest::prelude::{prop, proptest};

use super::super::{Adaptive, Decoder, Norm, Position, Scale, Words};

const LTS: &str = r#"{"model": "lts_gpt2", "n_token": 60, "tgt_len": 16, "d_model": 48, "d_embed": 32, "n_layer": 2,
    "n_head": [2, 4], "d_inner": [64, 100], "cutoffs": [20, 40, 60], "div_val": 2}"#;

const HW_GPT: &str = r#"{"model": "hw_gpt", "embed_dim": 48, "n_layer": 2, "n_head": [2, 4, 9], "mlp_ratio": [2, 3],
    "bias": false}"#;

fn problem(json: &str) -> String {
    Decoder::from_json(json).map_or_else(|error| error.to_string(), |_| String::new())
}

/// Fields that are left out have the library's defaults: those of the small GPT-2, of GPT-Neo 1.3B, of Llama 7B.
#[test]
fn defaults_are_those_of_the_library() {
    let read = |kind: &str| Decoder::from_json(&format!(r#"{{"model_type": "{kind}"}}"#)).unwrap();
    let gpt2 = read("gpt2");
    assert_eq!((gpt2.layers.len(), gpt2.width, gpt2.layers[0].head_size), (12, 768, 64));
    assert_eq!((gpt2.layers[0].feed_forward, gpt2.positions), (3_072, 1_024));
    assert_eq!(gpt2.words, Words::Whole { tied: true, bias: false });
    let neo = read("gpt_neo");
    assert_eq!((neo.layers.len(), neo.layers[0].window, neo.layers[23].window), (24, None, Some(256)));
    assert_eq!((neo.scale, neo.layers[0].head_size), (Scale::One, 128));
    let llama = read("llama");
    assert_eq!((llama.layers.len(), llama.layers[0].feed_forward, llama.layers[0].key_value_heads), (32, 11_008, 32));
    assert_eq!((llama.norm, llama.epsilon), (Norm::RootMeanSquareBefore, 1e-6));
    assert_eq!(llama.position, Position::Rotary { fraction: 1.0, theta: 10_000.0 });
    assert_eq!(llama.words, Words::Whole { tied: false, bias: false });
}

#[test]
fn given_fields_are_read() {
    let llama = r#"{"model_type": "llama", "hidden_size": 64, "num_attention_heads": 8, "num_key_value_heads": 2,
        "head_dim": 16, "num_hidden_layers": 3, "rope_scaling": null, "rope_parameters": {"rope_theta": 500000.0,
        "rope_type": "default"}, "tie_word_embeddings": true, "torch_dtype": "bfloat16"}"#;
    let read = Decoder::from_json(llama).unwrap();
    assert_eq!((read.layers[2].mixed(), read.layers[2].key_value()), (128, 32));
    assert_eq!(read.position, Position::Rotary { fraction: 1.0, theta: 500_000.0 });
    let neo = r#"{"model_type": "gpt_neo", "num_layers": 3, "attention_types": [[["global"], 1], [["local"], 2]],
        "window_size": 5, "hidden_size": 64, "num_heads": 2, "intermediate_size": null}"#;
    let read = Decoder::from_json(neo).unwrap();
    assert_eq!([0, 1, 2].map(|layer| read.layers[layer].window), [None, Some(5), Some(5)]);
    assert_eq!(read.layers[0].feed_forward, 256);
}

/// The published cutoffs end with the number of words; only as many entries as there are layers count.
#[test]
fn published_columns_are_read() {
    let lts = Decoder::from_json(LTS).unwrap();
    let clusters =
        Adaptive { embedding: 32, cutoffs: vec![20, 40], division: 2, tied_projections: vec![false, false, false] };
    assert_eq!(lts.words, Words::Adaptive(clusters));
    assert_eq!((lts.layers[1].head_size, lts.layers[1].feed_forward), (12, 100));
    let published = r#""n_token": 267736, "cutoffs": [19997, 39997, 199997, 267736]"#;
    let xl = LTS.replace("lts_gpt2", "lts_xl").replace(r#""n_token": 60"#, published);
    let xl = Decoder::from_json(&xl.replace(r#""cutoffs": [20, 40, 60], "#, "")).unwrap();
    let Words::Adaptive(Adaptive { tied_projections, cutoffs, .. }) = xl.words else { panic!() };
    assert_eq!((tied_projections, cutoffs.len()), (vec![false, true, true, true], 3));
    let hw = Decoder::from_json(&format!(r#"{{"config": {HW_GPT}, "tokens": []}}"#)).unwrap();
    assert_eq!((hw.layers.len(), hw.layers[1].mixed(), hw.layers[1].feed_forward), (2, 256, 144));
    assert_eq!(hw.position.rotated(hw.layers[0].head_size), 32);
}

#[test]
fn what_cannot_be_has_one_sentence() {
    let gpt2 = |field: &str| problem(&format!(r#"{{"model_type": "gpt2", {field}}}"#));
    let llama = |field: &str| problem(&format!(r#"{{"model_type": "llama", {field}}}"#));
    let lts = |from: &str, to: &str| problem(&LTS.replace(from, to));
    assert_eq!(gpt2(r#""n_head": 7"#), "configuration, layer 1: 7 heads do not divide a width of 768");
    assert_eq!(gpt2(r#""activation_function": "gelu_neu""#), "unknown activation 'gelu_neu'; did you mean 'gelu_new'?");
    assert_eq!(
        gpt2(r#""position_embedding_type": "relative_key""#),
        "configuration, position_embedding_type: positions of the kind 'relative_key' are not known for GPT-2"
    );
    assert_eq!(gpt2(r#""n_inner": [3, 4]"#), "configuration, n_inner: 2 numbers for 12 layers");
    assert_eq!(
        llama(r#""num_key_value_heads": 5"#),
        "configuration, layer 1: 5 heads of keys and values do not divide 32 heads"
    );
    assert_eq!(
        llama(r#""rope_scaling": {"type": "linear", "factor": 2.0}"#),
        "configuration, rope_scaling: angles of the kind 'linear' are not known"
    );
    assert_eq!(
        llama(r#""head_dim": 7"#),
        "configuration, layer 1: 7 rotated entries of a head are no pairs; their number must be even"
    );
    assert_eq!(
        lts(r#""div_val": 2"#, r#""div_val": 2, "tie_projs": [true]"#),
        "configuration, words: 1 of 3 projections are said to be tied or not"
    );
    assert_eq!(
        lts(r#""div_val": 2"#, r#""div_val": 8"#),
        "configuration, words: cluster 3 has embeddings without any entry"
    );
    assert_eq!(
        lts("[20, 40, 60]", "[40, 20]"),
        "configuration, words: the cutoffs do not grow from 1 to less than the 60 words"
    );
    assert_eq!(problem("{}"), "configuration, model_type: missing; it says which kind of decoder this is");
    assert!(problem(r#"{"model_type": "gpt_neo", "num_layers": 3}"#).ends_with("24 kinds of attention for 3 layers"));
    assert!(problem(r#"{"model_type": "gptneo"}"#).starts_with("unknown kind of decoder 'gptneo'; did you mean"));
    assert!(problem("{").starts_with("configuration, line 1 column 1: "));
}

/// What one original has no weights for, in the form that has every field.
#[test]
fn fields_that_contradict_each_other_are_refused() {
    let gpt2 = serde_json::to_string(&Decoder::from_json(r#"{"model_type": "gpt2", "n_layer": 1}"#).unwrap()).unwrap();
    let changed = |from: &str, to: &str| {
        assert!(gpt2.contains(from), "{gpt2}");
        problem(&gpt2.replace(from, to))
    };
    assert_eq!(
        changed(r#""position":"learned""#, r#""position":"relative""#),
        "configuration, original: the weights of GPT-2 are not those of a decoder with positions of this kind"
    );
    assert!(changed(r#""key_value_heads":12"#, r#""key_value_heads":6"#).ends_with("keys and values that heads share"));
    assert!(changed(r#""gated":false"#, r#""gated":true"#).ends_with("a gate"));
    assert!(changed(r#""width":768"#, r#""width":0"#).ends_with("width: must be at least 1"));
}

#[test]
fn json_comes_back_as_it_was() {
    for json in [LTS, HW_GPT, r#"{"model_type": "gpt2"}"#, r#"{"model_type": "gpt_neo"}"#, r#"{"model_type": "llama"}"#]
    {
        let read = Decoder::from_json(json).unwrap();
        assert_eq!(Decoder::from_json(&serde_json::to_string(&read).unwrap()).unwrap(), read);
    }
}

proptest! {
    #[test]
    fn nothing_makes_it_panic(
        kind in prop::sample::select(vec!["gpt2", "gpt_neo", "llama", "lts_xl", "hw_gpt"]),
        key in prop::sample::select(vec!["n_head", "n_embd", "hidden_size", "num_heads", "head_dim", "n_inner", "d_model"]),
        value in prop::sample::select(vec!["0", "1", "3", "-1", "18446744073709551615", "[1, 2]", "null", "\"a\""]),
    ) {
        drop(Decoder::from_json(&format!(r#"{{"model_type": "{kind}", "{key}": {value}}}"#)));
    }
}
