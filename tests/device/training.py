#!/usr/bin/env python3
"""Checks training on a graphics card: losses on the card against those on the CPU, and seconds a step.

    training.py PROGRAM [--steps 6] [--out report.json]

PROGRAM is `untrained`; with `tests/train_side_by_side.py` beside PyTorch its steps are timed on the same card.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable

HERE = os.path.dirname(os.path.abspath(__file__))
SMALL = "--embedding 32 --hidden 48 --layers 2 --vocabulary-size 200 --batch 8 --window 16".split()


# All five operations are in the encoder with id 0.
SMALL_ENCODER = "--id 0 --embedding 32 --vocabulary-size 300 --positions 64 --batch 4 --sequence 48".split()


def log(program: str, device: str, steps: int, options: list[str], what: str = "recurrent") -> list[dict]:
    """The log of a run on made-up text."""
    with tempfile.TemporaryDirectory() as folder:
        command = [program, "train", what, *options, "--steps", str(steps), "--device", device, "--out", folder]
        done = subprocess.run(command, capture_output=True, text=True, timeout=240)
        if done.returncode:
            raise RuntimeError(done.stderr.strip()[-300:])
        with open(os.path.join(folder, "log.jsonl")) as lines:
            return [json.loads(line) for line in lines]


def deviation(one: list[dict], two: list[dict], key: str) -> float:
    return max(abs(a[key] - b[key]) / abs(b[key]) for a, b in zip(one, two, strict=True))


def step_seconds(lines: list[dict]) -> float:
    """Median of the steps after the first two, for a window of 70 words."""
    times = [b["seconds"] - a["seconds"] for a, b in zip(lines, lines[1:])][1:]
    words = [line["tokens"] for line in lines][2:]
    return statistics.median(70 * 20 * seconds / count for seconds, count in zip(times, words))


def cells(given: argparse.Namespace, note: Callable[..., None]) -> None:
    for cell in ("rnn", "lstm", "gru"):
        for further in ([], ["--as-published"]):
            options = ["--cell", cell, *SMALL, *further]
            try:
                card, cpu = log(given.program, "wgpu", 20, options), log(given.program, "cpu", 20, options)
                keys = ("loss", "gradient_norm")
                note(f"{cell} {further}, 20 steps on both", **{key: deviation(card, cpu, key) for key in keys})
            except (RuntimeError, subprocess.TimeoutExpired) as error:
                note(f"{cell} {further}", failed=str(error))
    for further in ([], ["--as-published"]):
        for device in ("wgpu", "cpu"):
            try:
                start = time.time()
                lines = log(given.program, device, given.steps, ["--cell", "lstm", *further])
                seconds = round(step_seconds(lines), 4)
                note(f"LSTM at the published sizes {further} on {device}", seconds_a_step=seconds,
                     wall=round(time.time() - start, 1), loss=lines[-1]["loss"])
            except (RuntimeError, subprocess.TimeoutExpired) as error:
                note(f"LSTM {further} on {device}", failed=str(error))


def encoders(given: argparse.Namespace, note: Callable[..., None]) -> None:
    for objective in ("electra", "masked-language-model"):
        options = [*SMALL_ENCODER, "--objective", objective]
        try:
            card, cpu = log(given.program, "wgpu", 20, options, "encoder"), log(given.program, "cpu", 20, options, "encoder")
            keys = ("loss", "gradient_norm", "validation_loss")
            of = {key: [line for line in card if key in line] for key in keys}
            compared = {key: deviation(of[key], [line for line in cpu if key in line], key) for key in keys}
            note(f"encoder {objective}, 20 steps on both", **compared)
        except (RuntimeError, subprocess.TimeoutExpired) as error:
            note(f"encoder {objective}", failed=str(error))
    for batch in (16, 128):
        for device in ("wgpu", "cpu"):
            options = ["--id", "0", "--as-published", "--batch", str(batch), "--validation-sequences", "16",
                       "--objective", "masked-language-model"]
            try:
                lines = log(given.program, device, given.steps, options, "encoder")
                times = [b["seconds"] - a["seconds"] for a, b in zip(lines, lines[1:])][1:]
                note(f"encoder 0 as published, masked words, {batch} x 128 on {device}",
                     seconds_a_step=round(statistics.median(times), 4), loss=lines[-1]["loss"])
            except (RuntimeError, subprocess.TimeoutExpired) as error:
                note(f"encoder {batch} x 128 on {device}", failed=str(error))


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("program")
    arguments.add_argument("--steps", type=int, default=6)
    arguments.add_argument("--out", default="report.json")
    arguments.add_argument("--only", choices=("encoders",))
    given = arguments.parse_args()
    report: list[dict] = []

    def note(step: str, **values) -> None:
        report.append({"step": step, **values})
        print(json.dumps(report[-1]), flush=True)
        with open(given.out, "w") as file:
            json.dump(report, file, indent=1)

    if given.only != "encoders":
        cells(given, note)
    encoders(given, note)
    beside = os.path.join(HERE, "..", "train_side_by_side.py")
    if os.path.exists(beside):
        recurrent = [["recurrent"], ["recurrent", "--as-published"], ["recurrent", "--cudnn"]]
        for what in ([] if given.only else recurrent) + [["encoder"], ["encoder", "--batch", "128"]]:
            command = [sys.executable, beside, *what, "--device", "cuda", "--steps", "5"]
            done = subprocess.run(command, capture_output=True, text=True, timeout=240)
            rows = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
            note(f"PyTorch {what}", code=done.returncode, rows=rows, said=done.stderr.strip()[-200:])


main()
