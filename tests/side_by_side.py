"""Times this program and a PyTorch script on the same cells, in turns, and prints ratios of medians.

    python tests/side_by_side.py PROGRAM TORCH_SCRIPT RECIPES.jsonl --count 6 --rounds 3 --symmetric --out FILE.json

TORCH_SCRIPT takes `RECIPES.jsonl --count N --threads 2 [--symmetric]` and prints one JSON line per cell with its
`recipe_id` and the seconds for `hidden_covariance` (three layers) and for `all` metrics. Both use two threads and
synthetic text, and never run at the same time: in each round PyTorch runs all cells, then this program does. Our seconds
include drawing the weights from the seed; those of PyTorch do not. With `--symmetric`, PyTorch uses a symmetric solver for
eigenvalues, as this program does: the fair comparison. `--out` records the result as `tests/results/speed_of_cells.json`
is recorded, from which `untrained reproduce results` writes its table.
"""
import argparse
import collections
import datetime
import json
import os
import platform
import statistics
import subprocess

LAYERS = [f"--metric=hidden_covariance_layer_{layer}" for layer in (1, 2, 3)]
METRICS = {"hidden_covariance": LAYERS, "all": []}
TITLES = {"hidden_covariance": "hidden covariance, three layers", "all": "all"}
COLUMNS = {
    "machine": "machine",
    "date": "date",
    "metrics": "metrics",
    "ours": "this program (s)",
    "torch": "PyTorch (s)",
    "ratio": "ratio",
}


def output(command):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True, text=True).stdout


def lines(command):
    return [json.loads(line) for line in output(command).splitlines()]


def ours(program, recipe_id, metrics):
    command = [program, "score", "recurrent", "--id", str(recipe_id), "--device", "cpu", "--format", "jsonl", *metrics]
    return lines(command)[0]["seconds"]


def measure(options):
    """Seconds of this program and of PyTorch: by metrics, then by cell."""
    command = [options.python, options.torch_script, options.recipes, "--count", str(options.count), "--threads", "2"]
    command += ["--symmetric"] if options.symmetric else []
    seconds = {name: collections.defaultdict(lambda: ([], [])) for name in METRICS}
    for _ in range(options.rounds):
        theirs = lines(command)
        for name, metrics in METRICS.items():
            for row in theirs:
                pair = seconds[name][row["recipe_id"]]
                pair[0].append(ours(options.program, row["recipe_id"], metrics))
                pair[1].append(row[name])
    return seconds


def medians(cells):
    return [statistics.median(statistics.median(pair[side]) for pair in cells.values()) for side in (0, 1)]


def processor():
    """The name of the processor, as Linux gives it."""
    try:
        with open("/proc/cpuinfo") as file:
            names = [line.split(":", 1)[1].strip() for line in file if line.startswith("model name")]
    except OSError:
        names = []
    return names[0] if names else platform.processor() or platform.machine()


def command_line(options):
    """The command without the paths of this machine."""
    words = ["python tests/side_by_side.py", *map(os.path.basename, (options.program, options.torch_script, options.recipes))]
    words += ["--count", str(options.count), "--rounds", str(options.rounds)]
    return " ".join(words + (["--symmetric"] if options.symmetric else []))


def record(seconds, options):
    """What `untrained reproduce results` reads."""
    machine = f"{os.cpu_count()} × {processor()}"
    date = datetime.date.today().isoformat()
    torch = output([options.python, "-c", "import torch; print(torch.__version__)"]).strip()
    rows = []
    for name, cells in seconds.items():
        mine, theirs = medians(cells)
        times = {"ours": round(mine, 2), "torch": round(theirs, 2), "ratio": round(mine / theirs, 2)}
        rows.append({"machine": machine, "date": date, "metrics": TITLES[name], **times})
    solver = "a symmetric" if options.symmetric else "the published, general"
    return {
        "kind": "measurement",
        "title": "Cells, against PyTorch",
        "about": f"{options.count} cells at the published sizes on synthetic text, two threads, in turns with PyTorch and never"
        f" at the same time; {options.rounds} rounds, medians over the cells.",
        "versions": {"PyTorch": torch, "untrained": output([options.program, "--version"]).split()[-1]},
        "command": command_line(options),
        "columns": COLUMNS,
        "rows": rows,
        "notes": [
            f"PyTorch used {solver} solver for eigenvalues.",
            "Our seconds include drawing the weights from the seed, those of PyTorch do not.",
        ],
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("torch_script")
    parser.add_argument("recipes")
    parser.add_argument("--count", type=int, default=6)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--python", default="python3")
    parser.add_argument("--symmetric", action="store_true", help="PyTorch uses a symmetric solver for eigenvalues")
    parser.add_argument("--out", metavar="FILE", help="records the result in a JSON file")
    options = parser.parse_args()
    os.environ["RAYON_NUM_THREADS"] = "2"
    seconds = measure(options)
    for name, cells in seconds.items():
        for cell, pair in cells.items():
            print(cell, name, "ours {:.2f} s, PyTorch {:.2f} s".format(*map(statistics.median, pair)))
        mine, theirs = medians(cells)
        print(f"{name}: ours {mine:.2f} s, PyTorch {theirs:.2f} s, ratio of medians {mine / theirs:.2f}")
    if options.out:
        with open(options.out, "w") as file:
            json.dump(record(seconds, options), file, ensure_ascii=False, indent=2)
            file.write("\n")


if __name__ == "__main__":
    main()
