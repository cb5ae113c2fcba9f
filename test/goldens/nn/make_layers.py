"""Outputs and gradients of layers and blocks in float64 PyTorch -> layers.json.

Each case has the weights under fewstep's names, the inputs, the output, and the gradients of sum(output * cotangent)."""
import math

import numpy as np
import torch
import torch.nn.functional as F

from reference import (
    Weights, attention, dit_block, group_norm, layer_norm, linear, numbers, rms_norm, rounded, swiglu, tensor_json, write,
)

cases = {}
g = torch.Generator().manual_seed(3)
randn = lambda *shape: rounded(torch.randn(*shape, generator=g))


def case(name, forward, **inputs):
    w = Weights(len(cases) + 100)
    for t in inputs.values():
        if t.is_floating_point():
            t.requires_grad_()
    out = forward(w, **inputs)
    cotangent = randn(*out.shape)
    (out * cotangent).sum().backward()
    cases[name] = {
        "weights": {n: tensor_json(t) for n, t in w.items()},
        "inputs": {n: tensor_json(t) for n, t in inputs.items()},
        "cotangent": numbers(cotangent),
        "output": tensor_json(out),
        "gradients": {
            **{n: numbers(t.grad) for n, t in inputs.items() if t.grad is not None},
            **{f"weights.{n}": numbers(t.grad) for n, t in w.items()},
        },
    }


case("linear", lambda w, x: linear(w, "0", x, 5), x=randn(2, 3, 4))
case("linearWithoutBias", lambda w, x: linear(w, "0", x, 5, bias=False), x=randn(3, 4))
case(
    "mlp",
    lambda w, x: linear(w, "layers.2", F.relu(linear(w, "layers.1", F.relu(linear(w, "layers.0", x, 5)), 6)), 2),
    x=randn(3, 4),
)
case(
    "conv2d",
    lambda w, x: F.conv2d(x, w.get("weight", (6, 2, 3, 3)), w.get("bias", (6,)), stride=2, padding=1, groups=2),
    x=randn(2, 4, 6, 5),
)
case(
    "conv2dDilated",
    lambda w, x: F.conv2d(x, w.get("weight", (3, 2, 3, 2)), padding=(2, 1), dilation=2),
    x=randn(1, 2, 6, 5),
)
case(
    "conv1dCausal",
    lambda w, x: F.conv1d(F.pad(x, (4, 0)), w.get("weight", (4, 3, 3)), w.get("bias", (4,)), dilation=2),
    x=randn(2, 3, 7),
)
case(
    "convTranspose2d",
    lambda w, x: F.conv_transpose2d(
        x, w.get("weight", (3, 4, 3, 3)), w.get("bias", (4,)), stride=2, padding=1, output_padding=1
    ),
    x=randn(2, 3, 3, 4),
)
case("embedding", lambda w, x: F.embedding(x, w.get("weight", (5, 3))), x=torch.tensor([[0, 4, 1], [4, 4, 2]]))
case("layerNorm", lambda w, x: layer_norm(w, "0", x), x=3 * randn(2, 3, 8) + 1)
case("layerNormGain", lambda w, x: F.layer_norm(x, (8,), w.get("0.weight", (8,), 1.0)), x=randn(2, 3, 8))
case("rmsNorm", lambda w, x: rms_norm(w, "0", x), x=3 * randn(2, 3, 8) + 1)
case("groupNorm", lambda w, x: group_norm(w, "0", 2, x), x=3 * randn(2, 6, 3, 4) + 1)
case("groupNorm1d", lambda w, x: group_norm(w, "0", 3, x), x=randn(2, 6, 5))


def torch_attention(w, x, context=None, **options):
    """torch.nn.MultiheadAttention with our projections."""
    width, heads = x.shape[-1], 2
    attention(w, "0", x, heads, context)  # makes the weights
    context = x if context is None else context
    m = lambda name: w[f"0.{name}.weight"].T
    return F.multi_head_attention_forward(
        x.transpose(0, 1), context.transpose(0, 1), context.transpose(0, 1), width, heads, None,
        torch.cat([w[f"0.{n}.bias"] for n in ("query", "key", "value")]), None, None, False, 0.0,
        m("out"), w["0.out.bias"], use_separate_proj_weight=True,
        q_proj_weight=m("query"), k_proj_weight=m("key"), v_proj_weight=m("value"), need_weights=False, **options,
    )[0].transpose(0, 1)


