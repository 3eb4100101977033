//! `tokenizer_config.json`, and the older files next to it, as `transformers` reads them.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;
use serde_json::{Map, Value};
use tokenizers::{AddedToken, TruncationDirection};

use crate::input;
use crate::outcome::Usage;

/// The settings of a tokenizer; those left out have BERT's defaults.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Settings {
    tokenizer_class: Option<String>,
    do_lower_case: Option<bool>,
    strip_accents: Option<bool>,
    tokenize_chinese_chars: Option<bool>,
    split_special_tokens: Option<bool>,
    truncation_side: Option<String>,
    model_max_length: Option<f64>,
    bos_token: Option<Token>,
    eos_token: Option<Token>,
    unk_token: Option<Token>,
    sep_token: Option<Token>,
    pad_token: Option<Token>,
    cls_token: Option<Token>,
    mask_token: Option<Token>,
    additional_special_tokens: Option<Extra>,
    extra_special_tokens: Option<Extra>,
    added_tokens_decoder: Option<BTreeMap<u32, Token>>,
    /// From `added_tokens.json`, by id.
    #[serde(skip)]
    listed: BTreeMap<u32, AddedToken>,
    /// Whether there is no `[MASK]`, which is optional in a word list without settings.
    #[serde(skip)]
    without_mask: bool,
}

/// The kind of tokenizer that the settings belong to.
pub enum Kind<'a> {
    /// BERT's.
    WordPiece,
    /// Any kind, described completely by `tokenizer.json`.
    Generic,
    /// Another, by its name.
    Other(&'a str),
}

/// A token by its text alone, or with the settings of how it is matched.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
enum Token {
    Text(String),
    Full {
        content: String,
        #[serde(default)]
        single_word: bool,
        #[serde(default)]
        lstrip: bool,
        #[serde(default)]
        rstrip: bool,
        normalized: Option<bool>,
        #[serde(default)]
        special: bool,
    },
}

/// Whether a word list has capital letters outside special tokens.
pub fn is_cased(list: &str) -> bool {
    list.lines().any(|token| !token.starts_with('[') && token.contains(char::is_uppercase))
}

/// Further special tokens, as a list or by name.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
enum Extra {
    List(Vec<Token>),
    Named(Map<String, Value>),
}

/// Tokenizers that read text like BERT's; some names end in `Fast`.
const LIKE_BERT: [&str; 9] = [
    "BertTokenizer",
    "ConvBertTokenizer",
    "DistilBertTokenizer",
    "ElectraTokenizer",
    "LayoutLMTokenizer",
    "LxmertTokenizer",
    "MobileBertTokenizer",
    "RetriBertTokenizer",
    "SqueezeBertTokenizer",
];

/// Tokenizers described completely by `tokenizer.json`.
const GENERIC: [&str; 3] = ["PreTrainedTokenizer", "PreTrainedTokenizerFast", "TokenizersBackend"];

/// The file with the tokenizer settings of a checkpoint.
const CONFIG: &str = "tokenizer_config.json";

impl Settings {
    /// Reads the settings next to a vocabulary; `None` where there is no `tokenizer_config.json`.
    ///
    /// # Errors
    /// As [`Settings::of_folder`].
    pub fn next_to(vocabulary: &Path) -> anyhow::Result<Option<Self>> {
        let exists = vocabulary.with_file_name(CONFIG).is_file();
        let folder = vocabulary.parent().unwrap_or(Path::new(""));
        exists.then(|| Self::of_folder(folder)).transpose()
    }

    /// Reads the settings of a checkpoint; defaults where it has none.
    ///
    /// # Errors
    /// One sentence with the file that cannot be used.
    pub fn of_folder(folder: &Path) -> anyhow::Result<Self> {
        let mut all = object(&folder.join(CONFIG))?;
        // Older checkpoints have their tokens in separate files, which are ignored where the settings list them.
        let old = !all.contains_key("added_tokens_decoder");
        if old {
            all.extend(object(&folder.join("special_tokens_map.json"))?);
        }
        let read = serde_json::from_value(Value::Object(all));
        let mut settings: Self = read.map_err(|error| unusable(&folder.join(CONFIG), &error))?;
        if old {
            settings.add_listed(&object(&folder.join("added_tokens.json"))?);
        }
        Ok(settings)
    }

    /// The settings of a word list without a settings file: one without capital letters is of lower-cased text.
    pub fn of_list(list: &str) -> Self {
        let without_mask = !list.lines().any(|token| token == "[MASK]");
        Self { do_lower_case: Some(!is_cased(list)), without_mask, ..Self::default() }
    }

    /// Adds the tokens of `added_tokens.json`, each with its id.
    fn add_listed(&mut self, listed: &Map<String, Value>) {
        let special: Vec<String> = self.special().into_iter().map(|token| token.content).collect();
        let id = |id: &Value| id.as_u64().and_then(|id| u32::try_from(id).ok());
        let tokens = listed.iter().filter_map(|(content, number)| {
            Some((id(number)?, AddedToken::from(content.clone(), special.contains(content))))
        });
        self.listed = tokens.collect();
    }

