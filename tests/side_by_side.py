"""Times this program and a PyTorch script on the same cells, turn by turn in one run, and prints ratios of medians.

    python tests/side_by_side.py PROGRAM TORCH_SCRIPT RECIPES.jsonl --count 6

TORCH_SCRIPT takes `RECIPES.jsonl --count N --threads 2` and prints one JSON line per cell with its `recipe_id` and the
seconds for `hidden_covariance` (three layers) and for `all` metrics. Both use two threads and made-up text. Our seconds
include drawing the weights from the seed; those of PyTorch do not.
"""
import argparse
import json
import os
import statistics
import subprocess

LAYERS = [f"--metric=hidden_covariance_layer_{layer}" for layer in (1, 2, 3)]


def ours(program, recipe_id, metrics):
    command = [program, "score", "recurrent", "--id", str(recipe_id), "--device", "cpu", "--format", "jsonl", *metrics]
    lines = subprocess.run(command, capture_output=True, check=True, text=True).stdout.splitlines()
    return json.loads(lines[0])["seconds"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("torch_script")
    parser.add_argument("recipes")
    parser.add_argument("--count", type=int, default=6)
    parser.add_argument("--python", default="python3")
    options = parser.parse_args()
    os.environ["RAYON_NUM_THREADS"] = "2"
    command = [options.python, options.torch_script, options.recipes, "--count", str(options.count), "--threads", "2"]
    seconds = {"hidden_covariance": ([], []), "all": ([], [])}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as torch:
        for line in torch.stdout:
            theirs = json.loads(line)
            # PyTorch is held while we compute, so that neither disturbs the other.
            torch.send_signal(19)
            for name, metrics in (("hidden_covariance", LAYERS), ("all", [])):
                mine = ours(options.program, theirs["recipe_id"], metrics)
                seconds[name][0].append(mine)
                seconds[name][1].append(theirs[name])
                print(theirs["recipe_id"], name, f"ours {mine:.2f} s, PyTorch {theirs[name]:.2f} s", flush=True)
            torch.send_signal(18)
    for name, (mine, theirs) in seconds.items():
        ours_median, theirs_median = statistics.median(mine), statistics.median(theirs)
        print(f"{name}: ours {ours_median:.2f} s, PyTorch {theirs_median:.2f} s, ratio of medians {ours_median / theirs_median:.2f}")


if __name__ == "__main__":
    main()
