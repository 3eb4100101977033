"""Times the first-order metrics of a decoder in this program and in PyTorch, in turns, and prints the ratio of medians.

    python tests/decoder_side_by_side.py PROGRAM --rounds 3 --out tests/results/speed_of_decoders.json

A GPT-2 of the small shape (12 layers of 768 units, 12 heads, 50,257 words) reads 8 sequences of 128 tokens. Both run one
forward and one backward pass on two threads and never at the same time. PyTorch is used as a careful user would:
`transformers` with its own attention, the loss of the next token, and one walk over the parameters for all metrics. Times
leave out what is drawn or read before the passes: `transformers` makes its weights before the clock starts, and of
this program the time of a run that only counts is taken off. Peak memory is that of a process that does nothing else.
"""
import argparse
import datetime
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile

BATCH, SEQUENCE = 8, 128
SHAPE = {"model_type": "gpt2", "n_layer": 12, "n_embd": 768, "n_head": 12, "n_positions": 1024, "vocab_size": 50257}
FIRST_ORDER = ["loss", "grad_norm", "snip", "plain", "l2_norm", "synaptic_saliency", "head_importance"]
COLUMNS = {
    "machine": "machine",
    "date": "date",
    "metrics": "metrics",
    "ours": "this program (s)",
    "torch": "PyTorch (s)",
    "ratio": "ratio",
    "ours_mib": "memory here (MiB)",
    "torch_mib": "memory of PyTorch (MiB)",
}


def torch_once():
    """One run in a process of its own: seconds of the passes and metrics."""
    import time
    import torch
    from transformers import GPT2Config, GPT2LMHeadModel

    torch.set_num_threads(2)
    torch.manual_seed(0)
    config = GPT2Config(**{key: value for key, value in SHAPE.items() if key != "model_type"},
                        attn_pdrop=0.0, embd_pdrop=0.0, resid_pdrop=0.0)
    model = GPT2LMHeadModel(config).eval()
    tokens = torch.randint(0, SHAPE["vocab_size"], (BATCH, SEQUENCE))
    start = time.perf_counter()
    loss = model(tokens, labels=tokens).loss
    loss.backward()
    matrices = [module.weight for module in model.transformer.h.modules() if type(module).__name__ == "Conv1D"]
    with torch.no_grad():
        norm = sum(weight.grad.norm() for weight in matrices)
        snip = sum((weight * weight.grad).abs().sum() for weight in matrices)
        plain = sum((weight * weight.grad).sum() for weight in matrices)
        length = sum(weight.norm() for weight in matrices)
    values = [float(value) for value in (loss, norm, snip, plain, length)]
    print(json.dumps({"seconds": time.perf_counter() - start, "values": values}))


def run(command):
    """The last line of the output, wall seconds and peak memory of a process."""
    timed = subprocess.run(["/usr/bin/time", "-f", "%e %M", *command], capture_output=True, text=True, check=True)
    wall, peak = timed.stderr.split("\n")[-2].split()
    return timed.stdout.strip().splitlines()[-1], float(wall), int(peak) / 1024


def ours(program, config, metrics):
    sizes = ["--batch", str(BATCH), "--sequence", str(SEQUENCE)]
    wanted = [word for metric in metrics for word in ("--metric", metric)]
    command = [program, "score", "decoder", "--config", config, *sizes, *wanted, "--device", "cpu", "--format", "jsonl"]
    line, _, peak = run(command)
    return json.loads(line)["seconds"], peak


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program", nargs="?")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--out")
    parser.add_argument("--torch-once", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.torch_once:
        return torch_once()
    with tempfile.NamedTemporaryFile("w", suffix=".json") as config:
        json.dump(SHAPE, config)
        config.flush()
        rounds = []
        for _ in range(options.rounds):
            line, _, torch_peak = run([sys.executable, __file__, "--torch-once"])
            weights, _ = ours(options.program, config.name, ["l2_norm"])
            seconds, peak = ours(options.program, config.name, FIRST_ORDER)
            rounds.append((seconds - weights, json.loads(line)["seconds"], peak, torch_peak))
    own, torch, peak, torch_peak = (statistics.median(column) for column in zip(*rounds))
    import torch as library
    row = {
        "machine": f"{os.cpu_count()} threads, {platform.machine()}",
        "date": datetime.date.today().isoformat(),
        "metrics": ", ".join(FIRST_ORDER),
        "ours": round(own, 2),
        "torch": round(torch, 2),
        "ratio": round(own / torch, 2),
        "ours_mib": round(peak),
        "torch_mib": round(torch_peak),
    }
    result = {
        "kind": "measurement",
        "title": "A decoder, against PyTorch",
        "about": f"GPT-2 of the small shape on 8 sequences of 128 random tokens: one forward and one backward pass, two "
                 f"threads, in turns and never at the same time; {options.rounds} rounds, medians.",
        "versions": {"PyTorch": library.__version__.split("+")[0]},
        "command": "python tests/decoder_side_by_side.py untrained",
        "columns": COLUMNS,
        "rows": [row],
        "notes": ["Drawing the weights counts in neither time. Peak memory is that of the process, with its libraries."],
    }
    print(json.dumps(result, indent=2))
    if options.out:
        with open(options.out, "w", encoding="utf-8") as file:
            file.write(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
