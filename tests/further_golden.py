"""Writes tests/golden/further.json: golden values that the golden files themselves do not hold.

    python tests/further_golden.py tests/golden

Independent of this program: counts follow from the recipe or configuration and from the shapes in the safetensors file,
confidence and importance of heads from a model in PyTorch, in f64 (`metrics`) and f32 (`metrics_f32`). The model is checked
against the last hidden states and the softmax confidence of the golden file. Needs torch and safetensors.
"""
import json
import math
import pathlib
import sys

import torch
from safetensors.torch import load_file
from torch.nn import functional

CELLS = (889, 6809, 6880, 9532, 9965, 12124, 12792, 13209)
ENCODERS = ("sdp", "wma", "dft", "dct", "dsc")


def cell(file, weights):
    """Counts of a recurrent network. The decoder's matrix is the embedding; its bias is not in the file."""
    nodes = file["recipe"]
    depths = {}

    def depth(name):
        if name not in depths:
            depths[name] = 1 + max((depth(source) for source in nodes[name]["input"] if source in nodes), default=0)
        return depths[name]

    return {
        "parameters": sum(tensor.numel() for tensor in weights.values()) + file["ntoken"],
        "nodes": len(nodes),
        "linears": sum(node["op"] == "linear" for node in nodes.values()),
        "depth": max(map(depth, nodes)),
    }


