"""Golden values and gradients of every op, from PyTorch in float64.

Writes ops.json beside this file: for each case its inputs (exact in float32), its output, a cotangent, and the gradients
of sum(output * cotangent) with respect to the float inputs. Run: python make_ops.py
"""

import json
import math
import pathlib
import zlib

import numpy as np
import torch
import torch.nn.functional as F

goldens = {}


def uniform(*shape, low=-2.0, high=2.0):
    return lambda rng: rng.uniform(low, high, shape).astype(np.float32)


def offset(*shape, by):
    """Around a mean far from zero, as activations may be."""
    return lambda rng: (rng.normal(size=shape) + by).astype(np.float32)


def distinct(*shape):
    """Well separated values none of which is near zero, for ops with kinks."""
    n = math.prod(shape)
    return lambda rng: (rng.permutation(np.linspace(-2, 2, n + n % 2))[:n]).reshape(shape).astype(np.float32)


def values(*list_, shape=None):
    return lambda rng: np.asarray(list_, dtype=np.float32).reshape(shape or [len(list_)])


def integers(*shape, high, low=0):
    return lambda rng: rng.integers(low, high, shape).astype(np.int32)


def booleans(*shape):
    return lambda rng: rng.random(shape) < 0.5


def number(v):
    return int(v) if float(v) == int(v) and abs(v) < 1e9 else float(f"{float(v):.9g}")


def tensor_json(array):
    flat = [float(np.format_float_positional(v, unique=True)) for v in array.ravel()] if array.dtype == np.float32 else array.ravel()
    return {"shape": list(array.shape), "dtype": array.dtype.name, "data": [number(v) if array.dtype != np.float32 else v for v in flat]}


def case(name, fn, **inputs):
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    arrays = {key: make(rng) for key, make in inputs.items()}
    leaves = {}
    for key, a in arrays.items():
        t = torch.from_numpy(np.ascontiguousarray(a))
        leaves[key] = t.double().requires_grad_() if a.dtype == np.float32 else t.long() if a.dtype == np.int32 else t
    out = fn(*leaves.values())
    golden = {"inputs": {k: tensor_json(a) for k, a in arrays.items()}, "shape": list(out.shape)}
    golden["output"] = [number(v) for v in out.detach().double().flatten().tolist()]
    if out.requires_grad:
        cotangent = rng.uniform(-1, 1, tuple(out.shape)).astype(np.float32)
        wanted = [k for k in leaves if leaves[k].requires_grad]
        found = torch.autograd.grad(out, [leaves[k] for k in wanted], torch.from_numpy(cotangent).double(), allow_unused=True)
        golden["cotangent"] = tensor_json(cotangent)["data"]
        golden["gradients"] = {
            k: [number(v) for v in (torch.zeros_like(leaves[k]) if g is None else g).flatten().tolist()] for k, g in zip(wanted, found)
        }
    assert name not in goldens, name
    goldens[name] = golden


