"""Times this program and a PyTorch script on the same cells, in turns, and prints ratios of medians.

    python tests/side_by_side.py PROGRAM TORCH_SCRIPT RECIPES.jsonl --count 6 --rounds 3

TORCH_SCRIPT takes `RECIPES.jsonl --count N --threads 2` and prints one JSON line per cell with its `recipe_id` and the
seconds for `hidden_covariance` (three layers) and for `all` metrics. Both use two threads and made-up text, and never
run at the same time: in each round PyTorch goes through all cells, then we do. Our seconds include drawing the weights
from the seed; those of PyTorch do not.
"""
import argparse
import collections
import json
import os
import statistics
import subprocess

LAYERS = [f"--metric=hidden_covariance_layer_{layer}" for layer in (1, 2, 3)]
ASKED = {"hidden_covariance": LAYERS, "all": []}


def lines(command):
    out = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True, text=True).stdout
    return [json.loads(line) for line in out.splitlines()]


def ours(program, recipe_id, metrics):
    command = [program, "score", "recurrent", "--id", str(recipe_id), "--device", "cpu", "--format", "jsonl", *metrics]
    return lines(command)[0]["seconds"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("torch_script")
    parser.add_argument("recipes")
    parser.add_argument("--count", type=int, default=6)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--python", default="python3")
    options = parser.parse_args()
    os.environ["RAYON_NUM_THREADS"] = "2"
    torch = [options.python, options.torch_script, options.recipes, "--count", str(options.count), "--threads", "2"]
    seconds = {name: collections.defaultdict(lambda: ([], [])) for name in ASKED}
    for _ in range(options.rounds):
        theirs = lines(torch)
        for name, metrics in ASKED.items():
            for row in theirs:
                pair = seconds[name][row["recipe_id"]]
                pair[0].append(ours(options.program, row["recipe_id"], metrics))
                pair[1].append(row[name])
    for name, cells in seconds.items():
        for cell, pair in cells.items():
            print(cell, name, "ours {:.2f} s, PyTorch {:.2f} s".format(*map(statistics.median, pair)))
        mine, theirs = (statistics.median(statistics.median(pair[side]) for pair in cells.values()) for side in (0, 1))
        print(f"{name}: ours {mine:.2f} s, PyTorch {theirs:.2f} s, ratio of medians {mine / theirs:.2f}")


if __name__ == "__main__":
    main()
