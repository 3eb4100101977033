"""PyTorch's time for one step of training, next to which this program is measured, and a check of the losses.

    python tests/train_side_by_side.py check
    python tests/train_side_by_side.py recurrent [--as-published] [--recipe FILE] [--cudnn] [--device cuda] [--tf32]
    python tests/train_side_by_side.py encoder [--layers 4 --hidden 256 --heads 4,2,4,4 ...] [--device cuda] [--tf32]

`recurrent` trains the language model of NAS-Bench-NLP with the cell of a recipe (an LSTM unless given) in eager mode, with
`--as-published` all but the recurrent matrices; `--cudnn` then also times PyTorch's own LSTM. `encoder` pre-trains an encoder
of NAS-Bench-BERT on masked words. The words are random. A measurement is a JSON line: seconds for a step (masks, forward,
backward, clipping, update) after two that do not count, and the peak of memory so far.

`check` runs the golden cases in `tests/golden` through the same code in 64-bit numbers, and fails if a loss, a norm of the
gradient or a trained weight is not the recorded one. Needs Linux and PyTorch 2.4 or later.
"""
import argparse
import collections
import itertools
import json
import math
import pathlib
import resource
import statistics
import struct
import sys
import time
from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn
from torch.nn import functional

GOLDEN = pathlib.Path(__file__).resolve().parent / "golden"
CASES = ("train_rnn_lstm", "train_rnn_12124", "train_rnn_dropout")
VOCABULARY, WIDTHS, WINDOW, BATCH = 10_000, (400, 600, 600, 400), 70, 20
DROP = {"words": 0.1, "input": 0.4, "layer": 0.25, "output": 0.1, "matrix": 0.1}
ALPHA, BETA, CLIP, L2 = 2.0, 1.0, 0.25, 1.2e-6
OPERATIONS = {"elementwise_prod": torch.mul, "elementwise_sum": torch.add}
OPERATIONS |= {"activation_tanh": torch.tanh, "activation_sigm": torch.sigmoid}
OPERATIONS |= {"activation_leaky_relu": functional.leaky_relu, "blend": lambda gate, a, b: torch.lerp(b, a, gate)}
WORDS, MASK, POSITIONS, WORD_WIDTH, PREDICTED = 30_522, 103, 512, 128, 0.15
# Makes the mask, already divided by the rate of keeping, of what has these names, of a shape, for a rate of dropping.
Draw = Callable[[list[str], tuple[int, ...], float], Tensor]
States = dict[str, Tensor]
Layer = Callable[[int, int], nn.Module]


def uniform(hidden: int, *shape: int) -> nn.Parameter:
    return nn.Parameter(torch.empty(shape).uniform_(-1, 1) / math.sqrt(hidden))


class Cell(nn.Module):
    """A layer with the cell of a recipe; the matrices that multiply one source are the rows of one matrix.

    What has no way to `h_new_0`, at this step or a later one, is left out: it would get no gradient.
    """

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
        columns = {source: inputs if source == "x" else hidden for source in self.parts}
        self.matrices = nn.ParameterDict({s: uniform(hidden, hidden * len(self.parts[s]), n) for s, n in columns.items()})
        self.bias = uniform(hidden, hidden * len(self.linear))

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
        targets = {source: [name for name, _ in parts] for source, parts in self.parts.items()}
        whole = [source for source in self.states if targets.get(source) == self.linear]
        outputs, rows = [], len(matrices["x"])
        from_x = functional.linear(x, matrices["x"], self.bias[:rows])
        if rows < len(self.bias):
            from_x = torch.cat([from_x, self.bias[rows:].expand(*x.shape[:2], -1)], 2)
        for now, total in zip(x.unbind(0), from_x.unbind(0)):
            for source in whole:
                total = torch.addmm(total, states[source], turned[source])
            sums, values = dict(zip(self.linear, total.chunk(len(self.linear), 1))), {"x": now, **states}
            for name in [*self.states, *self.order]:
                if name in sums:
                    values[name] = sums[name]
                elif name in self.recipe:
                    node = self.recipe[name]
                    values[name] = OPERATIONS[node["op"]](*(values[source] for source in node["input"]))
                if name in turned and name not in whole:
                    products = (values[name] @ turned[name]).chunk(len(targets[name]), 1)
                    sums |= {target: sums[target] + product for target, product in zip(targets[name], products)}
            states = {name: values[name.replace("prev", "new")] for name in self.states}
            outputs.append(values["h_new_0"])
        return torch.stack(outputs), states