# Arithmetic
case("add", lambda a, b: a + b, a=uniform(2, 3), b=uniform(3))
case("add: both broadcast", lambda a, b: a + b, a=uniform(2, 1, 3), b=uniform(4, 1))
case("sub", lambda a, b: a - b, a=uniform(3), b=uniform(2, 3))
case("mul", lambda a, b: a * b, a=uniform(2, 3), b=uniform(2, 1))
case("mul: by a broadcast tensor", lambda a, b: a * b.expand(2, 3), a=uniform(2, 3), b=uniform(1, 3))
case("div", lambda a, b: a / b, a=uniform(2, 3), b=uniform(3, low=0.5))
case("div: by a number", lambda a: a / 3, a=uniform(2, 3))
case("pow", lambda a, b: a**b, a=uniform(2, 3, low=0.3), b=uniform(3))
case("pow: cube of negative numbers", lambda a: a**3, a=uniform(2, 3))
case("maximum", torch.maximum, a=distinct(3, 4), b=values(-0.9, 0.1, 1.1, 0.7))
case("minimum", torch.minimum, a=distinct(3, 4), b=values(-0.9, 0.1, 1.1, 0.7))
case("maximum: equal entries", torch.maximum, a=values(1, 2, 3), b=values(1, 2.5, 3))
case("clamp", lambda x: x.clamp(-1.05, 0.65), x=distinct(3, 4))
case("clamp: from below", lambda x: x.clamp(min=0.05), x=distinct(3, 4))
case("int32 arithmetic", lambda i: (i + 3) * 2 - i // 2, i=integers(2, 3, high=9))

# Elementwise
for name, fn, low, high in [
    ("neg", torch.neg, -2, 2), ("exp", torch.exp, -2, 2), ("log", torch.log, 0.2, 3), ("sqrt", torch.sqrt, 0.2, 3),
    ("reciprocal", torch.reciprocal, 0.4, 3), ("square", torch.square, -2, 2), ("sin", torch.sin, -4, 4), ("cos", torch.cos, -4, 4),
    ("tan", torch.tan, -1.2, 1.2), ("asin", torch.asin, -0.9, 0.9), ("acos", torch.acos, -0.9, 0.9), ("atan", torch.atan, -3, 3),
    ("erf", torch.erf, -2, 2), ("sigmoid", torch.sigmoid, -4, 4), ("tanh", torch.tanh, -3, 3), ("softplus", F.softplus, -4, 4),
    ("silu", F.silu, -4, 4), ("gelu", F.gelu, -4, 4), ("geluTanh", lambda x: F.gelu(x, approximate="tanh"), -4, 4),
]:
    case(name, fn, x=uniform(3, 5, low=low, high=high))
case("sin: large", torch.sin, x=uniform(3, 5, low=-1000, high=1000))
case("cos: large", torch.cos, x=uniform(3, 5, low=-1000, high=1000))
case("softplus: large", F.softplus, x=values(-90, -30, 1, 30, 90))
case("sigmoid: large", torch.sigmoid, x=values(-90, -30, 1, 30, 90))
case("logSigmoid", F.logsigmoid, x=uniform(3, 5, low=-4, high=4))
case("logSigmoid: large", F.logsigmoid, x=values(-90, -30, 1, 30, 90))
case("abs", torch.abs, x=distinct(3, 4))
case("relu", F.relu, x=distinct(3, 4))
case("sign", lambda x: torch.sign(x.detach()), x=values(-2, -0.0, 0.5))
case("floor", lambda x: torch.floor(x.detach()), x=values(-1.5, -1, 0.2, 1.9))
case("round", lambda x: torch.round(x.detach()), x=values(-1.5, -0.5, 0.5, 1.5, 2.4))
case("stopGradient", lambda x: x.detach() * x, x=uniform(4))
case("straightThrough", lambda x: (x.round() - x * x).detach() + x * x, x=uniform(4))
case("attachGradient", lambda x: 3 * (x.detach().square().sum() + (x.detach().sin() * (x - x.detach())).sum()), x=uniform(2, 3))
case("fullLike", lambda x: torch.full_like(x, 2) * x, x=uniform(2, 3))

# Comparison and logic
for name, fn in [("equal", torch.eq), ("greater", torch.gt), ("greaterOrEqual", torch.ge), ("less", torch.lt), ("lessOrEqual", torch.le)]:
    case(name, lambda a, b, fn=fn: fn(a, b), a=values(1, 2, 3), b=values(3, 2, 1, 2, shape=(4, 1)))
case("equal: int32", torch.eq, a=integers(4, 3, high=3), b=integers(3, high=3))
case("less: int32 by a number", lambda a: a < 2, a=integers(4, 3, high=4))
case("and", torch.logical_and, a=booleans(2, 3), b=booleans(3))
case("or", torch.logical_or, a=booleans(2, 3), b=booleans(3))
case("not", torch.logical_not, a=booleans(2, 3))
case("cast: truncates", lambda x: x.detach().trunc(), x=values(-1.7, -0.2, 0.9, 2.5))
case("where", lambda c, a, b: torch.where(c, a, b), c=booleans(2, 3), a=uniform(2, 1), b=uniform(3))
case("where: int32", lambda c, i: torch.where(c, i, 7), c=booleans(2, 3), i=integers(3, high=5))

# Layout
case("reshape", lambda x: x.reshape(3, 4), x=uniform(2, 6))
case("flatten", lambda x: x.flatten(1, 2), x=uniform(2, 3, 2, 2))
case("transpose", lambda x: x.permute(2, 0, 1), x=uniform(2, 3, 4))
case("broadcastTo", lambda x: x.expand(4, 2, 3), x=uniform(2, 1))
case("sumTo", lambda x: x.sum(0).sum(1, keepdim=True), x=uniform(4, 2, 3))
case("slice", lambda x: x[:, 1:6:2], x=uniform(2, 7))
case("slice: from the end", lambda x: x[:, -3:-1], x=uniform(2, 7))
case("split", lambda x: x[:, :2] * x[:, 2:4] + x[:, 4:], x=uniform(3, 6))
case("split: given sizes", lambda x: x[:, :1] * x[:, 1:3], x=uniform(3, 3))
case("pad", lambda x: F.pad(x, (1, 2, 0, 3), value=0.5), x=uniform(2, 3))
case("pad: int32", lambda i: F.pad(i, (1, 0), value=-1), i=integers(2, 3, high=5))
case("padReflect", lambda x: F.pad(x, (2, 1, 0, 3), mode="reflect"), x=uniform(1, 2, 4, 3))
case("dilate", lambda x: F.conv_transpose1d(x.unsqueeze(1), torch.ones(1, 1, 1).double(), stride=3).squeeze(1), x=uniform(2, 3))
case("concat", lambda a, b: torch.cat([a, b], 1), a=uniform(2, 3), b=uniform(2, 1))
case("stack", lambda a, b: torch.stack([a, b], 1), a=uniform(2, 3), b=uniform(2, 3))
case("tile", lambda x: x.tile(2, 1, 3), x=uniform(2, 3, 2))
case("tile: int32", lambda i: i.tile(1, 2), i=integers(2, 3, high=9))
case("flip", lambda x: x.flip(0, 2), x=uniform(2, 3, 4))

# Matrix products
case("matmul", torch.matmul, a=uniform(3, 4), b=uniform(4, 2))
case("matmul: rows by a matrix", torch.matmul, a=uniform(2, 3, 4), b=uniform(4, 2))
case("matmul: batched", torch.matmul, a=uniform(2, 3, 4), b=uniform(2, 4, 2))
case("matmul: leading axes broadcast", torch.matmul, a=uniform(2, 1, 3, 4), b=uniform(5, 4, 2))
case("matmul: matrix by a batch", torch.matmul, a=uniform(3, 4), b=uniform(5, 4, 2))
for equation, shapes in {
    "bqd,bkd->bqk": [(2, 3, 4), (2, 5, 4)],
    "ij,jk,kl->li": [(2, 3), (3, 4), (4, 2)],
    "ba,ac": [(3, 2), (2, 4)],
    "i,j->ij": [(3,), (4,)],
    "ii->": [(3, 3)],
    "iji->ji": [(3, 2, 3)],
    "abc->c": [(2, 3, 4)],
    "...ij,...jk->...ik": [(2, 1, 3, 4), (5, 4, 2)],
    "bhwc,co->bhwo": [(1, 2, 3, 4), (4, 2)],
    "ab,ab->": [(2, 3), (2, 3)],
}.items():
    case(f"einsum: {equation}", lambda *xs, equation=equation: torch.einsum(equation, *xs), **{"abc"[i]: uniform(*shape) for i, shape in enumerate(shapes)})
case("cdist", torch.cdist, a=uniform(2, 4, 3), b=uniform(2, 5, 3))
case("cdist: broadcast", lambda a, b: torch.cdist(a, b), a=uniform(3, 4, 6), b=uniform(5, 6))
case("cdist: far from the origin", torch.cdist, a=offset(4, 3, by=100), b=offset(5, 3, by=100))

# Reductions
case("sum", lambda x: x.sum(1), x=uniform(2, 3, 4))
case("sum: all", lambda x: x.sum(), x=uniform(2, 3))
case("sum: two axes, kept", lambda x: x.sum((0, 2), keepdim=True), x=uniform(2, 3, 4))
case("mean", lambda x: x.mean((0, 2)), x=uniform(2, 3, 4))
case("sumSquare", lambda x: x.square().sum(-1), x=uniform(2, 3, 4))
case("max", lambda x: x.amax(1), x=distinct(3, 4))
case("max: ties", lambda x: x.amax(1), x=values(1, 2, 2, 3, 3, 3, shape=(2, 3)))
case("min", lambda x: x.amin((0, 1)), x=distinct(3, 4))
case("variance", lambda x: x.var(-1, unbiased=False), x=uniform(3, 5))
case("prod", lambda x: x.prod(1), x=uniform(2, 5, 3))
case("prod: one zero, two zeros", lambda x: x.prod(1), x=values(1.5, 0, -2, 0, 3, 0, 2, 1, -0.5, shape=(3, 3)))
case("prod: all", lambda x: x.prod(), x=uniform(2, 3))
case("prod: two axes, kept", lambda x: x.prod(2, keepdim=True).prod(0, keepdim=True), x=uniform(2, 3, 3))
case("prod: int32", lambda i: i.prod(1), i=integers(3, 3, low=-2, high=4))
case("std", lambda x: x.std(-1, unbiased=False), x=uniform(3, 5))
case("std: equal entries", lambda x: x.std(1, unbiased=False, keepdim=True), x=values(2, 2, 2, 1, 2, 3, shape=(2, 3)))
case("norm", lambda x: x.norm(dim=1), x=uniform(2, 4, 3))
case("norm: of a zero vector", lambda x: x.norm(dim=-1), x=values(0, 0, 0, 1, -2, 2, shape=(2, 3)))
case("norm: order 1", lambda x: x.norm(1, dim=(0, 2)), x=distinct(2, 3, 2))
case("norm: maximum", lambda x: torch.linalg.vector_norm(x, math.inf, 1), x=values(0.3, -0.8, 0.5, 1.4, -1.2, 0.1, shape=(2, 3)))
case("logSumExp", lambda x: x.logsumexp(1), x=uniform(2, 5, 3))
case("logSumExp: large", lambda x: x.logsumexp(1, keepdim=True), x=uniform(2, 5, low=80, high=300))
case("cumulativeSum", lambda x: x.cumsum(1), x=uniform(2, 4, 3))
case("cumulativeSum: reverse", lambda x: x.flip(-1).cumsum(-1).flip(-1), x=uniform(2, 4))

# Normalisation
case("softmax", lambda x: x.softmax(-1), x=uniform(3, 5))
case("softmax: another axis", lambda x: x.softmax(1), x=uniform(2, 3, 4))
case("logSoftmax", lambda x: x.log_softmax(1), x=uniform(3, 5, 2))
case("layerNorm", lambda x: F.layer_norm(x, (6,)), x=uniform(2, 3, 6))
case("layerNorm: scale and bias", lambda x, scale, bias: F.layer_norm(x, (6,), scale, bias, 1e-6), x=uniform(2, 3, 6), scale=uniform(6), bias=uniform(6))
case("layerNorm: scale", lambda x, scale: F.layer_norm(x, (6,), scale), x=uniform(4, 6), scale=uniform(6))
case("layerNorm: bias", lambda x, bias: F.layer_norm(x, (6,), None, bias), x=uniform(4, 6), bias=uniform(6))
case("layerNorm: large mean", lambda x: F.layer_norm(x, (64,)), x=offset(2, 64, by=10))
case("rmsNorm", lambda x, scale: F.rms_norm(x, (6,), scale, 1e-6), x=uniform(2, 3, 6), scale=uniform(6))
case("rmsNorm: plain", lambda x: F.rms_norm(x, (6,), None, 1e-6), x=uniform(4, 6))
case("groupNorm", lambda x, scale, bias: F.group_norm(x, 2, scale, bias), x=uniform(2, 4, 3, 3), scale=uniform(4), bias=uniform(4))
case("groupNorm: plain", lambda x: F.group_norm(x, 3), x=uniform(2, 6, 4))
case("groupNorm: large mean", lambda x: F.group_norm(x, 2), x=offset(2, 4, 5, 5, by=10))

# Indexing
case("gather", lambda table, i: table[i], table=uniform(5, 3), i=integers(2, 4, high=5))
case("scatterAdd", lambda rows, i: torch.zeros(5, 3).double().index_add(0, i, rows), rows=uniform(6, 3), i=integers(6, high=5))
case(
    "scatterAddElements",
    lambda rows, i: torch.zeros(3, 4).double().scatter_add(1, i, rows),
    rows=uniform(3, 6),
    i=integers(3, 6, high=4),
)
case("gatherElements", lambda x, i: x.gather(1, i), x=uniform(3, 4), i=integers(3, 6, high=4))
case("gatherElements: first axis", lambda x, i: x.gather(0, i), x=uniform(3, 4), i=integers(5, 4, high=3))
case("argmax", lambda x: x.detach().argmax(1), x=distinct(3, 4, 2))
case("argmin", lambda x: x.detach().argmin(-1), x=distinct(3, 4))
case("argmax: the first of equals", lambda x: x.detach().argmax(-1) * 0 + 1, x=values(1, 3, 3, 2))
case("topK: values", lambda x: x.topk(3, 1).values, x=distinct(3, 5))
case("topK: smallest", lambda x: x.topk(2, 0, largest=False).values, x=distinct(4, 3))
case("topK: indices", lambda x: x.detach().topk(3, -1).indices, x=distinct(3, 5))
case("sort", lambda x: x.sort(1).values, x=distinct(3, 5))
case("sort: descending, first axis", lambda x: x.sort(0, descending=True).values, x=distinct(4, 3))
case("sort: indices", lambda x: x.detach().sort(-1).indices, x=distinct(3, 5))
case("sort: indices of equals", lambda x: x.detach().sort(dim=-1, stable=True).indices, x=values(2, 1, 2, 1, 1, 2))
case("oneHot", lambda i: F.one_hot(i, 4), i=integers(2, 3, high=4))
case("dropout", lambda x, noise: x * (noise >= 0.3) / 0.7, x=uniform(4, 5), noise=uniform(4, 1, low=0, high=1))


# Convolution
def conv(name, x, w, op=F.conv2d, **options):
    case(name, lambda x, w: op(x, w, **options), x=uniform(*x), w=uniform(*w, low=-1, high=1))


conv("conv2d", (2, 3, 5, 6), (4, 3, 3, 3), padding=1)
conv("conv2d: no padding", (2, 3, 5, 6), (4, 3, 3, 2))
conv("conv2d: stride 2", (2, 3, 6, 8), (4, 3, 4, 4), stride=2, padding=1)
conv("conv2d: stride 2, a row left over", (2, 3, 6, 7), (4, 3, 3, 3), stride=2, padding=1)
conv("conv2d: stride (3, 2), several left over", (1, 2, 9, 8), (3, 2, 2, 3), stride=(3, 2))
conv("conv2d: dilated", (1, 2, 8, 8), (3, 2, 3, 3), dilation=2, padding=2)
conv("conv2d: dilated, stride 2, a row left over", (1, 2, 10, 9), (3, 2, 3, 3), dilation=(2, 1), stride=2, padding=(2, 0))
conv("conv2d: grouped", (2, 4, 5, 5), (6, 2, 3, 3), groups=2, padding=1)
conv("conv2d: depthwise", (2, 4, 5, 5), (4, 1, 3, 3), groups=4, padding=1)
conv("conv2d: depthwise, stride 2, a row left over", (2, 3, 6, 6), (6, 1, 3, 3), groups=3, stride=2, padding=1)
conv("conv2d: 1x1", (2, 4, 3, 3), (5, 4, 1, 1))
conv("conv2d: 1x1, stride 2", (2, 4, 4, 4), (5, 4, 1, 1), stride=2)
conv("conv2d: padding wider than the kernel's reach", (1, 2, 4, 4), (3, 2, 2, 2), padding=3)
case("conv2d: causal padding", lambda x, w: F.conv2d(F.pad(x, (1, 0, 2, 0)), w), x=uniform(1, 2, 5, 4), w=uniform(3, 2, 3, 2))
case("conv2d: bias", F.conv2d, x=uniform(2, 2, 4, 4), w=uniform(3, 2, 3, 3), bias=uniform(3))
case("convTranspose2d: bias", F.conv_transpose2d, x=uniform(2, 3, 3, 3), w=uniform(3, 2, 2, 2), bias=uniform(2))
case("conv1d: bias", F.conv1d, x=uniform(2, 3, 5), w=uniform(4, 3, 3), bias=uniform(4))
conv("conv2d: many outputs", (2, 2, 5, 5), (20, 2, 3, 3), padding=1)
conv("conv2d: many inputs", (2, 20, 5, 5), (2, 20, 3, 3), padding=1)
conv("conv2d: many inputs, stride 2, dilated", (2, 6, 9, 8), (2, 6, 3, 3), padding=2, stride=2, dilation=2)
conv("conv1d", (2, 3, 7), (4, 3, 3), F.conv1d, padding=1)
conv("conv1d: stride 2, a sample left over", (2, 3, 8), (4, 3, 3), F.conv1d, stride=2)
case("conv1d: causal, dilated", lambda x, w: F.conv1d(F.pad(x, (4, 0)), w, dilation=2), x=uniform(2, 3, 7), w=uniform(4, 3, 3))
conv("conv1d: depthwise", (2, 3, 7), (3, 1, 3), F.conv1d, groups=3, padding=1)
conv("convTranspose2d", (2, 3, 4, 5), (3, 4, 4, 4), F.conv_transpose2d, stride=2, padding=1)
conv("convTranspose2d: output padding", (2, 3, 4, 3), (3, 4, 3, 3), F.conv_transpose2d, stride=2, padding=1, output_padding=1)
conv("convTranspose2d: stride 1", (2, 3, 4, 4), (3, 2, 3, 3), F.conv_transpose2d, padding=1)
conv("convTranspose2d: stride 3, kernel 2", (1, 2, 3, 3), (2, 3, 2, 2), F.conv_transpose2d, stride=3)
conv("convTranspose2d: dilated", (1, 2, 4, 4), (2, 3, 3, 3), F.conv_transpose2d, stride=2, dilation=2, padding=1)
conv("convTranspose2d: grouped", (2, 4, 3, 3), (4, 3, 3, 3), F.conv_transpose2d, stride=2, groups=2)
conv("convTranspose2d: groups of one output", (2, 4, 3, 3), (4, 1, 3, 3), F.conv_transpose2d, stride=2, groups=2, padding=1)
conv("convTranspose1d", (2, 3, 5), (3, 2, 4), F.conv_transpose1d, stride=2, padding=1)


# Gradients of gradients
def second(name, fn, wanted=0, **inputs):
    case(f"second derivative: {name}", lambda *xs: torch.autograd.grad(fn(*xs).pow(3).sum(), xs[wanted], create_graph=True)[0], **inputs)


second("conv2d, weight", lambda x, w: F.conv2d(x, w, stride=2, padding=1), 1, x=uniform(1, 2, 4, 5), w=uniform(3, 2, 3, 3, low=-1, high=1))
second("conv2d, input", lambda x, w: F.conv2d(x, w, padding=1), 0, x=uniform(1, 2, 4, 4), w=uniform(3, 2, 3, 3, low=-1, high=1))
second("layerNorm", lambda x, scale, bias: F.layer_norm(x, (5,), scale, bias), x=uniform(3, 5), scale=uniform(5), bias=uniform(5))
second("groupNorm", lambda x, scale: F.group_norm(x, 2, scale), x=uniform(2, 4, 6), scale=uniform(4))
second(
    "attention",
    lambda q, k, v: torch.softmax(q @ k.mT / 2, -1) @ v,
    q=uniform(2, 3, 4, low=-1, high=1),
    k=uniform(2, 5, 4, low=-1, high=1),
    v=uniform(2, 5, 3, low=-1, high=1),
)

# Pooling and resizing
image = uniform(2, 3, 6, 8)
case("avgPool2d", lambda x: F.avg_pool2d(x, 2), x=image)
case("avgPool2d: a row left over", lambda x: F.avg_pool2d(x, (2, 3)), x=uniform(1, 2, 7, 8))
case("avgPool2d: overlapping, padded", lambda x: F.avg_pool2d(x, 3, 2, 1), x=uniform(2, 2, 6, 7))
case("maxPool2d", lambda x: F.max_pool2d(x, 2), x=distinct(1, 2, 4, 6))
case("maxPool2d: overlapping, padded", lambda x: F.max_pool2d(x, 3, 2, 1), x=distinct(1, 2, 6, 7))
case("upsample", lambda x: F.interpolate(x, scale_factor=(2, 3)), x=uniform(2, 2, 3, 2))
case("resize: nearest, larger", lambda x: F.interpolate(x, (7, 5)), x=uniform(1, 2, 3, 4))
case("resize: nearest, smaller", lambda x: F.interpolate(x, (4, 2)), x=uniform(1, 2, 6, 7))
case("resize: bilinear, twice", lambda x: F.interpolate(x, (6, 8), mode="bilinear"), x=uniform(1, 2, 3, 4))
case("resize: bilinear, odd", lambda x: F.interpolate(x, (7, 3), mode="bilinear"), x=uniform(1, 2, 3, 5))
case("resize: bilinear, smaller", lambda x: F.interpolate(x, (2, 3), mode="bilinear"), x=uniform(1, 2, 7, 8))
case("resize: antialiased", lambda x: F.interpolate(x, (3, 5), mode="bilinear", antialias=True), x=uniform(1, 2, 8, 11))
case("depthToSpace", lambda x: F.pixel_shuffle(x, 2), x=uniform(2, 8, 3, 2))
case("spaceToDepth", lambda x: F.pixel_unshuffle(x, 2), x=uniform(2, 2, 6, 4))


# Attention
def attend(q, k, v, mask=None, scale=None):
    return F.scaled_dot_product_attention(q, k, v, attn_mask=mask, scale=scale)


qkv = dict(q=uniform(2, 3, 4, 6), k=uniform(2, 3, 5, 6), v=uniform(2, 3, 5, 3))
case("attention", attend, **qkv)
case("attention: scale", lambda q, k, v: attend(q, k, v, scale=0.3), **qkv)
case("attention: additive mask", attend, **qkv, mask=uniform(3, 4, 5))
case("attention: causal", lambda q, k, v: F.scaled_dot_product_attention(q, k, v, is_causal=True), q=uniform(2, 5, 4), k=uniform(2, 5, 4), v=uniform(2, 5, 4))


def rotate(x, positions, interleaved=False):
    """Complex multiplication by exp(i * position * 1e4^(-2j/D))."""
    d = x.shape[-1]
    angles = positions.double().unsqueeze(-1) * 1e4 ** (-2 * torch.arange(d // 2).double() / d)
    pairs = x.unflatten(-1, (d // 2, 2)) if interleaved else x.unflatten(-1, (2, d // 2)).transpose(-1, -2)
    turned = torch.view_as_real(torch.view_as_complex(pairs.contiguous()) * torch.polar(torch.ones_like(angles), angles))
    return turned.flatten(-2) if interleaved else turned.transpose(-1, -2).flatten(-2)


case("rotary", lambda x: rotate(x, torch.arange(5)), x=uniform(2, 3, 5, 8))
case("rotary: interleaved", lambda x: rotate(x, torch.arange(5), True), x=uniform(2, 5, 8))
case("rotary: positions given", lambda x: rotate(x, torch.tensor([7, 0, 30])), x=uniform(2, 3, 4))
case("rotary: positions fed", lambda x, i: rotate(x, i), x=uniform(2, 3, 4), i=integers(2, 3, high=50))



# Functions of functions
def jvp(name, fn, **inputs):
    """Of the even inputs as primals and the odd ones as their tangents, which keep their gradients."""

    def tangent(*xs):
        primals, tangents = xs[0::2], xs[1::2]
        dummy = torch.zeros_like(fn(*primals), requires_grad=True)
        back = torch.autograd.grad(fn(*primals), primals, dummy, create_graph=True, allow_unused=True)
        return torch.autograd.grad([b for b in back if b is not None], dummy, [t for b, t in zip(back, tangents) if b is not None], create_graph=True)[0]

    case(f"jvp: {name}", tangent, **inputs)


x_and_v = dict(x=uniform(3, 4), v=uniform(3, 4))
jvp("elementwise", lambda x: torch.tanh(x) * x.exp() + F.softplus(x) / (x * x + 1), **x_and_v)
jvp("matmul, softmax", lambda x, w: torch.softmax(x @ w, -1) @ w.mT, **x_and_v, w=uniform(4, 3), u=uniform(4, 3))
# Spelled out: the third derivative of F.layer_norm of PyTorch 2.15 is wrong, finite differences agree with this one
jvp("layerNorm, silu", lambda x: F.silu((x - x.mean(-1, keepdim=True)) / (x.var(-1, unbiased=False, keepdim=True) + 1e-5).sqrt()), **x_and_v)
jvp("conv2d, groupNorm", lambda x, w: F.group_norm(F.conv2d(x, w, stride=2, padding=1), 2), x=uniform(1, 2, 4, 4), v=uniform(1, 2, 4, 4), w=uniform(4, 2, 3, 3), u=uniform(4, 2, 3, 3))
jvp(
    "attention",
    lambda q, k: torch.softmax(q @ k.mT / 2, -1) @ (k * k),
    q=uniform(2, 3, 4, low=-1, high=1),
    v=uniform(2, 3, 4),
    k=uniform(2, 5, 4, low=-1, high=1),
    u=uniform(2, 5, 4),
)
case("jvp: a primal made of another", lambda x, v: (x * x).cos() * v, x=uniform(4), v=uniform(4))
case("checkpoint", lambda x, w: x + torch.tanh(x @ w) @ w, x=uniform(3, 4), w=uniform(4, 4))
second("checkpoint", lambda x, w: x + torch.tanh(x @ w) @ w, 0, x=uniform(3, 4), w=uniform(4, 4, low=-1, high=1))


def rnn(x, w):
    h, out = torch.zeros(2).double(), []
    for t in x:
        h = torch.tanh(h @ w + t)
        out.append(h * h)
    return torch.stack([h, *out])


case("scan", rnn, x=uniform(4, 2), w=uniform(2, 2))
case("vmap", lambda x, w: torch.stack([F.layer_norm(s.mT @ w, (3,)).cumsum(0) for s in x]), x=uniform(3, 2, 4), w=uniform(2, 3))
case("vmap: gradients of samples", lambda x, w: torch.stack([torch.autograd.grad(torch.tanh(s @ w).square().sum(), w, create_graph=True)[0] for s in x]), x=uniform(3, 2), w=uniform(2, 4))
case("watch", lambda x: x.exp() * x, x=uniform(2, 3))
goldens["acrossParts"] = goldens["watch"]  # the same function of one process

path = pathlib.Path(__file__).with_name("ops.json")
path.write_text("{\n" + ",\n".join(f"{json.dumps(k)}: {json.dumps(v, separators=(',', ':'))}" for k, v in goldens.items()) + "\n}\n")
print(f"{len(goldens)} cases in {path.name}, {path.stat().st_size / 1024:.0f} kB")
