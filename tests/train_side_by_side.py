"""PyTorch's time for one step of training, next to which this program is measured, and a check of the losses.

    python tests/train_side_by_side.py check
    python tests/train_side_by_side.py recurrent [--as-published] [--recipe FILE] [--cudnn] [--device cuda] [--tf32]
    python tests/train_side_by_side.py encoder [--layers 4 --hidden 256 --heads 4,2,4,4 ...] [--device cuda] [--tf32]

`recurrent` trains the language model of NAS-Bench-NLP with the cell of a recipe (an LSTM unless given) in eager mode, with
`--as-published` all but the recurrent matrices; `--cudnn` then also times PyTorch's own LSTM. `encoder` trains an encoder of
NAS-Bench-BERT on masked words. A measurement is a JSON line: seconds for a step (masks, forward, backward, clipping, update)
after two that do not count, and the peak of memory so far. `--tf32` lets the products on a card round to TF32.
`check` runs the golden cases in `tests/golden` through the same code in 64-bit numbers, and fails if a loss or the norm of a
gradient is not the recorded one. Needs Linux and PyTorch 2.4 or later.
"""
import argparse
import itertools
import json
import pathlib
import resource
import statistics
import struct
import time
from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn
from torch.nn import functional

GOLDEN = pathlib.Path(__file__).resolve().parent / "golden"
CASES = ("train_rnn_lstm", "train_rnn_12124", "train_rnn_dropout")
VOCABULARY, WIDTHS, WINDOW, BATCH = 10_000, (400, 600, 600, 400), 70, 20
ALPHA, BETA, CLIP, L2 = 2.0, 1.0, 0.25, 1.2e-6
DROP = {"words": 0.1, "input": 0.4, "layer": 0.25, "output": 0.1, "matrix": 0.1}
OPERATIONS = {"elementwise_prod": torch.mul, "elementwise_sum": torch.add}
OPERATIONS |= {"activation_tanh": torch.tanh, "activation_sigm": torch.sigmoid}
OPERATIONS |= {"activation_leaky_relu": functional.leaky_relu, "blend": lambda gate, a, b: torch.lerp(b, a, gate)}
WORDS, MASK, POSITIONS, WORD_WIDTH, PREDICTED = 30_522, 103, 512, 128, 0.15
# Makes the mask, already divided by the rate of keeping, of what has these names, of a shape, for a rate of dropping.
Draw = Callable[[list[str], tuple[int, ...], float], Tensor]
States = dict[str, Tensor]
Layer = Callable[[int, int], nn.Module]


def uniform(bound: float, *shape: int) -> nn.Parameter:
    return nn.Parameter(torch.empty(shape).uniform_(-bound, bound))


class Cell(nn.Module):
    """A layer with the cell of a recipe; the matrices for a source are joined, what cannot reach `h_new_0` left out."""

    def __init__(self, recipe: dict, inputs: int, hidden: int) -> None:
        super().__init__()
        self.recipe, self.hidden, self.order, self.states = recipe, hidden, [], []
        wanted = ["h_new_0"]
        while wanted:
            self.visit(wanted.pop(), wanted)
        # Those that read x come first, as their sums begin with the products for all steps at once.
        linear = (name for name in self.order if recipe[name]["op"] == "linear")
        self.linear, self.parts = sorted(linear, key=lambda name: "x" not in recipe[name]["input"]), {}
        for name in self.linear:
            for place, source in enumerate(recipe[name]["input"]):
                self.parts.setdefault(source, []).append((name, place))
        self.targets = {source: [name for name, _ in parts] for source, parts in self.parts.items()}
        self.whole = [source for source in self.states if self.targets.get(source) == self.linear]
        shapes = {source: (len(parts) * hidden, inputs if source == "x" else hidden) for source, parts in self.parts.items()}
        self.matrices = nn.ParameterDict({source: uniform(hidden**-0.5, *shape) for source, shape in shapes.items()})
        self.bias = uniform(hidden**-0.5, hidden * len(self.linear))

    def visit(self, name: str, wanted: list[str]) -> None:
        """Orders what a node reads, then the node; `wanted` gets the nodes of the next states that will be read."""
        if name.startswith("h_prev_") and name not in self.states:
            self.states.append(name)
            wanted.append(name.replace("prev", "new"))
        if name in self.recipe and name not in self.order:
            for source in self.recipe[name]["input"]:
                self.visit(source, wanted)
            self.order.append(name)

    def named(self) -> Iterator[tuple[str, Tensor]]:
        """The matrices and biases one by one, as they are named in the golden files."""
        for source, parts in self.parts.items():
            for (name, place), rows in zip(parts, self.matrices[source].split(self.hidden)):
                yield f"{name}.weights.{place}", rows
        yield from ((f"{name}.bias", rows) for name, rows in zip(self.linear, self.bias.split(self.hidden)))

    def forward(self, x: Tensor, states: States, matrices: dict[str, Tensor]) -> tuple[Tensor, States]:
        turned = {source: matrix.t() for source, matrix in matrices.items()}
        outputs, (begun, rest) = [], self.bias.tensor_split([len(matrices["x"])])
        from_x = functional.linear(x, matrices["x"], begun)
        from_x = torch.cat([from_x, rest.expand(*x.shape[:2], -1)], 2) if len(rest) else from_x
        for now, total in zip(x.unbind(0), from_x.unbind(0)):
            for source in self.whole:
                total = torch.addmm(total, states[source], turned[source])
            sums, values = dict(zip(self.linear, total.chunk(len(self.linear), 1))), {"x": now, **states}
            for name in [*self.states, *self.order]:
                if name in sums:
                    values[name] = sums[name]
                elif name in self.recipe:
                    values[name] = OPERATIONS[self.recipe[name]["op"]](*(values[s] for s in self.recipe[name]["input"]))
                if name in turned and name not in self.whole:
                    products = (values[name] @ turned[name]).chunk(len(self.targets[name]), 1)
                    sums |= {target: sums[target] + product for target, product in zip(self.targets[name], products)}
            states = {name: values[name.replace("prev", "new")] for name in self.states}
            outputs.append(values["h_new_0"])
        return torch.stack(outputs), states