hidden = torch.triu(torch.ones(4, 4, dtype=torch.bool), 1)  # True: may not attend
case("attention", lambda w, x: torch_attention(w, x), x=randn(2, 4, 6))
case("attentionCausal", lambda w, x: torch_attention(w, x, attn_mask=hidden), x=randn(2, 4, 6))
case("attentionCross", lambda w, x, context: torch_attention(w, x, context), x=randn(2, 3, 6), context=randn(2, 5, 4))
allowed = torch.tensor([[1, 0, 1, 1], [1, 1, 1, 0]]).bool()  # keys of each sample
case(
    "attentionMasked",
    lambda w, x: attention(w, "0", x, 2, mask=allowed[:, None, None, :] & ~hidden),
    x=randn(2, 4, 6),
)
case(
    "attentionRotary",
    lambda w, x: attention(w, "0", x, 2, turn=True, norm=True, qkv_bias=False),
    x=randn(2, 4, 12),
)
case(
    "attentionWidthNorm",
    lambda w, x: attention(w, "0", x, 2, norm="width", out_bias=False),
    x=randn(2, 3, 6),
)
case("swiglu", lambda w, x: swiglu(w, "0", x, 32), x=randn(2, 12))


def torch_transformer(w, x):
    """torch.nn.TransformerEncoderLayer, pre-norm, GELU, with our weights."""
    layer = torch.nn.TransformerEncoderLayer(8, 2, 16, 0.0, "gelu", batch_first=True, norm_first=True)
    linear(w, "mlp.layers.1", linear(w, "mlp.layers.0", layer_norm(w, "norm1", layer_norm(w, "norm2", x)), 16), 8)
    attention(w, "attention", x, 2)
    stacked = lambda kind: torch.cat([w[f"attention.{n}.{kind}"].T for n in ("query", "key", "value")])
    weights = {
        "self_attn.in_proj_weight": stacked("weight"),
        "self_attn.in_proj_bias": torch.cat([w[f"attention.{n}.bias"] for n in ("query", "key", "value")]),
        "self_attn.out_proj.weight": w["attention.out.weight"].T,
        "self_attn.out_proj.bias": w["attention.out.bias"],
        "linear1.weight": w["mlp.layers.0.weight"].T,
        "linear1.bias": w["mlp.layers.0.bias"],
        "linear2.weight": w["mlp.layers.1.weight"].T,
        "linear2.bias": w["mlp.layers.1.bias"],
        **{f"{n}.{k}": w[f"{n}.{k}"] for n in ("norm1", "norm2") for k in ("weight", "bias")},
    }
    return torch.func.functional_call(layer, weights, (x,))


case("transformerBlock", torch_transformer, x=randn(2, 3, 8))
case("ditBlock", lambda w, x, condition: dit_block(w, "", x, condition, 2), x=randn(2, 3, 8), condition=randn(2, 8))


def dit_head(w, x, condition):
    shift, scale = linear(w, "modulation", F.silu(condition), 12)[:, None].chunk(2, -1)
    return linear(w, "project", rms_norm(w, "norm", x) * (1 + scale) + shift, 3)


case("ditHead", dit_head, x=randn(2, 4, 6), condition=randn(2, 5))


def mixer(w, x):
    two = lambda path, t, hidden: linear(w, f"{path}.layers.1", F.gelu(linear(w, f"{path}.layers.0", t, hidden)), t.shape[-1])
    x = x + two("tokens", layer_norm(w, "norm1", x).mT, 6).mT
    return x + two("channels", layer_norm(w, "norm2", x), 10)


case("mixerBlock", mixer, x=randn(2, 3, 5))


def residual(w, x, condition):
    h = F.silu(group_norm(w, "norm1", 1, x))
    h = F.conv2d(h, w.get("conv1.weight", (8, 4, 3, 3)), w.get("conv1.bias", (8,)), stride=2, padding=1)
    shift, scale = linear(w, "modulation", F.silu(condition), 16)[:, :, None, None].chunk(2, 1)
    h = F.silu(group_norm(w, "norm2", 2, h) * (1 + scale) + shift)
    h = F.conv2d(h, w.get("conv2.weight", (8, 8, 3, 3)), w.get("conv2.bias", (8,)), padding=1)
    return h + F.conv2d(x, w.get("skip.weight", (8, 4, 1, 1)), stride=2)


case("residualBlock", residual, x=randn(2, 4, 5, 4), condition=randn(2, 3))


def sin_cos(positions, width):
    angles = np.outer(positions, 1e4 ** (-np.arange(width // 2) / (width // 2)))
    return np.concatenate([np.sin(angles), np.cos(angles)], 1)


rows, columns = np.meshgrid(np.arange(2), np.arange(3), indexing="ij")
times = np.array([0, 0.25, 1.0])
angles = times[:, None] * 1000 * np.exp(-math.log(1e4) * np.arange(4) / 4)
positions = {
    "sinCos1d": sin_cos(np.arange(5), 6).ravel().tolist(),
    "sinCos2d": np.concatenate([sin_cos(columns.ravel(), 4), sin_cos(rows.ravel(), 4)], 1).ravel().tolist(),
    "sinusoidal": np.concatenate([np.cos(angles), np.sin(angles)], 1).ravel().tolist(),
}
write("layers.json", {"cases": cases, "positions": positions})
