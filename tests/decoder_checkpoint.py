"""Compares tiny random decoders of Hugging Face with PyTorch: loss, norm of its gradients, confidence of every head.

    python tests/decoder_checkpoint.py PROGRAM

One folder each is written with `save_pretrained`: GPT-2, GPT-Neo, GPT-NeoX and Llama, some with weights in bf16 or f16,
with heads that share keys, or with a tied head. Needs torch, transformers and safetensors. Fails where a value differs by
more than 1e-4 of itself.
"""
import json
import subprocess
import sys
import tempfile

import torch
from transformers import (
    AutoModelForCausalLM, GPT2Config, GPTNeoConfig, GPTNeoXConfig, LlamaConfig,
)

SMALL = dict(vocab_size=60, initializer_range=0.2)
NEOX = dict(SMALL, hidden_size=32, num_hidden_layers=3, num_attention_heads=4, intermediate_size=48)
LLAMA = dict(NEOX, num_key_value_heads=2)
KINDS = {
    "gpt2": (GPT2Config(n_embd=32, n_layer=3, n_head=4, **SMALL), torch.float32),
    "gpt2, f16": (GPT2Config(n_embd=32, n_layer=2, n_head=2, n_inner=40, **SMALL), torch.float16),
    "gpt_neo": (GPTNeoConfig(hidden_size=32, num_layers=4, num_heads=4, attention_types=[[["global", "local"], 2]],
                             window_size=5, **SMALL), torch.float32),
    "gpt_neox": (GPTNeoXConfig(**NEOX), torch.float32),
    "gpt_neox, sequential, half rotated": (GPTNeoXConfig(use_parallel_residual=False, rotary_pct=0.5, **NEOX), torch.bfloat16),
    "llama": (LlamaConfig(**LLAMA), torch.float32),
    "llama, tied, bf16": (LlamaConfig(tie_word_embeddings=True, attention_bias=True, **LLAMA), torch.bfloat16),
}

program, worst = sys.argv[1], 0.0
for name, (config, dtype) in KINDS.items():
    torch.manual_seed(3)
    model = AutoModelForCausalLM.from_config(config, attn_implementation="eager").to(dtype)
    ids = torch.randint(60, (3, 16))
    with tempfile.TemporaryDirectory() as folder:
        model.save_pretrained(folder)
        # Angles of positions are of full precision only where the model is read as f32.
        model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
        with open(f"{folder}/ids.json", "w") as file:
            json.dump({"input_ids": ids.tolist()}, file)
        command = [program, "score", "decoder", "--checkpoint", folder, "--inputs", f"{folder}/ids.json", "--format", "jsonl"]
        command += ["--device", "cpu", "--metric", "loss", "--metric", "grad_norm", "--metric", "attention_confidence"]
        found = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    records = {record["metric"]: record for record in map(json.loads, found.splitlines())}
    ours = {"loss": [records["loss"]["value"]], "grad_norm": [records["grad_norm"]["value"]]}
    ours["attention_confidence"] = [term["value"] for term in records["attention_confidence"]["terms"]]
    result = model(ids, output_attentions=True)
    loss = torch.nn.functional.cross_entropy(result.logits[:, :-1].flatten(0, 1), ids[:, 1:].flatten())
    loss.backward()
    layers = [(name, weight) for name, weight in model.named_parameters() if weight.dim() == 2]
    outside = ("wte", "wpe", "embed", "lm_head")
    norms = [weight.grad.norm() for name, weight in layers if not any(part in name for part in outside)]
    theirs = {
        "loss": [loss],
        "grad_norm": [sum(norms)],
        "attention_confidence": torch.cat([weights.amax(-1).mean((0, 2)) for weights in result.attentions]),
    }
    for metric, values in theirs.items():
        values = torch.as_tensor(values).double().detach()
        found = torch.tensor(ours[metric], dtype=torch.float64)
        furthest = ((found - values) / values).abs().max().item() if found.shape == values.shape else float("inf")
        worst = max(worst, furthest)
        print(f"{name}, {metric}: furthest difference {furthest:.1e}")
sys.exit(worst > 1e-4)