class BuiltIn(nn.Module):
    """A layer with the LSTM of PyTorch: the call beneath `torch.nn.LSTM`, so that a mask can be put on its matrix."""

    states, parts = ("h_prev_0", "h_prev_1"), {"h_prev_0": ()}

    def __init__(self, inputs: int, hidden: int) -> None:
        super().__init__()
        self.hidden, columns = hidden, {"x": inputs, "h_prev_0": hidden}
        self.matrices = nn.ParameterDict({source: uniform(hidden**-0.5, 4 * hidden, n) for source, n in columns.items()})
        self.biases = nn.ParameterList(uniform(hidden**-0.5, 4 * hidden) for _ in columns)

    def forward(self, x: Tensor, states: States, matrices: dict[str, Tensor]) -> tuple[Tensor, States]:
        start, weights = [states[name][None] for name in self.states], [matrices["x"], matrices["h_prev_0"], *self.biases]
        output, *last = torch.lstm(x, start, weights, True, 1, 0.0, True, False, False)
        return output, {name: state[0] for name, state in zip(self.states, last)}


class LanguageModel(nn.Module):
    def __init__(self, vocabulary: int, widths: tuple[int, ...], layer: Layer, frozen: bool) -> None:
        super().__init__()
        self.words, self.bias = uniform(0.1, vocabulary, widths[0]), nn.Parameter(torch.zeros(vocabulary))
        self.layers = nn.ModuleList(layer(*pair) for pair in itertools.pairwise(widths))
        for name, parameter in self.named_parameters():
            parameter.requires_grad_(not frozen or ".matrices." not in name or name.endswith(".x"))
        trained = (parameter for parameter in self.parameters() if parameter.requires_grad)
        self.adam = torch.optim.Adam(trained, 1e-3, weight_decay=L2, fused=True)

    def named(self) -> Iterator[tuple[str, Tensor]]:
        yield from (("encoder.weight", self.words), ("decoder.bias", self.bias))
        for index, layer in enumerate(self.layers):
            yield from ((f"rnns.{index}.{name}", tensor) for name, tensor in layer.named())

    def forward(self, text: Tensor, states: list[States], draw: Draw) -> tuple[Tensor, Tensor, list[States]]:
        """The mean cross-entropy of each next word, what is minimised, and the states after the last step (none: zero)."""
        read, following, after = text[:-1], text[1:], []
        x = functional.embedding(read, self.words)
        x = x * functional.embedding(read, draw(["words"], (len(self.words), 1), DROP["words"]))
        x = x * draw(["input"], (1, *x.shape[1:]), DROP["input"])
        for index, layer in enumerate(self.layers):
            matrices = dict(layer.matrices.items())
            for source in [source for source in matrices if source != "x"]:
                names = [f"rnns.{index}.{name}.weights.{place}" for name, place in layer.parts[source]]
                matrices[source] = matrices[source] * draw(names, tuple(matrices[source].shape), DROP["matrix"])
            before = states[index] if states else dict.fromkeys(layer.states, x.new_zeros(x.shape[1], layer.hidden))
            raw, state = layer(x, before, matrices)
            after.append({name: tensor.detach() for name, tensor in state.items()})
            name = "output" if index == len(self.layers) - 1 else f"layer_{index}"
            x = raw * draw([name], (1, *raw.shape[1:]), DROP[name.partition("_")[0]])
        logits = functional.linear(x, self.words, self.bias)
        entropy = functional.cross_entropy(logits.flatten(0, 1), following.flatten())
        return entropy, entropy + ALPHA * x.square().mean() + BETA * (raw[1:] - raw[:-1]).square().mean(), after


