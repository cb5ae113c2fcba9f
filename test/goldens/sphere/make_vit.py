"""Outputs and gradients of small Sphere Encoder transformers in float64 PyTorch -> vit.json.

Weights and inputs are not stored: both sides draw them from one generator of integers (Park & Miller 1988), in the order of the file's
lists. For each gradient of sum(output * cotangent) its sum and its norm are kept."""
import json
import math
import pathlib

import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)


class Draws:
    """Uniform numbers of variance scale^2 around mean, rounded to float32."""

    def __init__(self, seed):
        self.state = seed

    def __call__(self, *shape, scale=1.0, mean=0.0):
        values = []
        for _ in range(math.prod(shape)):
            self.state = self.state * 48271 % 2147483647
            values.append(mean + scale * math.sqrt(12) * (self.state / 2147483647 - 0.5))
        return torch.tensor(values).float().double().reshape(shape).requires_grad_()


class Weights(dict):
    """Parameters by fewstep's names, drawn where first asked for. A linear weight is [in, out], PyTorch's transposed."""

    def __init__(self, draw):
        super().__init__()
        self.draw = draw

    def get(self, name, *shape, scale=0.3, mean=0.0):
        if name not in self:
            self[name] = (self.draw(*shape, scale=scale, mean=mean), scale, mean)
        return self[name][0]

    def linear(self, name, x, outputs):
        return x @ self.get(f"{name}.weight", x.shape[-1], outputs) + self.get(f"{name}.bias", outputs)

    def norm(self, name, x):
        rms = (x.square().mean(-1, keepdim=True) + 1e-6).sqrt()
        return x / rms * self.get(f"{name}.weight", x.shape[-1], mean=1.0)