    /// The kind of tokenizer.
    pub fn kind(&self) -> Kind<'_> {
        match self.tokenizer_class.as_deref() {
            None => Kind::WordPiece,
            Some(class) if LIKE_BERT.contains(&class.strip_suffix("Fast").unwrap_or(class)) => Kind::WordPiece,
            Some(class) if GENERIC.contains(&class) => Kind::Generic,
            Some(class) => Kind::Other(class),
        }
    }

    /// Whether text is lower-cased.
    pub fn lowers(&self) -> bool {
        self.do_lower_case.unwrap_or(true)
    }

    /// Whether accents are removed; `None` where they are if text is lower-cased.
    pub fn strips_accents(&self) -> Option<bool> {
        self.strip_accents
    }

    /// Whether every Chinese character is a word.
    pub fn splits_chinese(&self) -> bool {
        self.tokenize_chinese_chars.unwrap_or(true)
    }

    /// Whether special tokens in a text are split like other words.
    pub fn splits_special_tokens(&self) -> bool {
        self.split_special_tokens.unwrap_or(false)
    }

    /// Largest number of ids of a text.
    pub fn longest(&self) -> usize {
        // A length that no text reaches means no limit.
        self.model_max_length.map_or(usize::MAX, |length| length as usize)
    }

    /// The end at which texts are truncated.
    ///
    /// # Errors
    /// One sentence where it is neither.
    pub fn side(&self) -> Result<TruncationDirection, Usage> {
        match self.truncation_side.as_deref() {
            None | Some("right") => Ok(TruncationDirection::Right),
            Some("left") => Ok(TruncationDirection::Left),
            Some(other) => {
                Err(Usage(format!("tokenizer settings: truncation_side '{other}' is neither left nor right")))
            }
        }
    }

    /// `[UNK]`.
    pub fn unknown(&self) -> AddedToken {
        named(self.unk_token.as_ref(), "[UNK]")
    }

    /// `[CLS]`.
    pub fn start(&self) -> AddedToken {
        named(self.cls_token.as_ref(), "[CLS]")
    }

    /// `[SEP]`.
    pub fn end(&self) -> AddedToken {
        named(self.sep_token.as_ref(), "[SEP]")
    }

    /// The token that takes the place of one to be predicted.
    pub fn mask(&self) -> AddedToken {
        named(self.mask_token.as_ref(), "[MASK]")
    }

    /// `[PAD]`.
    pub fn padding(&self) -> AddedToken {
        named(self.pad_token.as_ref(), "[PAD]")
    }

    /// The tokens that are matched before a text is split into words, in the order of their ids if they are new;
    /// `known` are those of `tokenizer.json`, which are ignored where the settings list tokens.
    pub fn added(&self, known: Vec<(u32, AddedToken)>) -> Vec<AddedToken> {
        let listed: BTreeMap<u32, AddedToken> = match &self.added_tokens_decoder {
            Some(listed) => listed.iter().map(|(&id, token)| (id, token.added(false))).collect(),
            None => self.listed.clone().into_iter().chain(known).collect(),
        };
        let special = self.special();
        let mut tokens: Vec<AddedToken> = listed.into_values().collect();
        for token in &mut tokens {
            token.special |= special.iter().any(|special| special.content == token.content);
        }
        for token in special {
            if !tokens.iter().any(|known| known.content == token.content) {
                tokens.push(token);
            }
        }
        tokens
    }

    /// The special tokens, in the order in which `transformers` numbers new ones.
    fn special(&self) -> Vec<AddedToken> {
        let optional = |token: &Option<Token>| token.as_ref().map(|token| token.added(true));
        let mut tokens: Vec<AddedToken> = [&self.bos_token, &self.eos_token].into_iter().filter_map(optional).collect();
        let is_bert = matches!(self.kind(), Kind::WordPiece);
        if !is_bert {
            let others = [&self.unk_token, &self.sep_token, &self.pad_token, &self.cls_token, &self.mask_token];
            tokens.extend(others.into_iter().filter_map(optional));
        } else {
            tokens.extend([self.unknown(), self.end(), self.padding(), self.start()]);
            let mask = (!self.without_mask).then(|| named(self.mask_token.as_ref(), "[MASK]"));
            tokens.extend(mask);
        }
        let further = self.extra_special_tokens.as_ref().or(self.additional_special_tokens.as_ref());
        tokens.extend(further.map(Extra::tokens).unwrap_or_default());
        tokens
    }
}

/// The object in a JSON file; empty where there is no file.
fn object(path: &Path) -> anyhow::Result<Map<String, Value>> {
    if !path.is_file() {
        return Ok(Map::new());
    }
    let read = serde_json::from_str(&input::read(path, "tokenizer settings")?);
    Ok(read.map_err(|error| unusable(path, &error))?)
}

fn unusable(path: &Path, error: &serde_json::Error) -> Usage {
    Usage(format!("tokenizer settings {}: {error}", path.display()))
}

/// A special token, with its default where the settings have none.
fn named(token: Option<&Token>, default: &str) -> AddedToken {
    token.map_or_else(|| AddedToken::from(default, true), |token| token.added(true))
}

impl Token {
    /// A token of the library; one given by its text alone is special.
    fn added(&self, special: bool) -> AddedToken {
        match self.clone() {
            Self::Text(content) => AddedToken::from(content, true),
            Self::Full { content, single_word, lstrip, rstrip, normalized, special: marked } => {
                let special = special || marked;
                AddedToken { content, single_word, lstrip, rstrip, normalized: normalized.unwrap_or(!special), special }
            }
        }
    }
}

impl Extra {
    fn tokens(&self) -> Vec<AddedToken> {
        match self {
            Self::List(tokens) => tokens.iter().map(|token| token.added(true)).collect(),
            Self::Named(tokens) => {
                let read = tokens.values().filter_map(|token| Token::deserialize(token).ok());
                read.map(|token| token.added(true)).collect()
            }
        }
    }
}