class BuiltIn(nn.Module):
    """A layer with the LSTM of PyTorch: the call beneath `torch.nn.LSTM`, so that a mask can be put on its matrix."""

    states, parts = ("h_prev_0", "h_prev_1"), {"h_prev_0": []}

    def __init__(self, inputs: int, hidden: int) -> None:
        super().__init__()
        self.hidden, columns = hidden, {"x": inputs, "h_prev_0": hidden}
        self.matrices = nn.ParameterDict({source: uniform(hidden, 4 * hidden, n) for source, n in columns.items()})
        self.biases = nn.ParameterList(uniform(hidden, 4 * hidden) for _ in columns)

    def forward(self, x: Tensor, states: States, matrices: dict[str, Tensor]) -> tuple[Tensor, States]:
        start = [states[name][None].contiguous() for name in self.states]
        output, *last = torch.lstm(x, start, [*matrices.values(), *self.biases], True, 1, 0.0, True, False, False)
        return output, {name: state[0] for name, state in zip(self.states, last)}


class LanguageModel(nn.Module):
    def __init__(self, vocabulary: int, widths: tuple[int, ...], layer: Layer, frozen: bool) -> None:
        super().__init__()
        self.words, self.bias = uniform(100, vocabulary, widths[0]), nn.Parameter(torch.zeros(vocabulary))
        self.layers = nn.ModuleList(layer(*pair) for pair in itertools.pairwise(widths))
        for layer in self.layers:
            for source, matrix in layer.matrices.items():
                matrix.requires_grad_(source == "x" or not frozen)

    def named(self) -> Iterator[tuple[str, Tensor]]:
        yield from (("encoder.weight", self.words), ("decoder.bias", self.bias))
        for index, layer in enumerate(self.layers):
            yield from ((f"rnns.{index}.{name}", tensor) for name, tensor in layer.named())

    def start(self, batch: int) -> list[States]:
        return [{name: self.bias.new_zeros(batch, layer.hidden) for name in layer.states} for layer in self.layers]

    def forward(self, text: Tensor, states: list[States], draw: Draw) -> tuple[Tensor, Tensor, list[States]]:
        """The mean cross-entropy of each next word, what is minimised, and the states after the last step."""
        read, following, after = text[:-1], text[1:], []
        x = functional.embedding(read, self.words)
        x = x * functional.embedding(read, draw(["words"], (len(self.words), 1), DROP["words"]))
        x = x * draw(["input"], (1, *x.shape[1:]), DROP["input"])
        for index, layer in enumerate(self.layers):
            matrices = dict(layer.matrices.items())
            for source, matrix in [*matrices.items()]:
                if source != "x":
                    names = [f"rnns.{index}.{name}.weights.{place}" for name, place in layer.parts[source]]
                    matrices[source] = matrix * draw(names, tuple(matrix.shape), DROP["matrix"])
            raw, state = layer(x, states[index], matrices)
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


def adam(model: nn.Module) -> torch.optim.Optimizer:
    return torch.optim.Adam([p for p in model.parameters() if p.requires_grad], 1e-3, weight_decay=L2, fused=True)


def safetensors(path: pathlib.Path) -> dict[str, Tensor]:
    kinds, content = {"F64": torch.float64, "F32": torch.float32, "U8": torch.uint8}, bytearray(path.read_bytes())
    data = 8 + struct.unpack_from("<Q", content)[0]

    def tensor(entry: dict) -> Tensor:
        part = content[slice(*(data + offset for offset in entry["data_offsets"]))]
        return torch.frombuffer(part, dtype=kinds[entry["dtype"]]).reshape(entry["shape"]).double()

    return {name: tensor(entry) for name, entry in json.loads(content[8:data]).items() if name != "__metadata__"}


def check_case(case: str, mode: str) -> dict[str, float]:
    """The largest difference of each kind from what is recorded: relative, and absolute for weights."""
    golden, tensors = json.loads((GOLDEN / f"{case}.json").read_text()), safetensors(GOLDEN / f"{case}.safetensors")
    text, settings, worst, begin = torch.tensor(golden["tokens"]), golden["settings"], collections.defaultdict(float), 0
    vocabulary, width = tensors["encoder.weight"].shape
    model = LanguageModel(vocabulary, (width, 32, 32, width), lambda *w: Cell(golden["recipe"], *w), mode == "published")
    with torch.no_grad():
        for name, parameter in model.named():
            parameter.copy_(tensors[name])
    states, optimiser = model.start(text.shape[1]), adam(model)
    for step, length in enumerate(golden["window_lengths"]):

        def draw(names: list[str], shape: tuple[int, ...], rate: float) -> Tensor:
            masks = [tensors[f"mask{step + 1}/{name}"] for name in names if "mask1/words" in tensors]
            return torch.cat(masks) / (1 - rate) if masks else torch.ones(shape)

        entropy, loss, states = model(text[begin : begin + length + 1], states, draw)
        begin += length
        optimiser.param_groups[0]["lr"] = settings["lr"] * length / settings["bptt"]
        found = {"cross_entropy": entropy, "loss": loss, "gradient_norm": update(model, optimiser, loss, settings["clip"])}
        for what, value in found.items():
            worst[what] = max(worst[what], abs(value.item() / golden[mode]["f64"][what][step] - 1))
        for name, tensor in model.named():
            recorded = tensors.get(f"{mode}/step{step + 1}/{name}", tensor)
            worst["weights"] = max(worst["weights"], (tensor - recorded).abs().max().item())
    return worst


