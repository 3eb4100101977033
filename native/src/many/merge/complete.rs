//! Whether records are those of a complete benchmark.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use untrained_core::figure::words::count;
use untrained_core::record::Record;

/// Architectures that are named, at most.
const NAMED: usize = 10;

/// One sentence on the scores that a benchmark of these architectures lacks: every architecture should have every
/// metric that any has. None where nothing is missing.
pub fn missing<Key>(benchmark: &str, architectures: Vec<String>, records: &BTreeMap<Key, Record>) -> Option<String> {
    lacking(benchmark, architectures.into_iter(), records.values())
}

fn lacking<'a>(
    benchmark: &str,
    architectures: impl Iterator<Item = String>,
    records: impl Iterator<Item = &'a Record>,
) -> Option<String> {
    let held: HashSet<(&str, &str)> =
        records.map(|record| (record.architecture.as_str(), record.metric.as_str())).collect();
    let metrics: BTreeSet<&str> = held.iter().map(|(_, metric)| *metric).collect();
    let mut lacking: Vec<(String, usize)> = Vec::new();
    let mut all = 0;
    for architecture in architectures {
        all += 1;
        let scores = metrics.iter().filter(|metric| !held.contains(&(architecture.as_str(), **metric))).count();
        if scores > 0 || metrics.is_empty() {
            lacking.push((architecture, scores));
        }
    }
    let scores: usize = lacking.iter().map(|(_, scores)| scores).sum();
    let named: Vec<&str> = lacking.iter().take(NAMED).map(|(architecture, _)| architecture.as_str()).collect();
    let more = match lacking.len() - named.len() {
        0 => String::new(),
        more => format!(" and {} more", count(more)),
    };
    let (short, all, scores) = (count(lacking.len()), count(all), count(scores));
    let named = named.join(", ");
    (!lacking.is_empty()).then(|| {
        format!("incomplete: {short} of {all} architectures of {benchmark} lack {scores} scores: {named}{more}")
    })
}

#[cfg(test)]
mod tests {
    use untrained_core::record::Record;

    use super::lacking;

    #[test]
    fn what_is_missing_is_named() {
        let record = |architecture: u32, metric: &str| -> Record {
            let json = format!(r#"{{"architecture":{architecture},"metric":"{metric}","value":1}}"#);
            serde_json::from_str(&json).unwrap()
        };
        let said = |records: &[Record], all: u32| lacking("b", (0..all).map(|id| id.to_string()), records.iter());
        let mut records = vec![record(0, "a"), record(0, "b"), record(1, "a"), record(1, "b"), record(7, "a")];
        assert_eq!(said(&records, 2), None);
        assert_eq!(said(&records[..3], 2).unwrap(), "incomplete: 1 of 2 architectures of b lack 1 scores: 1");
        records.retain(|record| record.metric == "a");
        assert_eq!(
            said(&records, 1_100).unwrap(),
            "incomplete: 1,097 of 1,100 architectures of b lack 1,097 scores: 2, 3, 4, 5, 6, 8, 9, 10, 11, 12 and 1,087 more"
        );
        assert_eq!(said(&[], 1).unwrap(), "incomplete: 1 of 1 architectures of b lack 0 scores: 0");
    }
}
