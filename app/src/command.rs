//! Command lines that compute natively what a page shows. Visitors copy them into a shell, so no text of an address
//! becomes part of one.

/// The arguments as one line for a POSIX shell: quoted where needed, without control characters.
pub fn line<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let printable = |word: &str| -> String { word.chars().filter(|c| !c.is_control()).collect() };
    let words: Vec<String> = words.into_iter().map(printable).collect();
    // The only words that cannot be quoted hold a NUL, which is a control character.
    shlex::try_join(words.iter().map(String::as_str)).unwrap_or_default()
}

/// A call of `untrained score`.
#[derive(Debug, Clone, Copy)]
pub struct ScoreCommand<'a> {
    /// The space.
    pub space: &'static str,
    /// The network: `--id` and a number, or an option and a file name.
    pub network: [&'a str; 2],
    /// Name and value of each size.
    pub sizes: &'a [(&'static str, usize)],
    /// Seed of weights, noise and made-up text.
    pub seed: u32,
    /// The metric; none for all of them.
    pub metric: Option<&'static str>,
    /// Further options with their values.
    pub options: &'a [&'static str],
}

impl ScoreCommand<'_> {
    /// The command line.
    pub fn line(&self) -> String {
        let sizes = self.sizes.iter().flat_map(|(name, value)| [format!("--{name}"), value.to_string()]);
        let seed = ["--seed".to_owned(), self.seed.to_string()];
        let metric = self.metric.map(|id| ["--metric".to_owned(), id.to_owned()]);
        let numbers: Vec<String> = sizes.chain(seed).chain(metric.into_iter().flatten()).collect();
        let words = ["untrained", "score", self.space].into_iter().chain(self.network);
        line(words.chain(numbers.iter().map(String::as_str)).chain(self.options.iter().copied()))
    }
}

/// The metric of a list that a text names; none for any other text.
pub fn metric(text: &str, known: impl IntoIterator<Item = &'static str>) -> Option<&'static str> {
    known.into_iter().find(|id| *id == text)
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use proptest::prelude::*;
    use untrained_core::metric::METRICS;

    use super::*;

    fn ids() -> impl Iterator<Item = &'static str> {
        METRICS.iter().map(|metric| metric.about().id)
    }

    fn score<'a>(file: &'a str, given: &str) -> String {
        let sizes = [("hidden", 96), ("layers", 3)];
        let network: [&'a str; 2] = ["--recipe", file];
        ScoreCommand { space: "recurrent", network, options: &[], sizes: &sizes, seed: 7, metric: metric(given, ids()) }
            .line()
    }

    #[test]
    fn the_line_is_what_a_person_would_type() {
        assert_eq!(
            score("cell.json", "nodes"),
            "untrained score recurrent --recipe cell.json --hidden 96 --layers 3 --seed 7 --metric nodes"
        );
        assert_eq!(
            score("my cell.json", "all"),
            "untrained score recurrent --recipe 'my cell.json' --hidden 96 --layers 3 --seed 7"
        );
    }

    #[test]
    fn a_metric_that_is_not_known_does_not_reach_the_line() {
        let plain = score("cell.json", "all");
        for given in [
            "nodes; touch owned #",
            "nodes\ntouch owned\n",
            "heads; touch owned #",
            "$(touch owned)",
            "nodes ",
            "--help",
        ] {
            assert_eq!(score("cell.json", given), plain, "{given}");
        }
    }

    /// A shell splits the line into the arguments it was built from, and runs none of them.
    #[test]
    fn a_shell_reads_the_words_that_were_meant() {
        let folder = tempfile::tempdir().unwrap();
        let words = [
            "a b",
            "$(touch owned)",
            "`touch owned`",
            "; touch owned #",
            "it's",
            "\"",
            "*",
            "~",
            "",
            "-n",
            "\\",
            "a\u{202e}b",
        ];
        let out = Command::new("sh")
            .args(["-c", &line(["printf", "%s|"].into_iter().chain(words))])
            .current_dir(folder.path())
            .output()
            .unwrap();
        assert_eq!(String::from_utf8(out.stdout).unwrap(), words.map(|word| format!("{word}|")).concat());
        assert_eq!(folder.path().read_dir().unwrap().count(), 0);
    }

    proptest! {
        #[test]
        fn any_words_stay_apart(words in proptest::collection::vec(any::<String>(), 1..6)) {
            let line = line(words.iter().map(String::as_str));
            let printable = words.iter().map(|word| word.replace(char::is_control, "")).collect::<Vec<_>>();
            prop_assert!(!line.contains(char::is_control));
            prop_assert_eq!(shlex::split(&line), Some(printable));
        }

        #[test]
        fn any_text_of_an_address_names_a_known_metric_or_none(text in any::<String>(), shell in "[a-z_]{0,12}[;&|$`'\"<>(){}\\\\ \n#*?!~=-]{1,6}[a-z ]{0,12}") {
            for given in [&text, &shell] {
                let known = metric(given, ids());
                prop_assert!(known.is_none_or(|id| id == given.as_str()));
                prop_assert_eq!(score("cell.json", given).split(' ').count(), if known.is_some() { 13 } else { 11 });
            }
        }
    }
}
