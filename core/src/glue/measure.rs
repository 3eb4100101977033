//! Measures of predictions, as scikit-learn and scipy define them. Of two lists, the longer one is truncated.

use std::collections::BTreeMap;

use super::example::Label;
use crate::rank::{pearson, spearman};

/// A measure of predictions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Measure {
    /// [`accuracy`].
    Accuracy,
    /// [`f1`].
    F1,
    /// [`matthews`].
    Matthews,
    /// Pearson's correlation.
    Pearson,
    /// Spearman's rank correlation.
    Spearman,
}

impl Measure {
    /// Its name in tables and records.
    pub fn id(self) -> &'static str {
        match self {
            Self::Accuracy => "accuracy",
            Self::F1 => "f1",
            Self::Matthews => "matthews",
            Self::Pearson => "pearson",
            Self::Spearman => "spearman",
        }
    }

    /// The measure of predictions; `None` where it is not defined, such as a correlation with constant predictions, and
    /// where a correlation is requested of classes or another measure of scores.
    pub fn of(self, labels: &[Label], predictions: &[Label]) -> Option<f64> {
        match self {
            Self::Accuracy => accuracy(&classes(labels)?, &classes(predictions)?),
            Self::F1 => f1(&classes(labels)?, &classes(predictions)?),
            Self::Matthews => matthews(&classes(labels)?, &classes(predictions)?),
            Self::Pearson => pearson(&scores(labels)?, &scores(predictions)?),
            Self::Spearman => spearman(&scores(labels)?, &scores(predictions)?),
        }
    }
}

fn classes(labels: &[Label]) -> Option<Vec<u32>> {
    let class = |label: &Label| match *label {
        Label::Class(class) => Some(class),
        Label::Score(_) => None,
    };
    labels.iter().map(class).collect()
}

fn scores(labels: &[Label]) -> Option<Vec<f64>> {
    let score = |label: &Label| match *label {
        Label::Score(score) => Some(score),
        Label::Class(_) => None,
    };
    labels.iter().map(score).collect()
}

/// The share of right predictions, from 0 to 1; `None` without any.
pub fn accuracy(labels: &[u32], predictions: &[u32]) -> Option<f64> {
    let rows = labels.len().min(predictions.len());
    let right = labels.iter().zip(predictions).filter(|(label, prediction)| label == prediction).count();
    (rows > 0).then(|| right as f64 / rows as f64)
}

/// F1 of class 1, 2 TP / (2 TP + FP + FN); 0 where class 1 is neither there nor predicted, `None` without predictions.
pub fn f1(labels: &[u32], predictions: &[u32]) -> Option<f64> {
    let (mut true_positive, mut positive, mut rows) = (0usize, 0usize, 0usize);
    for (&label, &prediction) in labels.iter().zip(predictions) {
        true_positive += usize::from(label == 1 && prediction == 1);
        positive += usize::from(label == 1) + usize::from(prediction == 1);
        rows += 1;
    }
    // 2 TP + FP + FN: those of class 1 and those predicted to be. Without any, 0 / 1.
    (rows > 0).then(|| 2.0 * true_positive as f64 / positive.max(1) as f64)
}

/// Matthews' correlation of any number of classes (Gorodkin 2004), from -1 to 1:
///
/// ```text
/// (c s - sum t_k p_k) / sqrt( (s^2 - sum p_k^2) (s^2 - sum t_k^2) )
/// ```
///
/// of s predictions of which c are right, where class k is there t_k times and predicted p_k times. 0 where all labels
/// or all predictions are the same, as published for constant predictions; `None` without predictions.
pub fn matthews(labels: &[u32], predictions: &[u32]) -> Option<f64> {
    let mut counts: BTreeMap<u32, (f64, f64)> = BTreeMap::new();
    let (mut right, mut rows) = (0.0, 0.0);
    for (&label, &prediction) in labels.iter().zip(predictions) {
        counts.entry(label).or_default().0 += 1.0;
        counts.entry(prediction).or_default().1 += 1.0;
        right += f64::from(u8::from(label == prediction));
        rows += 1.0;
    }
    let sum = |of: fn(&(f64, f64)) -> f64| counts.values().map(of).sum::<f64>();
    let covariance = right * rows - sum(|(there, predicted)| there * predicted);
    let spread = rows * rows;
    let (predicted, there) = (spread - sum(|count| count.1 * count.1), spread - sum(|count| count.0 * count.0));
    let root = (predicted * there).sqrt();
    (rows > 0.0).then(|| if root > 0.0 { covariance / root } else { 0.0 })
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::Value;

    use super::{Label, Measure, accuracy, f1, matthews};

    /// Measures that scikit-learn and scipy computed.
    const GOLDEN: &str = include_str!("../../../tests/golden/train_glue_measures.json");

    #[derive(Deserialize)]
    struct Golden {
        cases: Vec<Case>,
    }

    #[derive(Deserialize)]
    struct Case {
        about: String,
        labels: Vec<f64>,
        predictions: Vec<f64>,
        measures: serde_json::Map<String, Value>,
    }

    #[test]
    fn measures_have_their_golden_values() {
        let golden: Golden = serde_json::from_str(GOLDEN).unwrap();
        let mut compared = 0;
        for case in golden.cases {
            let is_of_scores = case.measures.contains_key("pearson");
            let label = |&value: &f64| if is_of_scores { Label::Score(value) } else { Label::Class(value as u32) };
            let labels: Vec<Label> = case.labels.iter().map(label).collect();
            let predictions: Vec<Label> = case.predictions.iter().map(label).collect();
            for measure in [Measure::Accuracy, Measure::F1, Measure::Matthews, Measure::Pearson, Measure::Spearman] {
                let Some(expected) = case.measures.get(measure.id()) else { continue };
                let found = measure.of(&labels, &predictions);
                match expected.as_f64() {
                    Some(expected) => {
                        let near = found.is_some_and(|found| (found - expected).abs() <= 1e-12);
                        assert!(near, "{}: {} is {found:?}, not {expected}", case.about, measure.id());
                    }
                    None => assert_eq!((found, expected.as_str()), (None, Some("nan")), "{}", case.about),
                }
                compared += 1;
            }
        }
        assert_eq!(compared, 28);
    }

    /// Three of four are right; of class 1 one is found, one is missed, none is made up: 2 / (2 + 1).
    #[test]
    fn four_predictions() {
        let (labels, predictions) = ([1, 0, 1, 0], [1, 0, 0, 0]);
        assert_eq!(accuracy(&labels, &predictions), Some(0.75));
        assert_eq!(f1(&labels, &predictions), Some(2.0 / 3.0));
        // (3 * 4 - (2 * 3 + 2 * 1)) / sqrt((16 - 10) (16 - 8)) = 4 / sqrt(48).
        assert_eq!(matthews(&labels, &predictions), Some(4.0 / 48f64.sqrt()));
    }

    #[test]
    fn what_is_not_defined_is_none() {
        assert_eq!((accuracy(&[], &[]), f1(&[], &[]), matthews(&[], &[])), (None, None, None));
        let (classes, scores) = ([Label::Class(1), Label::Class(0)], [Label::Score(1.0), Label::Score(0.0)]);
        assert_eq!((Measure::Pearson.of(&classes, &classes), Measure::F1.of(&scores, &scores)), (None, None));
        assert_eq!((Measure::Pearson.of(&scores, &scores), Measure::F1.of(&classes, &classes)), (Some(1.0), Some(1.0)));
    }
}
