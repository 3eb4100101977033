//! The same values to the last bit for any number of threads, also where fewer sequences than threads run.

use std::process::Command;

use assert_cmd::cargo::cargo_bin;
use serde_json::{Value, json};

/// Widths beyond a block of a matrix product, and a vocabulary beyond a chunk.
const CELL: &str = "--cell lstm --hidden 200 --embedding 200 --vocabulary-size 3000 --steps 12";
const ENCODER: &str = "--id 3 --vocabulary-size 3000 --sequence 24";
const DECODER: &str = "--id lts/3 --sequence 12";

/// The values of all metrics: as JSON, whose numbers are read back to the same bits.
fn values(space: &str, network: &str, batch: usize, threads: usize) -> Vec<Value> {
    let output = Command::new(cargo_bin("untrained"))
        .args(["score", space, "--device", "cpu", "--format", "jsonl", "--batch", &batch.to_string()])
        .args(network.split_whitespace())
        .env("RAYON_NUM_THREADS", threads.to_string())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let records = String::from_utf8(output.stdout).unwrap();
    let records = records.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    records.map(|record| json!([record["metric"], record["value"]])).collect()
}

fn threads_change_nothing(space: &str, network: &str) {
    for batch in [1, 2, 3] {
        let one = values(space, network, batch, 1);
        assert!(one.len() > 30, "{one:?}");
        for threads in [2, 3, 5] {
            let other = values(space, network, batch, threads);
            assert_eq!(one.len(), other.len(), "{space}, {batch} sequences, {threads} threads");
            for (one, other) in one.iter().zip(&other) {
                assert_eq!(one, other, "{space}, {batch} sequences, {threads} threads");
            }
        }
    }
}

#[test]
fn of_cells() {
    threads_change_nothing("recurrent", CELL);
}

#[test]
fn of_encoders() {
    threads_change_nothing("encoder", ENCODER);
}

#[test]
fn of_decoders() {
    threads_change_nothing("decoder", DECODER);
}
