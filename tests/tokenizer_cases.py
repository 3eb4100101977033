"""Writes tests/cases/tokenizers.json: small tokenizers of BERT, and the ids that transformers makes of texts with them.

    python tests/tokenizer_cases.py

Needs transformers (written with 5.24). Each case is the files of a folder and ids by text, cut to 24.
"""
import json
import os
import tempfile

from transformers import AutoTokenizer

os.environ["TOKENIZERS_PARALLELISM"] = "false"
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
LETTERS = "abcdefghijklmnopqrstuvwxyz"
WORDS = ["hello", "world", "network", "un", "##train", "##ed", "cafe", "naive", "naïve", "café", "Hello", "WORLD", "strasse"]
WORDS += ["ß", "中", "国", "中国", "人", "한국", "##어", "한국어", "나는", "学校", "é", "##é", "ï", "É", "İ", "i̇"]
VOCABULARY = SPECIAL + list("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~0123456789") + list(LETTERS)
VOCABULARY += [f"##{letter}" for letter in LETTERS] + WORDS
LIST = "\n".join(VOCABULARY) + "\n"

TEXTS = [
    "Hello [MASK] world",
    "HELLO WORLD, untrained network!",
    "Café naïve CAFÉ straße Straße İ",
    "中国人 한국어 나는 学校hello",
    "hello[SEP]world [PAD] [NEW] x [new]",
    "a\tb\u00a0c\u200bd\u0000e\ufeff f\u3000g",
    "hello " * 30,
    "x" * 101 + " y",
]


def added(content, **flags):
    usual = {"lstrip": False, "normalized": False, "rstrip": False, "single_word": False, "special": True}
    return {"content": content} | usual | flags


def tokenizer_json(change):
    """The tokenizer of the list as tokenizer.json, changed."""
    with tempfile.TemporaryDirectory() as folder:
        open(f"{folder}/vocab.txt", "w").write(LIST)
        json.dump({"model_type": "bert"}, open(f"{folder}/config.json", "w"))
        AutoTokenizer.from_pretrained(folder)._tokenizer.save(f"{folder}/tokenizer.json")
        whole = json.load(open(f"{folder}/tokenizer.json"))
    change(whole)
    return whole


def lowers(whole):
    whole["normalizer"]["lowercase"] = False


def adds(whole):
    whole["added_tokens"].append(added("[NEW]", id=len(VOCABULARY), lstrip=True))


def frames_nothing(whole):
    whole["post_processor"] = None


def cuts(whole):
    whole["truncation"] = {"direction": "Right", "max_length": 4, "strategy": "LongestFirst", "stride": 0}
    whole["padding"] = {"strategy": {"Fixed": 12}, "direction": "Right", "pad_to_multiple_of": None, "pad_id": 0}
    whole["padding"] |= {"pad_type_id": 0, "pad_token": "[PAD]"}


CONFIGS = {
    "nothing said": None,
    "empty settings": {},
    "cased": {"do_lower_case": False},
    "cased without accents": {"do_lower_case": False, "strip_accents": True},
    "lower-cased with accents": {"do_lower_case": True, "strip_accents": False},
    "Chinese words": {"tokenize_chinese_chars": False},
    "special tokens split": {"split_special_tokens": True},
    "at most five": {"model_max_length": 5},
    "no limit": {"model_max_length": 1000000000000000019884624838656},
    "cut on the left": {"model_max_length": 6, "truncation_side": "left"},
    "other names": {"mask_token": "world", "unk_token": "hello", "cls_token": "[MASK]"},
    "names as objects": {"mask_token": added("[MASK]", lstrip=True) | {"__type": "AddedToken"}},
    "further tokens": {"additional_special_tokens": ["[NEW]", "untrained"]},
    "further tokens, new spelling": {"extra_special_tokens": ["[NEW]"]},
    "further tokens by name": {"extra_special_tokens": {"image_token": "[NEW]"}},
    "added, normalised": {"added_tokens_decoder": {"500": added("[NEW]", special=False, normalized=True)}},
    "added, whole words, stripped": {
        "added_tokens_decoder": {
            "12": added("x", single_word=True),
            "7": added("[NEW]", lstrip=True, rstrip=True),
            "4": added("[MASK]", lstrip=True),
        }
    },
    "another class": {"tokenizer_class": "DistilBertTokenizer", "do_lower_case": False},
}

cases = []


def case(name, files):
    with tempfile.TemporaryDirectory() as folder:
        for file, content in (files | {"config.json": {"model_type": "bert"}}).items():
            text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
            open(f"{folder}/{file}", "w").write(text)
        tokenizer = AutoTokenizer.from_pretrained(folder)
        length = min(24, tokenizer.model_max_length)
        # The first of the texts decide what padding and truncation of tokenizer.json are worth here: nothing.
        ids = [tokenizer(text, truncation=True, max_length=length, padding=False)["input_ids"] for text in TEXTS]
    cases.append({"name": name, "files": files, "ids": ids})


for name, config in CONFIGS.items():
    case(name, {"vocab.txt": LIST} | ({} if config is None else {"tokenizer_config.json": config}))
for name, change in [("lower case", lowers), ("added", adds), ("no frame", frames_nothing), ("cuts", cuts)]:
    file = tokenizer_json(change)
    case(f"JSON, {name}", {"tokenizer.json": file})
    case(f"JSON, {name}, settings", {"tokenizer.json": file, "tokenizer_config.json": {"do_lower_case": False}})
    case(f"JSON, {name}, as it is", {"tokenizer.json": file, "tokenizer_config.json": {"tokenizer_class": "PreTrainedTokenizerFast", "pad_token": "[PAD]"}})
case("old files", {"vocab.txt": LIST, "added_tokens.json": {"[NEW]": 600, "untrained": 601}, "special_tokens_map.json": {"mask_token": "world", "additional_special_tokens": ["untrained"]}})
case("old files beside settings", {"vocab.txt": LIST, "tokenizer_config.json": {"do_lower_case": False, "added_tokens_decoder": {}}, "added_tokens.json": {"[NEW]": 600}})

# The words are the same in all: the reader puts them in.
text = json.dumps({"vocabulary": VOCABULARY, "texts": TEXTS, "cases": cases}, ensure_ascii=False)
text = text.replace(json.dumps(LIST, ensure_ascii=False), '"LIST"')
words = json.dumps({word: at for at, word in enumerate(VOCABULARY)}, ensure_ascii=False)
text = text.replace(words, '"WORDS"').replace('{"name"', '\n{"name"')
open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "cases/tokenizers.json"), "w").write(text + "\n")