def update(model: nn.Module, optimiser: torch.optim.Optimizer, loss: Tensor, limit: float) -> Tensor:
    """One step of training for this loss; gives the norm of the gradient before clipping."""
    optimiser.zero_grad()
    loss.backward()
    norm = nn.utils.clip_grad_norm_(model.parameters(), limit)
    optimiser.step()
    return norm


def check(case: str, mode: str) -> None:
    """Prints the largest relative difference of each kind from what is recorded."""
    golden, content = json.loads((GOLDEN / f"{case}.json").read_text()), (GOLDEN / f"{case}.safetensors").read_bytes()
    kinds, tensors = {"F64": torch.float64, "F32": torch.float32, "U8": torch.uint8}, {}
    data = 8 + struct.unpack_from("<Q", content)[0]
    for name, entry in json.loads(content[8:data]).items():
        part = bytearray(content[data:][slice(*entry["data_offsets"])])
        tensors[name] = torch.frombuffer(part, dtype=kinds[entry["dtype"]]).reshape(entry["shape"]).double()
    text, settings, expected, begin, worst = torch.tensor(golden["tokens"]), golden["settings"], golden[mode]["f64"], 0, {}
    states: list[States] = []
    model = LanguageModel(50, (24, 32, 32, 24), lambda *widths: Cell(golden["recipe"], *widths), mode == "published")
    with torch.no_grad():
        for name, parameter in model.named():
            parameter.copy_(tensors[name])
    for step, length in enumerate(golden["window_lengths"]):
        given: Draw = lambda names, _, rate: torch.cat([tensors[f"mask{step + 1}/{name}"] for name in names]) / (1 - rate)
        draw = given if "mask1/words" in tensors else lambda _names, shape, _rate: torch.ones(shape)
        entropy, loss, states = model(text[begin : begin + length + 1], states, draw)
        begin += length
        model.adam.param_groups[0]["lr"] = settings["lr"] * length / settings["bptt"]
        found = {"cross_entropy": entropy, "loss": loss, "gradient_norm": update(model, model.adam, loss, settings["clip"])}
        for what, value in found.items():
            difference = abs(value.item() / expected[what][step] - 1)
            if not difference <= 1e-9:
                raise SystemExit(f"{case}, {mode}, step {step}: {what} is {value.item()}, and not {expected[what][step]}")
            worst[what] = max(worst.get(what, 0.0), difference)
    print(json.dumps({"what": f"check {case} {mode}", "relative_differences": worst}), flush=True)


def measure(what: str, step: Callable[[], None], options: argparse.Namespace) -> None:
    cuda, seconds = options.device.startswith("cuda"), []
    synchronise = torch.cuda.synchronize if cuda else lambda: None
    for number in range(2 + options.steps):
        start = time.perf_counter()
        step()
        synchronise()
        seconds += [round(time.perf_counter() - start, 5)] if number >= 2 else []
    row = {"what": what + ", TF32" * options.tf32, "device": options.device, "threads": options.threads}
    row |= {"median_seconds": statistics.median(seconds), "min_seconds": min(seconds), "seconds": seconds}
    peak = torch.cuda.max_memory_allocated() >> 20 if cuda else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    print(json.dumps(row | {"peak_cuda_mib" if cuda else "peak_rss_mib": peak, "torch": torch.__version__}), flush=True)


def recurrent(options: argparse.Namespace, layer: Layer | None = None) -> None:
    recipe = json.loads(pathlib.Path(options.recipe).read_text())["recipe"]
    cell, states = layer or (lambda *widths: Cell(recipe, *widths)), []
    model = LanguageModel(VOCABULARY, WIDTHS, cell, options.as_published).to(options.device)
    draw: Draw = lambda _, shape, rate: torch.empty(shape, device=options.device).bernoulli_(1 - rate).div_(1 - rate)

    def step() -> None:
        nonlocal states
        _, loss, states = model(torch.randint(VOCABULARY, (WINDOW + 1, BATCH), device=options.device), states, draw)
        update(model, model.adam, loss, CLIP)

    kind = "PyTorch's LSTM" if layer else f"joined products, {pathlib.Path(options.recipe).stem}"
    measure(f"recurrent, {kind}, {'as published' if options.as_published else 'all matrices'}", step, options)
    if options.cudnn and not layer:
        recurrent(options, BuiltIn)


