"""Outputs of small networks of the motion method, and its losses, in float64 NumPy -> motion-method.json.

Weights and inputs are not stored: both sides draw them from one generator of integers (Park & Miller 1988), which begins for each
tensor with a number made of its name."""
import json
import math
import pathlib

import numpy as np


def draw(name, shape, scale=1.0, mean=0.0):
    """Uniform numbers of deviation scale around mean, rounded to float32."""
    state = sum((i + 1) * ord(c) for i, c in enumerate(name)) * 7919 % 2147483646 + 1
    values = []
    for _ in range(math.prod(shape)):
        state = state * 48271 % 2147483647
        values.append(mean + scale * math.sqrt(12) * (state / 2147483647 - 0.5))
    return np.array(values, np.float32).astype(np.float64).reshape(shape)


def weight(name, *shape, mean=0.0):
    return draw(name, shape, 0.3, mean)


def linear(name, x, outputs):
    return x @ weight(f"{name}.weight", x.shape[-1], outputs) + weight(f"{name}.bias", outputs)


def relu(x):
    return np.maximum(x, 0)


def silu(x):
    return x / (1 + np.exp(-x))


def gelu(x):
    return x * 0.5 * (1 + np.vectorize(math.erf)(x / math.sqrt(2)))


def gelu_tanh(x):
    return 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def layer_norm(x, eps, name=None):
    y = (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + eps)
    if name is None:
        return y
    return y * weight(f"{name}.weight", x.shape[-1], mean=1.0) + weight(f"{name}.bias", x.shape[-1])


def rms_norm(x, name):
    return x / np.sqrt((x**2).mean(-1, keepdims=True) + 1e-6) * weight(f"{name}.weight", x.shape[-1], mean=1.0)


# The codec: arrays are [time, channels], one motion at a time


