"""What the scripts beside this file share: PyTorch networks in float64 with fewstep's parameter names and layouts."""
import json
import os

import torch
import torch.nn.functional as F

torch.set_default_dtype(torch.float64)


def rounded(t):
    """Float32 values (as float64), so that both sides start from the same numbers."""
    return t.float().double()


def numbers(t):
    return [float(f"{v:.8g}") for v in t.detach().double().flatten().tolist()]


def tensor_json(t):
    return {"shape": list(t.shape), "data": numbers(t)}


def write(name, content):
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), name)
    with open(path, "w") as f:
        json.dump(content, f, separators=(",", ":"))
        f.write("\n")
    print(name, os.path.getsize(path), "bytes")


class Weights(dict):
    """Parameters by path; made where first asked for."""

    def __init__(self, seed, scale=0.3):
        super().__init__()
        self.generator = torch.Generator().manual_seed(seed)
        self.scale = scale

    def get(self, name, shape, mean=0.0):
        if name not in self:
            self[name] = rounded(mean + self.scale * torch.randn(*shape, generator=self.generator)).requires_grad_()
        return self[name]


def linear(w, path, x, outputs, bias=True):
    weight = w.get(f"{path}.weight", (x.shape[-1], outputs))  # [in, out]; PyTorch's is its transpose
    return F.linear(x, weight.T, w.get(f"{path}.bias", (outputs,)) if bias else None)


def rms_norm(w, path, x):
    return F.rms_norm(x, (x.shape[-1],), w.get(f"{path}.weight", (x.shape[-1],), 1.0), eps=1e-6)


def layer_norm(w, path, x):
    n = x.shape[-1]
    return F.layer_norm(x, (n,), w.get(f"{path}.weight", (n,), 1.0), w.get(f"{path}.bias", (n,)), eps=1e-5)


def group_norm(w, path, groups, x):
    n = x.shape[1]
    return F.group_norm(x, groups, w.get(f"{path}.weight", (n,), 1.0), w.get(f"{path}.bias", (n,)), eps=1e-5)


def rotary(x, base=1e4):
    """Pairs (i, i + D/2) as complex numbers, turned by position times base^(-2i/D)."""
    n, d = x.shape[-2:]
    angles = torch.arange(n)[:, None] * base ** (-torch.arange(0, d, 2) / d)
    z = torch.complex(x[..., : d // 2], x[..., d // 2 :]) * torch.polar(torch.ones_like(angles), angles)
    return torch.cat([z.real, z.imag], -1)


def attention(w, path, x, heads, context=None, turn=False, norm=False, causal=False, mask=None, qkv_bias=True, out_bias=True):
    """norm: True normalises each head's queries and keys, "width" all heads of a position together."""
    context = x if context is None else context
    width = x.shape[-1]
    heads_of = lambda t: t.unflatten(-1, (heads, width // heads)).transpose(1, 2)
    whole = lambda name, t: rms_norm(w, f"{path}.{name}", t) if norm == "width" else t
    q = heads_of(whole("queryNorm", linear(w, f"{path}.query", x, width, qkv_bias)))
    k = heads_of(whole("keyNorm", linear(w, f"{path}.key", context, width, qkv_bias)))
    v = heads_of(linear(w, f"{path}.value", context, width, qkv_bias))
    if norm is True:
        q, k = rms_norm(w, f"{path}.queryNorm", q), rms_norm(w, f"{path}.keyNorm", k)
    if turn:
        q, k = rotary(q), rotary(k)
    y = F.scaled_dot_product_attention(q, k, v, attn_mask=mask, is_causal=causal)
    return linear(w, f"{path}.out", y.transpose(1, 2).flatten(2), width, out_bias)


def swiglu(w, path, x, hidden):
    y = F.silu(linear(w, f"{path}.gate", x, hidden)) * linear(w, f"{path}.up", x, hidden)
    return linear(w, f"{path}.down", y, x.shape[-1])


def dit_block(w, path, x, condition, heads):
    width = x.shape[-1]
    m = linear(w, f"{path}modulation", F.silu(condition), 6 * width)[:, None]
    shift1, scale1, gate1, shift2, scale2, gate2 = m.chunk(6, -1)
    h = rms_norm(w, f"{path}norm1", x) * (1 + scale1) + shift1
    x = x + gate1 * attention(w, f"{path}attention", h, heads, turn=True, norm=True)
    h = rms_norm(w, f"{path}norm2", x) * (1 + scale2) + shift2
    return x + gate2 * swiglu(w, f"{path}mlp", h, -(-8 * width // 96) * 32)