class Encoder:
    """An encoder of NAS-Bench-BERT with given weights; `heads` holds attention weights and head outputs of each layer."""

    def __init__(self, file, weights, dtype):
        self.layers = file["nas_config"]["encoder_layers"]
        self.weights = {name: tensor.to(dtype) for name, tensor in weights.items()}
        self.dtype, self.heads, self.softmaxes, self.products, self.inputs = dtype, [], [], 0, []

    def linear(self, name, x):
        weight = self.weights[f"{name}.weight"]
        self.products += x.shape[1] * weight.numel()
        return functional.linear(x, weight, self.weights.get(f"{name}.bias"))

    def norm(self, name, x):
        return functional.layer_norm(x, x.shape[-1:], self.weights[f"{name}.weight"], self.weights[f"{name}.bias"], 1e-12)

    def matmul(self, a, b):
        """A product of what belongs to one sequence and head; a multiplication for each pair that meets."""
        self.products += math.prod(a.shape[1:]) * b.shape[-1]
        return a @ b

    def attend(self, query, key, value, heads):
        query, key, value = (part.unflatten(-1, (heads, -1)).transpose(1, 2) for part in (query, key, value))
        weights = torch.softmax(self.matmul(query, key.transpose(2, 3)) / math.sqrt(query.shape[-1]), -1)
        output = self.matmul(weights, value)
        output.retain_grad()
        self.heads.append((weights, output))
        self.softmaxes.append(weights)
        return output.transpose(1, 2).flatten(2)

    def transform(self, kind, x, heads):
        x = x.unflatten(-1, (heads, -1)).transpose(1, 2)
        tokens, features = x.shape[2:]
        self.products += heads * (2 if kind == "DFT" else 1) * tokens * features * (tokens + features)
        if kind == "DFT":
            mixed = torch.fft.fft(torch.fft.fft(x, dim=-1), dim=-2).real
        else:
            both = []
            for n in (tokens, features):
                k, t = torch.arange(n, dtype=self.dtype)[:, None], torch.arange(n, dtype=self.dtype)[None]
                both.append(2 * torch.cos(math.pi * k * (2 * t + 1) / (2 * n)))
            mixed = both[0] @ x @ both[1].T
        self.softmaxes.append(torch.softmax(mixed, -1))
        return mixed.transpose(1, 2).flatten(2)

    def convolve(self, name, kernel, x, query, heads):
        separable = f"{name}.key_conv_attn_layer"
        depthwise = self.weights[f"{separable}.depthwise.weight"]
        around = functional.conv1d(x.transpose(1, 2), depthwise, padding=kernel // 2, groups=x.shape[-1])
        around = functional.conv1d(around, self.weights[f"{separable}.pointwise.weight"]) + self.weights[f"{separable}.bias"]
        self.products += x.shape[1] * (depthwise.numel() + self.weights[f"{separable}.pointwise.weight"].numel())
        kernels = self.linear(f"{name}.conv_kernel_layer", around.transpose(1, 2) * query)
        kernels = torch.softmax(kernels.unflatten(-1, (heads, kernel)), -1)
        spread = self.linear(f"{name}.conv_out_layer", x)
        spans = functional.pad(spread, (0, 0, kernel // 2, kernel // 2)).unfold(1, kernel, 1)
        spans = spans.unflatten(2, (heads, -1))
        self.products += math.prod(spans.shape[1:])
        return (spans * kernels[..., None, :]).sum(-1).flatten(2)

    def mix(self, name, layer, x):
        kind, heads, inner = layer["operation_parameter"], layer["num_operation_heads"], f"{name}.operation"
        if layer["operation_type"] == "LT":
            return self.transform(kind, self.linear(f"{inner}.input", x), heads)
        query, key, value = (self.linear(f"{inner}.{part}", x) for part in ("query", "key", "value"))
        if layer["operation_type"] == "DSC":
            attended = self.attend(query, key, value, heads // 2)
            mixed = torch.cat([attended, self.convolve(inner, kind, x, query, heads // 2)], -1)
        else:
            query = self.linear(f"{inner}.weight", query) if kind == "WMA" else query
            mixed = self.attend(query, key, value, heads)
        return self.norm(f"{name}.output.LayerNorm", self.linear(f"{name}.output.dense", mixed) + x)

    def forward(self, ids):
        table = lambda kind: self.weights[f"embeddings.{kind}_embeddings.weight"]
        x = table("word")[ids] + table("position")[: ids.shape[1]] + table("token_type")[0]
        x = self.norm("embeddings.LayerNorm", x.requires_grad_())
        x = self.linear("embeddings_project", x)
        for at, layer in enumerate(self.layers):
            name = f"encoder.layer.{at}"
            self.inputs.append(x)
            x = self.mix(f"{name}.operation", layer, x)
            inner = functional.gelu(self.linear(f"{name}.intermediate.dense_in", x))
            for stack in range(layer["num_feed_forward"] - 1):
                inner = functional.gelu(self.linear(f"{name}.intermediate.dense_list.{stack}", inner))
            x = self.norm(f"{name}.output.LayerNorm", self.linear(f"{name}.output.dense", inner) + x)
        return x


def hidden_covariance(states):
    """Of at most one array of states [B, T, H]: S of the correlations of the hidden units."""
    if not states:
        return "nan"
    values = torch.linalg.eigvalsh(torch.corrcoef(states[0].detach().double().flatten(0, 1).T)).clamp(min=0)
    return -torch.sum(torch.log(values + 1e-5) + 1 / (values + 1e-5)).item()


def encoder(file, weights, dtype):
    """Confidence and importance of the heads, and counts. A mean over no heads is NaN."""
    model = Encoder(file, weights, dtype)
    output = model.forward(torch.tensor(file["input_ids"]))
    output.sum().backward()
    furthest = (output.double() - torch.tensor(file["last_hidden_state"]).double()).abs().max().item()
    softmax = sum(weights.amax(1).mean().item() for weights in model.softmaxes)
    expected = float(file["metrics"]["head_softmax_confidence"])
    tolerance = 1e-6 if dtype == torch.float64 else 1e-4
    assert furthest < tolerance, f"last hidden states differ by {furthest}"
    assert abs(softmax - expected) < 1e-6, f"softmax confidence {softmax}, not {expected}"
    confidence = [weights.amax(-1).mean((0, 2)) for weights, _ in model.heads]
    importance = [(output * output.grad).sum((2, 3)).abs().mean(0) for _, output in model.heads]
    mean = lambda heads: torch.cat(heads).mean().item() if heads else "nan"
    return {
        **{f"hidden_covariance_layer_{at}": hidden_covariance(model.inputs[at - 1 : at]) for at in (1, 2, 3)},
        "attention_confidence": mean(confidence),
        "attention_importance": mean(importance),
        "layers": len(model.layers),
        "hidden_size": file["hidden_size"],
        "heads": sum(layer["num_operation_heads"] for layer in model.layers),
        "flops": 2 * model.products,
    }


def main():
    folder = pathlib.Path(sys.argv[1])
    further = {}
    for name, count in [(f"rnn_{id}", cell) for id in CELLS] + [(f"bert_{name}", None) for name in ENCODERS]:
        file, weights = json.loads((folder / f"{name}.json").read_text()), load_file(folder / f"{name}.safetensors")
        both = [count(file, weights)] * 2 if count else [encoder(file, weights, d) for d in (torch.float64, torch.float32)]
        further[name] = dict(zip(("metrics", "metrics_f32"), both))
    lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(values)}" for name, values in further.items())
    (folder / "further.json").write_text(f"{{\n{lines}\n}}\n")


if __name__ == "__main__":
    main()