def positions(lines, columns, width):
    """Sin-cos table: the first half of a row is the column's, the second the line's."""
    omega = 10000.0 ** (-torch.arange(width // 4) / (width // 4))
    rows = []
    for y in range(lines):
        for x in range(columns):
            rows.append(torch.cat([(x * omega).sin(), (x * omega).cos(), (y * omega).sin(), (y * omega).cos()]))
    return torch.stack(rows)


def turned(x, lines, columns):
    """Axial rotation of [B, heads, N, d]: neighbouring pairs as complex numbers; first half by line, second by column."""
    z = torch.view_as_complex(x.unflatten(-1, (-1, 2)).contiguous())
    pairs = z.shape[-1] // 2
    omega = 10000.0 ** (-torch.arange(pairs) / pairs)
    y = torch.arange(lines).repeat_interleave(columns)[:, None] * omega
    c = torch.arange(columns).repeat(lines)[:, None] * omega
    angles = torch.cat([y, c], -1)
    return torch.view_as_real(z * torch.exp(1j * angles)).flatten(-2)


def attention(w, name, x, heads, grid):
    width = x.shape[-1]
    split = lambda t: t.unflatten(-1, (heads, width // heads)).transpose(1, 2)
    q, k, v = (split(w.linear(f"{name}.{part}", x, width)) for part in ("query", "key", "value"))
    q, k = turned(q, *grid), turned(k, *grid)
    scores = q @ k.transpose(-1, -2) / math.sqrt(width // heads)
    return w.linear(f"{name}.out", (scores.softmax(-1) @ v).transpose(1, 2).flatten(2), width)


def swiglu(w, name, x):
    hidden = 8 * x.shape[-1] // 3
    return w.linear(f"{name}.down", F.silu(w.linear(f"{name}.gate", x, hidden)) * w.linear(f"{name}.up", x, hidden), x.shape[-1])


def trunk(w, x, condition, outputs, c):
    grid = c["image"]["height"] // c["patch"], c["image"]["width"] // c["patch"]
    width = x.shape[-1]
    x = x + positions(*grid, width)
    modulated = lambda h, shift, scale: h * (1 + scale[:, None]) + shift[:, None]
    for i in range(c["layers"]):
        name = f"trunk.blocks.{i}"
        if condition is None:
            x = x + attention(w, f"{name}.attention", w.norm(f"{name}.norm1", x), c["heads"], grid)
            x = x + swiglu(w, f"{name}.mlp", w.norm(f"{name}.norm2", x))
        else:
            s1, k1, g1, s2, k2, g2 = w.linear(f"{name}.modulation", F.silu(condition), 6 * width).chunk(6, -1)
            h = modulated(w.norm(f"{name}.norm1", x), s1, k1)
            x = x + g1[:, None] * attention(w, f"{name}.attention", h, c["heads"], grid)
            x = x + g2[:, None] * swiglu(w, f"{name}.mlp", modulated(w.norm(f"{name}.norm2", x), s2, k2))
    if condition is None:
        return w.linear("trunk.head", x, outputs)
    shift, scale = w.linear("trunk.head.modulation", F.silu(condition), 2 * width).chunk(2, -1)
    return w.linear("trunk.head.project", modulated(w.norm("trunk.head.norm", x), shift, scale), outputs)


def mixer(w, x, depth, last=True):
    n, c = x.shape[1:]
    for i in range(depth):
        name = f"mixer.blocks.{i}"
        across = lambda t: w.linear(f"{name}.tokens.layers.1", F.silu(w.linear(f"{name}.tokens.layers.0", t, n)), n)
        x = x + w.get(f"{name}.scale1", 1) * across(w.norm(f"{name}.norm1", x).transpose(1, 2)).transpose(1, 2)
        h = F.silu(w.linear(f"{name}.channels.layers.0", w.norm(f"{name}.norm2", x), 2 * c))
        x = x + w.get(f"{name}.scale2", 1) * w.linear(f"{name}.channels.layers.1", h, c)
    return w.norm("mixer.norm", x) if last else x


def encoder(w, images, condition, c):
    p, width = c["patch"], c["width"]
    kernel = w.get("patch.weight", images.shape[1] * p * p, width)
    maps = F.conv2d(images, kernel.T.reshape(width, -1, p, p), stride=p)
    embed = w.get("embed.weight", width, width)
    maps = F.conv2d(maps, embed.T[:, :, None, None], w.get("embed.bias", width))
    x = trunk(w, maps.flatten(2).transpose(1, 2), condition, c["channels"], c)
    return mixer(w, x, c["mixer"], c.get("tokenNorm", True)).flatten(1)


def decoder(w, latents, condition, c):
    p, image = c["patch"], c["image"]
    channels = image["channels"]
    grid = image["height"] // p, image["width"] // p
    x = mixer(w, w.linear("embed", latents.unflatten(1, (-1, c["channels"])), c["width"]), c["mixer"])
    x = trunk(w, x, condition, channels * p * p if c["head"] == "linear" else 32, c)
    maps = x.transpose(1, 2).unflatten(-1, grid)
    reflected = lambda t: F.pad(t, (1, 1, 1, 1), mode="reflect")
    if c["head"] == "linear":
        conv = w.get("pixels.conv.weight", channels, channels, 3, 3), w.get("pixels.conv.bias", channels)
        return F.conv2d(reflected(F.pixel_shuffle(maps, p)), *conv).tanh()
    conv = w.get("pixels.conv.weight", 32, 32, 3, 3, scale=0.1), w.get("pixels.conv.bias", 32)
    hidden = F.silu(F.conv2d(reflected(maps), *conv))
    out = w.get("pixels.out.weight", 32, channels, p + 2, p + 2, scale=0.1), w.get("pixels.out.bias", channels)
    return F.conv_transpose2d(hidden, *out, stride=p, padding=1).tanh()


def case(seed, network, config, batch=2):
    draw = Draws(seed)
    image = config["image"]
    sides = image["height"], image["width"]
    tokens = sides[0] * sides[1] // config["patch"] ** 2
    x = draw(batch, image["channels"], *sides) if network is encoder else draw(batch, tokens * config["channels"])
    condition = draw(batch, config["width"]) if config["conditional"] else None
    w = Weights(draw)
    out = network(w, x, condition, config)
    cotangent = draw(*out.shape)
    (out * cotangent).sum().backward()
    short = lambda t: [float(f"{v:.8g}") for v in t.detach().flatten().tolist()]
    summary = lambda t: [float(f"{v:.8g}") for v in (t.sum().item(), t.norm().item())]
    inputs = {"x": x, **({} if condition is None else {"condition": condition})}
    return {
        "network": network.__name__,
        "config": config,
        "seed": seed,
        "inputs": {name: list(t.shape) for name, t in inputs.items()},
        "weights": [{"name": n, "shape": list(t.shape), "scale": s, "mean": m} for n, (t, s, m) in w.items()],
        "output": {"shape": list(out.shape), "data": short(out)},
        "gradients": {
            **{name: summary(t.grad) for name, t in inputs.items()},
            **{f"weights.{n}": summary(t.grad) for n, (t, _, _) in w.items()},
        },
    }


conditional = {
    "image": {"channels": 3, "height": 8, "width": 12},
    "patch": 4, "channels": 5, "width": 16, "layers": 2, "heads": 2, "mixer": 2, "head": "linear", "conditional": True,
}
unconditional = {
    "image": {"channels": 2, "height": 6, "width": 4},
    "patch": 2, "channels": 3, "width": 24, "layers": 2, "heads": 3, "mixer": 1, "head": "conv", "conditional": False,
}
cases = {
    "conditional encoder": case(1, encoder, conditional),
    "conditional decoder, linear head": case(2, decoder, conditional),
    "unconditional encoder": case(3, encoder, unconditional),
    "unconditional encoder without token norm": case(4, encoder, {**unconditional, "tokenNorm": False}),
    "unconditional decoder, conv head": case(5, decoder, unconditional),
}
path = pathlib.Path(__file__).with_name("vit.json")
path.write_text("{\n" + ",\n".join(f"{json.dumps(k)}: {json.dumps(v, separators=(',', ':'))}" for k, v in cases.items()) + "\n}\n")
print(f"{path.name}, {path.stat().st_size / 1024:.0f} kB")
