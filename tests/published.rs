//! Published values, recomputed: needs the texts and the recipes that are not shipped.

use std::collections::BTreeMap;

use assert_cmd::Command;
use assert_cmd::cargo::cargo_bin;
use untrained_core::benchmark::nas_bench_nlp::published as networks;
use untrained_core::space::recurrent::Recipe;
use untrained_tests::published;

#[derive(serde::Deserialize)]
struct Line {
    recipe_id: usize,
    recipe: serde_json::Value,
}

/// All published recipes at hand, key by key.
#[test]
fn the_regenerated_recipes_are_the_published_ones() {
    let Some(path) = published("nas-bench-nlp/recipes.jsonl") else { return };
    let networks = networks();
    let text = std::fs::read_to_string(path).unwrap();
    let lines: Vec<Line> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 204);
    for Line { recipe_id, recipe } in lines {
        let recipe = Recipe::from_json(&recipe.to_string()).unwrap();
        assert_eq!(*networks[recipe_id - 1_000_000].recipe, recipe, "id {recipe_id}");
    }
}

/// Twelve architectures from nothing but their ids: the columns of states and cosines are reproduced.
#[test]
fn published_scores_are_reproduced() {
    let (Some(corpus), Some(words)) = (published("ptb/ptb.test.txt"), published("ptb/vocabulary.txt")) else { return };
    let output = Command::new(cargo_bin("untrained"))
        .args(["reproduce", "scores", "--limit", "12", "--format", "json", "--corpus"])
        .arg(corpus)
        .arg("--vocabulary")
        .arg(words)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let rows: Vec<BTreeMap<String, serde_json::Value>> = serde_json::from_slice(&output.stdout).unwrap();
    for id in [
        "hidden_covariance_layer_1",
        "hidden_covariance_layer_2",
        "hidden_covariance_layer_3",
        "jacobian_cosine",
        "large_noise_jacobian_cosine",
        "more_noised_jacobian_cosine",
        // As it was published: from the embedded tokens.
        "jacobian_covariance",
    ] {
        let row = rows.iter().find(|row| row["metric"] == id).unwrap();
        let median = row["median_deviation"].as_f64().unwrap();
        assert!(median <= 1e-5, "{id}: median deviation {median}");
    }
}