class EncoderLayer(nn.Module):
    def __init__(self, hidden: int, heads: int, feed_forward: int, stacks: int) -> None:
        super().__init__()
        widths = [hidden, 4 * hidden, *[feed_forward] * (stacks - 1)]
        self.heads, self.joined, self.dense = heads, nn.Linear(hidden, 3 * hidden), nn.Linear(hidden, hidden)
        self.norm, self.last_norm, self.dropout = nn.LayerNorm(hidden, 1e-12), nn.LayerNorm(hidden, 1e-12), nn.Dropout(0.1)
        stacked = [module for pair in itertools.pairwise(widths) for module in (nn.Linear(*pair), nn.GELU())]
        self.stacked = nn.Sequential(*stacked, nn.Linear(widths[-1], hidden), nn.Dropout(0.1))

    def forward(self, x: Tensor) -> Tensor:
        query, key, value = self.joined(x).unflatten(2, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        mixed = functional.scaled_dot_product_attention(query, key, value, dropout_p=0.1).transpose(1, 2).flatten(2)
        x = self.norm(x + self.dropout(self.dense(mixed)))
        return self.last_norm(x + self.stacked(x))


class Encoder(nn.Module):
    def __init__(self, hidden: int, layers: list[tuple[int, int, int]]) -> None:
        super().__init__()
        self.words, self.positions, self.types = (nn.Embedding(n, WORD_WIDTH) for n in (WORDS, POSITIONS, 2))
        self.before = nn.Sequential(nn.LayerNorm(WORD_WIDTH, 1e-12), nn.Dropout(0.1), nn.Linear(WORD_WIDTH, hidden))
        self.layers = nn.Sequential(*(EncoderLayer(hidden, *layer) for layer in layers))
        self.head = nn.Sequential(nn.Linear(hidden, WORD_WIDTH), nn.GELU(), nn.LayerNorm(WORD_WIDTH, 1e-12))
        self.bias = nn.Parameter(torch.zeros(WORDS))
        nn.init.trunc_normal_(self.words.weight, std=0.02)

    def forward(self, text: Tensor) -> Tensor:
        """The mean cross-entropy of the words at random places, which the network reads as a mask."""
        places = torch.rand(text.shape, device=text.device).topk(round(PREDICTED * text.shape[1]), 1).indices
        x = self.words(text.scatter(1, places, MASK)) + self.positions.weight[: text.shape[1]] + self.types.weight[0]
        x = self.layers(self.before(x))
        x = self.head(x.gather(1, places[:, :, None].expand(-1, -1, x.shape[2])))
        logits = functional.linear(x, self.words.weight, self.bias)
        return functional.cross_entropy(logits.flatten(0, 1), text.gather(1, places).flatten())


def encoder(options: argparse.Namespace) -> None:
    columns = [[int(n) for n in text.split(",")] for text in (options.heads, options.feed_forward, options.stacks)]
    layers = list(zip(range(options.layers), *(c * options.layers if len(c) == 1 else c for c in columns), strict=True))
    model = Encoder(options.hidden, [layer[1:] for layer in layers]).to(options.device)
    decayed, others = ([p for p in model.parameters() if (p.dim() > 1) == matrix] for matrix in (True, False))
    groups = [{"params": decayed, "weight_decay": 0.01}, {"params": others, "weight_decay": 0.0}]
    optimiser = torch.optim.AdamW(groups, 5e-4, eps=1e-6, fused=True)
    text = torch.randint(999, WORDS, (options.batch, options.length), device=options.device)
    what = f"encoder, {options.layers} x {options.hidden}, {options.batch} x {options.length} words"
    measure(what, lambda: update(model, optimiser, model(text), 1.0), options)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("check", "recurrent", "encoder"))
    parser.add_argument("--recipe", default=str(GOLDEN / f"{CASES[0]}.json"), help="a JSON object with a recipe")
    for flag in ("as-published", "cudnn", "tf32"):
        parser.add_argument(f"--{flag}", action="store_true")
    # The network with id 0 of NAS-Bench-BERT.
    sizes = {"layers": 4, "hidden": 256, "heads": "4,2,4,4", "feed-forward": "1024,512,512,1024", "stacks": "3,3,3,1"}
    for name, value in ({"device": "cpu", "threads": 2, "steps": 5, "batch": 16, "length": 128} | sizes).items():
        parser.add_argument(f"--{name}", type=type(value), default=value, help=f"{value} unless given")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = options.tf32
    if options.what != "check":
        return {"recurrent": recurrent, "encoder": encoder}[options.what](options)
    torch.set_default_dtype(torch.float64)
    for case, mode in itertools.product(CASES, ("all", "published")):
        check(case, mode)


if __name__ == "__main__":
    main()