def check(_options: argparse.Namespace) -> None:
    torch.set_default_dtype(torch.float64)
    for case, mode in itertools.product(CASES, ("all", "published")):
        differences = check_case(case, mode)
        print(json.dumps({"what": f"check {case} {mode}", "differences": differences}), flush=True)
        if not all(difference <= 1e-9 for difference in differences.values()):
            sys.exit(f"{case}, {mode}: not what is recorded")


def measure(what: str, step: Callable[[], None], options: argparse.Namespace) -> None:
    cuda, seconds = options.device.startswith("cuda"), []
    synchronise = torch.cuda.synchronize if cuda else lambda: None
    for _ in range(2 + options.steps):
        synchronise()
        start = time.perf_counter()
        step()
        synchronise()
        seconds.append(round(time.perf_counter() - start, 5))
    seconds = seconds[2:]
    row = {"what": what + (", TF32" if options.tf32 else ""), "device": options.device, "threads": options.threads}
    row |= {"median_seconds": statistics.median(seconds), "min_seconds": min(seconds), "seconds": seconds}
    if cuda:
        row |= {"peak_cuda_mib": torch.cuda.max_memory_allocated() >> 20, "card": torch.cuda.get_device_name()}
    else:
        row["peak_rss_mib"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    print(json.dumps(row | {"torch": torch.__version__}), flush=True)


def recurrent(options: argparse.Namespace, layer: Layer | None = None) -> None:
    recipe = json.loads(pathlib.Path(options.recipe).read_text())
    recipe = recipe.get("recipe", recipe)
    model = LanguageModel(VOCABULARY, WIDTHS, layer or (lambda *widths: Cell(recipe, *widths)), options.as_published)
    optimiser, states = adam(model.to(options.device)), model.start(BATCH)
    draw: Draw = lambda _, shape, rate: torch.empty(shape, device=options.device).bernoulli_(1 - rate).div_(1 - rate)

    def step() -> None:
        nonlocal states
        _, loss, states = model(torch.randint(VOCABULARY, (WINDOW + 1, BATCH), device=options.device), states, draw)
        update(model, optimiser, loss, CLIP)

    kind = "built-in LSTM" if layer else f"joined products, {pathlib.Path(options.recipe).stem}"
    measure(f"recurrent, {kind}, {'recurrent matrices frozen' if options.as_published else 'all trained'}", step, options)


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
        for parameter in filter(lambda parameter: parameter.dim() > 1, self.parameters()):
            nn.init.trunc_normal_(parameter, std=0.02, a=-0.04, b=0.04)

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
    matrices, others = ([p for p in model.parameters() if (p.dim() > 1) == matrix] for matrix in (True, False))
    groups = [{"params": matrices, "weight_decay": 0.01}, {"params": others, "weight_decay": 0.0}]
    optimiser = torch.optim.AdamW(groups, 5e-4, eps=1e-6, fused=True)

    def step() -> None:
        text = torch.randint(999, WORDS, (options.batch, options.length), device=options.device)
        update(model, optimiser, model(text), 1.0)

    sizes = f"{options.layers} layers of {options.hidden}, {options.batch} x {options.length} words"
    measure(f"encoder, {sizes}", step, options)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("check", "recurrent", "encoder"))
    parser.add_argument("--tf32", action="store_true", help="products on the card may round to TF32")
    parser.add_argument("--recipe", default=str(GOLDEN / f"{CASES[0]}.json"), help="JSON: a recipe, or an object with one")
    parser.add_argument("--as-published", action="store_true", help="the recurrent matrices are not trained")
    parser.add_argument("--cudnn", action="store_true", help="times the LSTM of PyTorch, too")
    # The network with id 0 of NAS-Bench-BERT.
    sizes = {"layers": 4, "hidden": 256, "heads": "4,2,4,4", "feed-forward": "1024,512,512,1024", "stacks": "3,3,3,1"}
    for name, value in ({"device": "cpu", "threads": 2, "steps": 5, "batch": 16, "length": 128} | sizes).items():
        parser.add_argument(f"--{name}", type=type(value), default=value, help=f"{value} unless given")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = options.tf32
    {"check": check, "recurrent": recurrent, "encoder": encoder}[options.what](options)
    if options.what == "recurrent" and options.cudnn:
        recurrent(options, BuiltIn)


if __name__ == "__main__":
    main()
