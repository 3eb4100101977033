"""Writes tests/golden/decoders.json: the metrics of the golden decoders, in f64 (`metrics`) and f32 (`metrics_f32`).

    python tests/decoder_golden.py tests/golden

Independent of this program: the networks are written here in JAX, which differentiates them. Loss and the sum of
|w dw| are checked against the golden files, which come from other code. Needs jax, numpy and safetensors.
"""
import json
import math
import pathlib
import sys

import jax
import jax.numpy as jnp
import numpy as np
from safetensors.numpy import load_file

jax.config.update("jax_enable_x64", True)

NAMES = ("gpt2", "gpt2_flex", "lts_gpt2", "lts_xl", "hw_gpt")
GPT2 = ("gpt2", "lts_gpt2")


def heads(x, count):
    """From [B, T, A d] to [B, A, T, d]."""
    batch, tokens, width = x.shape
    return x.reshape(batch, tokens, count, width // count).transpose(0, 2, 1, 3)


def joined(x):
    batch, count, tokens, width = x.shape
    return x.transpose(0, 2, 1, 3).reshape(batch, tokens, count * width)


def gelu(x):
    return 0.5 * x * (1 + jax.scipy.special.erf(x / math.sqrt(2)))


def gelu_new(x):
    return 0.5 * x * (1 + jnp.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


def rotated(x, count):
    angle = jnp.arange(x.shape[2])[:, None] / 10000 ** (2 * jnp.arange(count // 2) / count)
    a, b, rest = x[..., : count // 2], x[..., count // 2 : count], x[..., count:]
    cos, sin = jnp.cos(angle), jnp.sin(angle)
    return jnp.concatenate([a * cos - b * sin, b * cos + a * sin, rest], -1)


class Decoder:
    """A decoder with given weights. `offset` [T, H] is added to the embeddings, `gates` [B, A] of every layer multiply
    what its heads give; `maps`, `attention` and `states` hold what a pass computed."""

    def __init__(self, config, weights, offset, gates):
        self.config, self.kind, self.weights = config, config["model"], weights
        self.offset, self.gates, self.maps, self.attention, self.states = offset, gates, [], [], []
        if self.kind in ("lts_gpt2", "lts_xl"):
            self.table, self.head = ("transformer.wte", "lm_head") if self.kind == "lts_gpt2" else ("word_emb", "crit")
            self.clusters = range(len(config["cutoffs"]) + 1)

    def linear(self, name, x):
        weight = self.weights[f"{name}.weight"]
        y = x @ (weight if self.kind in GPT2 else weight.T) + self.weights.get(f"{name}.bias", 0.0)
        self.maps.append((name, y))
        return y

    def norm(self, name, x):
        centred = x - x.mean(-1, keepdims=True)
        scaled = centred / jnp.sqrt((centred**2).mean(-1, keepdims=True) + self.config["layer_norm_epsilon"])
        return scaled * self.weights[f"{name}.weight"] + self.weights[f"{name}.bias"]

    def attend(self, layer, query, key, value, by_distance=0.0):
        scores = (jnp.einsum("bhid,bhjd->bhij", query, key) + by_distance) / math.sqrt(query.shape[-1])
        causal = jnp.tril(jnp.ones(scores.shape[-2:], bool))
        weights = jax.nn.softmax(jnp.where(causal, scores, -jnp.inf), -1)
        self.attention.append(weights)
        return joined(jnp.einsum("bhij,bhjd->bhid", weights, value) * self.gates[layer][:, :, None, None])

    def embed(self, tokens):
        config, weights = self.config, self.weights
        if self.kind in ("gpt2", "hw_gpt"):
            scale = math.sqrt(config["n_embd"]) if config.get("scaled_embeddings_and_head_bias") else 1.0
            embedded = weights["transformer.wte.weight"][tokens] * scale
        else:
            tables = [weights[f"{self.table}.emb_layers.{i}.weight"] for i in self.clusters]
            mapped = [table @ weights[f"{self.table}.emb_projs.{i}"].T for i, table in enumerate(tables)]
            embedded = jnp.concatenate(mapped)[tokens] * math.sqrt(config["d_model"])
        if self.kind in GPT2:
            embedded = embedded + weights["transformer.wpe.weight"][: tokens.shape[1]]
        return embedded + self.offset

    def layer(self, index, x):
        count = self.config["n_head"][index]
        if self.kind == "lts_xl":
            return self.relative_layer(index, count, x)
        name = f"transformer.h.{index}"
        if self.kind in GPT2:
            parts = jnp.split(self.linear(f"{name}.attn.c_attn", self.norm(f"{name}.ln_1", x)), 3, -1)
            mixed = self.attend(index, *(heads(part, count) for part in parts))
            x = x + self.linear(f"{name}.attn.c_proj", mixed)
            inner = gelu_new(self.linear(f"{name}.mlp.c_fc", self.norm(f"{name}.ln_2", x)))
            return x + self.linear(f"{name}.mlp.c_proj", inner)
        fused = self.linear(f"{name}.attn.attn", self.norm(f"{name}.norm_1", x))
        width = self.config["head_size"]
        query, key, value = fused.reshape(*x.shape[:2], count, 3, width).transpose(3, 0, 2, 1, 4)
        turned = int(self.config["rotary_percentage"] * width)
        mixed = self.attend(index, rotated(query, turned), rotated(key, turned), value)
        attended = self.linear(f"{name}.attn.proj", mixed)
        inner = gelu(self.linear(f"{name}.mlp.fc", self.norm(f"{name}.norm_2", x)))
        return self.linear(f"{name}.mlp.proj", inner) + attended + x

    def relative_layer(self, index, count, x):
        name, tokens = f"layers.{index}", x.shape[1]
        fused = self.linear(f"{name}.dec_attn.qkv_net", x)
        query, key, value = (heads(part, count) for part in jnp.split(fused, 3, -1))
        angle = jnp.arange(tokens)[:, None] / 10000 ** (jnp.arange(0, x.shape[-1], 2) / x.shape[-1])
        waves = jnp.concatenate([jnp.sin(angle), jnp.cos(angle)], -1)[None]
        distances = heads(self.linear(f"{name}.dec_attn.r_net", waves), count)[0]
        content, place = (self.weights[f"{bias}_{index}"][None, :, None] for bias in ("r_w_bias", "r_r_bias"))
        scores = jnp.einsum("bhid,hmd->bhim", query + place, distances)
        at = jnp.maximum(jnp.arange(tokens)[:, None] - jnp.arange(tokens), 0)
        by_distance = jnp.take_along_axis(scores, jnp.broadcast_to(at, scores.shape), -1)
        mixed = self.attend(index, query + content, key, value, by_distance)
        x = self.norm(f"{name}.dec_attn.layer_norm", x + self.linear(f"{name}.dec_attn.o_net", mixed))
        inner = self.linear(f"{name}.pos_ff.CoreNet.3", jax.nn.relu(self.linear(f"{name}.pos_ff.CoreNet.0", x)))
        return self.norm(f"{name}.pos_ff.layer_norm", x + inner)

    def log_probabilities(self, hidden):
        weights = self.weights
        if self.kind in ("gpt2", "hw_gpt"):
            table, bias = weights["transformer.wte.weight"], weights.get("lm_head.bias", 0.0)
            return jax.nn.log_softmax(hidden @ table.T + bias, -1)
        found = []
        for i in self.clusters:
            tied = self.config["tie_projs"][i]
            projection = weights[f"{self.table}.emb_projs.{i}" if tied else f"{self.head}.out_projs.{i}"]
            table, bias = weights[f"{self.table}.emb_layers.{i}.weight"], weights[f"{self.head}.out_layers_biases.{i}"]
            if i == 0:
                words = len(bias)
                table = jnp.concatenate([table, weights[f"{self.head}.cluster_weight"]])
                bias = jnp.concatenate([bias, weights[f"{self.head}.cluster_bias"]])
            own = jax.nn.log_softmax((hidden @ projection) @ table.T + bias, -1)
            found.append(own[..., :words] if i == 0 else own + first[..., words + i - 1 : words + i])
            first = own if i == 0 else first
        return jnp.concatenate(found, -1)

    def loss(self, tokens, targets):
        x = self.embed(tokens)
        for index in range(self.config["n_layer"]):
            self.states.append(x)
            x = self.layer(index, x)
        if self.kind != "lts_xl":
            x = self.norm("transformer.ln_f", x)
        return -jnp.take_along_axis(self.log_probabilities(x), targets[..., None], -1).mean()


def f64(x):
    return np.asarray(x, np.float64)


def nuclear(matrix):
    return np.linalg.svd(matrix, compute_uv=False).sum()


def spectrum(rows):
    eigenvalues = np.linalg.eigvalsh(np.corrcoef(rows))
    return -np.sum(np.log(eigenvalues + 1e-5) + 1 / (eigenvalues + 1e-5))


def units(states):
    """From [B, T, H] to [H, B T]."""
    return f64(states).reshape(-1, states.shape[-1]).T


def cosine(rows):
    norms, count = np.linalg.norm(rows, axis=1), len(rows)
    cosines = rows @ rows.T / np.outer(norms, norms)
    np.fill_diagonal(cosines, 0)
    return 1 - np.sum(np.abs(cosines) ** 0.05) / 2 / (count**2 - count)


def counts(config, weights):
    def size(is_counted):
        return float(sum(array.size for name, array in weights.items() if is_counted(name)))

    in_layers = lambda name: name.startswith(("transformer.h.", "layers.", "transformer.ln_f", "r_"))
    is_norm = lambda name: any(part in name for part in ("ln_", "norm_", "layer_norm"))
    feeds_forward = lambda name: in_layers(name) and any(part in name for part in (".mlp.", "CoreNet"))
    return {
        "parameters": size(lambda _: True),
        "embedding_parameters": size(lambda name: name.startswith(("transformer.wte", "transformer.wpe", "word_emb"))),
        "attention_parameters": size(lambda name: in_layers(name) and not feeds_forward(name) and not is_norm(name)),
        "feed_forward_parameters": size(lambda name: feeds_forward(name) and not is_norm(name)),
        "decoder_parameters": size(in_layers),
        "layers": float(config["n_layer"]),
        "hidden_size": float(config.get("n_embd") or config["d_model"]),
        "heads": float(sum(config["n_head"])),
    }


def metrics(file, arrays, dtype):
    config, weights = file["config"], {name: jnp.asarray(array.astype(dtype)) for name, array in arrays.items()}
    tokens, targets = jnp.asarray(file["tokens"]), jnp.asarray(file["targets"])
    batch, length = tokens.shape
    counted = counts(config, arrays)
    offset = jnp.zeros((length, int(counted["hidden_size"])), dtype)
    gates = [jnp.ones((batch, count), dtype) for count in config["n_head"]]

    def loss(weights, offset, gates):
        decoder = Decoder(config, weights, offset, gates)
        return decoder.loss(tokens, targets), (decoder.maps, decoder.attention, decoder.states)

    differentiated = jax.value_and_grad(loss, argnums=(0, 1, 2), has_aux=True)(weights, offset, gates)
    (value, (maps, attention, states)), (of_weights, of_offset, of_gates) = differentiated
    pairs = [(f64(weights[f"{name}.weight"]), f64(of_weights[f"{name}.weight"])) for name, _ in maps]
    products = [np.abs(weight * gradient).sum() for weight, gradient in pairs]
    if dtype == np.float64:
        for found, metric in ((value, "loss"), (sum(products), "snip")):
            assert abs(found / file["metrics"][metric] - 1) < 1e-12, f"{metric} {found}, not {file['metrics'][metric]}"
    # The map of distances reads no sequence.
    outputs = [f64(output) for name, output in maps if "r_net" not in name]
    active = [(output[0] > 0).sum(0) for output in outputs]
    softmax = sum(f64(weights).max(1).mean() for weights in attention)
    found = {
        "synaptic_saliency": sum(products),
        "head_importance": sum(product for product, (weight, _) in zip(products, pairs) if len(weight) >= 128),
        "synaptic_diversity": sum(nuclear(weight) * nuclear(gradient) for weight, gradient in pairs),
        "head_confidence": sum(output.max(1).mean() for output in outputs),
        "head_softmax_confidence": softmax,
        "head_softmax_confidence_normalized": softmax / config["n_layer"],
        "activation_distance": sum((count**2 + (length - count) ** 2).sum() for count in active),
        "jacobian_covariance": spectrum(f64(of_offset).T),
        "jacobian_cosine": cosine(f64(of_offset).T),
        "attention_confidence": np.concatenate([f64(weights).max(-1).mean((0, 2)) for weights in attention]).mean(),
        "attention_importance": np.concatenate([np.abs(f64(gate)).mean(0) for gate in of_gates]).mean(),
        **{f"hidden_covariance_layer_{i + 1}": spectrum(units(states[i])) for i in range(3)},
        **counted,
        "flops": file["metrics"]["flops"],
    }
    return {name: float(value) for name, value in found.items()}


def main():
    folder = pathlib.Path(sys.argv[1])
    lines = []
    for name in (f"zc_{name}" for name in NAMES):
        file, arrays = json.loads((folder / f"{name}.json").read_text()), load_file(folder / f"{name}.safetensors")
        values = {"metrics": metrics(file, arrays, np.float64), "metrics_f32": metrics(file, arrays, np.float32)}
        lines.append(f"{json.dumps(name)}: {json.dumps(values)}")
    (folder / "decoders.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()