def causal(name, x, outputs, kernel, stride=1, dilation=1):
    """Output j is a sum over taps at stride*j - (kernel - 1 - k)*dilation + stride - 1; before the beginning there are zeros."""
    w = weight(f"{name}.weight", outputs, x.shape[1], kernel)
    b = weight(f"{name}.bias", outputs)
    out = []
    for j in range(len(x) // stride):
        total = b.copy()
        for k in range(kernel):
            at = stride * j + stride - 1 - (kernel - 1 - k) * dilation
            if at >= 0:
                total = total + w[:, :, k] @ x[at]
        out.append(total)
    return np.stack(out)


def stack(name, x, depth):
    for i in range(depth):
        h = causal(f"{name}.blocks.{i}.dilated", relu(x), x.shape[1], 3, dilation=3 ** (depth - 1 - i))
        x = x + causal(f"{name}.blocks.{i}.mix", relu(h), x.shape[1], 1)
    return x


def encode(x, width, latent, depth):
    h = relu(causal("encode.first", x, width, 3))
    for i in range(2):
        h = causal(f"encode.halves.{i}.down", h, width, 4, stride=2)
        h = stack(f"encode.halves.{i}.stack", h, depth)
    h = causal("encode.last", h, width, 3)
    both = linear("encode.project", h, 2 * latent)
    return both[:, :latent], np.clip(both[:, latent:], -30, 20)


def decode(z, width, features, depth):
    h = relu(causal("decode.first", linear("decode.project", z, width), width, 3))
    for i in range(2):
        h = np.repeat(stack(f"decode.doubles.{i}.stack", h, depth), 2, axis=0)
        h = causal(f"decode.doubles.{i}.mix", h, width, 3)
    h = relu(causal("decode.last", h, width, 3))
    return causal("decode.frames", h, features, 3)


# Attention over [time, width]


def turned(x, positions):
    """Pairs (i, i + d/2) of each head turn by position * 10000^(-2i/d)."""
    half = x.shape[-1] // 2
    angles = np.array(positions)[:, None] * 10000.0 ** (-np.arange(half) / half)
    a, b = x[..., :half], x[..., half:]
    return np.concatenate([a * np.cos(angles) - b * np.sin(angles), b * np.cos(angles) + a * np.sin(angles)], -1)


def attention(name, x, context, heads, mask, norm, positions=None):
    width = x.shape[-1]
    q, k, v = linear(f"{name}.query", x, width), linear(f"{name}.key", context, width), linear(f"{name}.value", context, width)
    if norm:
        q, k = rms_norm(q, f"{name}.queryNorm"), rms_norm(k, f"{name}.keyNorm")
    split = lambda t: t.reshape(len(t), heads, width // heads).transpose(1, 0, 2)
    q, k, v = split(q), split(k), split(v)
    if positions is not None:
        q, k = turned(q, positions), turned(k, positions)
    scores = q @ k.transpose(0, 2, 1) / math.sqrt(width // heads)
    scores = np.where(np.array(mask, bool)[None], scores, -1e30)
    out = (softmax(scores) @ v).transpose(1, 0, 2).reshape(len(x), width)
    return linear(f"{name}.out", out, width)


def mlp(name, x, widths, activation):
    for i, width in enumerate(widths):
        x = linear(f"{name}.layers.{i}", activation(x) if i > 0 else x, width)
    return x


def text(rows, signs, table_rows, width, heads, blocks):
    table = weight("text.table.weight", table_rows, width)
    x = sum(table[rows[:, i]] * signs[:, i : i + 1] for i in range(2)) + weight("text.positions", len(rows), width)
    real = signs[:, 0] != 0
    mask = np.tile(real, (len(rows), 1))
    for i in range(blocks):
        name = f"text.blocks.{i}"
        h = layer_norm(x, 1e-5, f"{name}.norm1")
        x = x + attention(f"{name}.attention", h, h, heads, mask, norm=False)
        x = x + mlp(f"{name}.mlp", layer_norm(x, 1e-5, f"{name}.norm2"), [2 * width, width], gelu)
    return layer_norm(x, 1e-5, "text.norm")


def denoise(x, t, words, read, width, heads, blocks, hidden, block, latent):
    """x [N, latent], t [N/block], words [S, text width], read [N, S]."""
    n = len(x)
    per_token = np.repeat(np.array(t), block)
    angles = 1000 * per_token[:, None] * 10000.0 ** (-np.arange(128) / 128)
    e = mlp("denoise.time", np.concatenate([np.cos(angles), np.sin(angles)], -1), [width, width], silu)
    context = linear("denoise.context", words, width)
    h = linear("denoise.input", x, width)
    mask = [[j // block <= i // block for j in range(n)] for i in range(n)]
    for i in range(blocks):
        name = f"denoise.layers.{i}"
        s1, g1, a1, s2, g2, a2 = np.split(linear(f"{name}.modulation", silu(e), 6 * width), 6, -1)
        seen = layer_norm(h, 1e-6) * (1 + g1) + s1
        h = h + a1 * attention(f"{name}.attention", seen, seen, heads, mask, norm=True, positions=range(n))
        h = h + attention(f"{name}.cross", layer_norm(h, 1e-6, f"{name}.crossNorm"), context, heads, read, norm=True)
        h = h + a2 * mlp(f"{name}.mlp", layer_norm(h, 1e-6) * (1 + g2) + s2, [hidden, width], gelu_tanh)
    return linear("denoise.output", h, latent)


# Losses


def soft_log(r):
    a = math.log(max(r, 1e-8))
    return -6 + math.log1p(math.exp(a + 6))


def reconstruction(error):
    log = soft_log(math.sqrt((error**2).mean()))
    return float((0.5 * (error / math.exp(log)) ** 2 + log + 0.5 * math.log(2 * math.pi)).mean())


def unit(x):
    return x / np.linalg.norm(x, axis=-1, keepdims=True)


def alignment(tokens, features):
    cosine = relu(1 - 0.5 - (unit(tokens) * unit(features)).sum(-1)).mean()
    among = []
    for z, f in zip(tokens, features):
        for i in range(len(z)):
            for j in range(len(z)):
                c = lambda x: float(unit(x)[i] @ unit(x)[j])
                among.append(max(0.0, abs(c(z) - c(f)) - 0.25))
    return float(cosine + np.mean(among))


def contrastive(motions, texts, same, log_scale):
    scores = unit(motions) @ unit(texts).T * math.exp(log_scale)
    log = lambda s: np.log(softmax(s))
    return float(-((log(scores) * same).sum(-1).mean() + (log(scores.T) * same).sum(-1).mean()) / 2)


FEATURES, WIDTH, LATENT, DEPTH = 5, 8, 3, 3
frames = draw("frames", (28, FEATURES))
mean, log_variance = encode(frames, WIDTH, LATENT, DEPTH)
tokens = draw("tokens", (6, LATENT))

ROWS = [[1, 0], [3, 0], [4, 5], [0, 0]], [[2, 0], [1, 0], [0, 0], [0, 0]]
SIGNS = [[1, 0], [1, 0], [-1, 1], [0, 0]], [[1, 0], [1, 0], [0, 0], [0, 0]]
states = [text(np.array(r), np.array(s, float), 6, 8, 2, 2) for r, s in zip(ROWS, SIGNS)]
words = np.concatenate(states)
captions = [0, 1]
read = [[i // 4 == captions[n // 3] and SIGNS[i // 4][i % 4][0] != 0 for i in range(8)] for n in range(6)]
velocity = denoise(draw("state", (6, LATENT)), [0.25, 0.875], words, read, 12, 2, 2, 10, 3, LATENT)

error = draw("error", (4, 7))
pairs = draw("tokens of a batch", (2, 4, 5)), draw("features of a batch", (2, 4, 5))
same = np.array([[0.5, 0.5, 0], [0.5, 0.5, 0], [0, 0, 1]])
rounded = lambda x: [float(f"{v:.9g}") for v in np.asarray(x).flatten()]
content = {
    "encoder": {"mean": rounded(mean), "logVariance": rounded(log_variance)},
    "decoder": rounded(decode(tokens, WIDTH, FEATURES, DEPTH)),
    "text": {"rows": ROWS, "signs": SIGNS, "states": rounded(words)},
    "transformer": {"read": [[int(v) for v in row] for row in read], "velocity": rounded(velocity)},
    "losses": {
        "reconstruction": reconstruction(error),
        "kl": float((0.5 * (error[:2] ** 2 + np.exp(error[2:]) - error[2:] - 1)).mean()),
        "alignment": alignment(*pairs),
        "contrastive": contrastive(draw("motions", (3, 4)), draw("texts", (3, 4)), same, 1.5),
    },
}
path = pathlib.Path(__file__).with_name("motion-method.json")
path.write_text(json.dumps(content, separators=(",", ":")) + "\n")
print(path.name, path.stat().st_size, "bytes")
