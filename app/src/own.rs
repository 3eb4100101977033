//! A visitor's own scores and results: which file is which, and their evaluation. It needs no browser.

use serde::{Deserialize, Serialize};
use untrained_core::benchmark::scores::Scores;
use untrained_core::benchmark::user::{Results, Roles};
use untrained_core::benchmark::{Evaluation, EvaluationOptions, evaluate};

/// A file that a visitor opened.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct OwnFile {
    /// Its name.
    pub name: String,
    /// Its content.
    pub text: String,
}

/// The files so far.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OwnFiles {
    /// Scores of networks before training.
    pub scores: Option<OwnFile>,
    /// Results of training them.
    pub results: Option<OwnFile>,
}

impl OwnFiles {
    /// Classifies a file by its content or its name, else as the one that is missing.
    pub fn add(&mut self, file: OwnFile) {
        let name = file.name.to_lowercase();
        let is_json = file.text.trim_start_matches('\u{feff}').trim_start().starts_with(['{', '[']);
        let is_results = !is_json && (name.contains("result") || (!name.contains("score") && self.scores.is_some()));
        let slot = if is_results { &mut self.results } else { &mut self.scores };
        *slot = Some(file);
    }

    /// Exchanges scores and results.
    pub fn swap(&mut self) {
        std::mem::swap(&mut self.scores, &mut self.results);
    }

    /// The class of each file, and what is missing.
    pub fn report(&self) -> String {
        match (&self.scores, &self.results) {
            (None, None) => String::new(),
            (Some(scores), None) => format!("Scores: {}. Now open the results of training, too.", scores.name),
            (None, Some(results)) => format!("Results: {}. Now open the scores, too.", results.name),
            (Some(scores), Some(results)) => format!("Scores: {}. Results: {}.", scores.name, results.name),
        }
    }

    /// Both files to be evaluated; `None` while one is missing.
    pub fn job(&self, roles: Roles, average_runs: bool) -> Option<Own> {
        let (scores, results) = self.scores.clone().zip(self.results.clone())?;
        Some(Own { scores, results, roles, average_runs })
    }
}

/// A request for an evaluation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Own {
    /// Scores of networks before training.
    pub scores: OwnFile,
    /// Results of training them.
    pub results: OwnFile,
    /// Roles of the columns of the results.
    pub roles: Roles,
    /// Whether a network counts once, with the mean of its results.
    pub average_runs: bool,
}

/// An evaluation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Evaluated {
    /// Every predictor, group by group, the ceiling first.
    pub evaluations: Vec<Evaluation>,
    /// How the files were read, one sentence each.
    pub notes: Vec<String>,
}

impl Own {
    /// Evaluates the scores, as `untrained correlate --against` does.
    ///
    /// # Errors
    /// One sentence on what of the files cannot be used, and where.
    pub fn evaluate(&self) -> Result<Evaluated, String> {
        let sentence = |error: untrained_core::Error| error.to_string();
        let results = Results::read(&self.results.name, &self.results.text, &self.roles).map_err(sentence)?;
        let scores = Scores::read(&self.scores.name, &self.scores.text, &[]).map_err(sentence)?;
        let joined = results.join(&scores);
        if joined.table.rows.is_empty() {
            let (scores, results) = (&self.scores.name, &self.results.name);
            return Err(format!("{scores} holds no score of a network that has a result in {results}."));
        }
        let mut notes = results.notes;
        notes.extend(scores.unused());
        notes.extend(joined.notes(&scores.file));
        let by_group = self.roles.group.is_some();
        let options = EvaluationOptions {
            average_runs: self.average_runs,
            by_group,
            compare: true,
            ..EvaluationOptions::default()
        };
        Ok(Evaluated { evaluations: evaluate(&joined.table, &options), notes })
    }
}

#[cfg(test)]
mod tests {
    use untrained_core::benchmark::user::Roles;

    use super::{OwnFile, OwnFiles};

    fn file(name: &str, text: &str) -> OwnFile {
        OwnFile { name: name.to_owned(), text: text.to_owned() }
    }

    const RESULTS: &str = "id,loss,size\na,1,30\nb,2,20\nc,3,25\n";

    #[test]
    fn files_are_taken_for_what_they_are() {
        let taken = |names: [(&str, &str); 2]| {
            let mut files = OwnFiles::default();
            names.into_iter().for_each(|(name, text)| files.add(file(name, text)));
            files.report()
        };
        assert_eq!(taken([("results.csv", RESULTS), ("b.csv", "")]), "Scores: b.csv. Results: results.csv.");
        assert_eq!(taken([("a.csv", ""), ("b.csv", "")]), "Scores: a.csv. Results: b.csv.");
        assert_eq!(
            taken([("a.csv", ""), ("my_scores.csv", "")]),
            "Scores: my_scores.csv. Now open the results of training, too."
        );
        assert_eq!(taken([("results.jsonl", "{"), ("b.csv", "")]), "Scores: results.jsonl. Results: b.csv.");
        let mut files = OwnFiles::default();
        files.add(file("results.csv", RESULTS));
        assert_eq!(files.report(), "Results: results.csv. Now open the scores, too.");
        files.swap();
        assert_eq!(files.report(), "Scores: results.csv. Now open the results of training, too.");
    }

    /// The score falls as the loss rises: tau -1. Size orders one pair of three the other way round: tau -1/3.
    #[test]
    fn two_files_are_evaluated() {
        let mut files = OwnFiles::default();
        files.add(file("scores.csv", "id,mine,word\na,9,x\nb,8,y\nc,7,z\nd,6,w\n"));
        assert_eq!(files.job(Roles::default(), false), None);
        files.add(file("results.csv", RESULTS));
        let found = files.job(Roles::default(), false).unwrap().evaluate().unwrap();
        let mine = &found.evaluations[1];
        assert_eq!((mine.metric.as_str(), mine.rows, mine.measures.tau), ("mine", 3, Some(-1.0)));
        let ahead = found.evaluations[2].comparison.as_ref().unwrap().difference;
        assert!((ahead - 2.0 / 3.0).abs() < 1e-12, "{ahead}");
        assert_eq!(found.notes.len(), 4, "{:?}", found.notes);
        assert!(found.notes[0].contains("lower is better"));
        let roles = Roles { target: Some("size".to_owned()), group: Some("lost".to_owned()), ..Roles::default() };
        let refused = files.job(roles, false).unwrap().evaluate().unwrap_err();
        assert_eq!(refused, "unknown column 'lost'; did you mean 'loss'?");
        files.add(file("scores.csv", "id,mine\nz,9\n"));
        let refused = files.job(Roles::default(), true).unwrap().evaluate().unwrap_err();
        assert_eq!(refused, "scores.csv holds no score of a network that has a result in results.csv.");
    }
}
