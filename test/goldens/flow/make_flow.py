"""Golden values of the latent flow network, its loss and its samplers, in float64 NumPy.

python3 test/goldens/flow/make_flow.py   writes flow.json beside this file.
"""

import json
import math
from pathlib import Path

import numpy as np

LATENT, HIDDEN, CONDITION, CLASSES, BATCH = 3, 8, 4, 2, 5
rng = np.random.default_rng(20)

weights = {}


def linear(name, inputs, outputs):
    weights[f"{name}.weight"] = rng.normal(0, 1 / math.sqrt(inputs), (inputs, outputs))
    weights[f"{name}.bias"] = rng.normal(0, 0.2, outputs)


weights["conditioning.label.weight"] = rng.normal(0, 0.5, (CLASSES + 1, CONDITION))
linear("conditioning.time.0", 64, CONDITION)
linear("conditioning.time.2", CONDITION, CONDITION)
linear("mlp.first", LATENT, HIDDEN)
linear("mlp.blocks.0.modulation", CONDITION, 3 * HIDDEN)
linear("mlp.blocks.0.first", HIDDEN, HIDDEN)
linear("mlp.blocks.0.second", HIDDEN, HIDDEN)
linear("mlp.last", HIDDEN, LATENT)
weights = {name: w.astype(np.float32).astype(np.float64) for name, w in weights.items()}


def apply(name, x):
    return x @ weights[f"{name}.weight"] + weights[f"{name}.bias"]


def silu(x):
    return x / (1 + np.exp(-x))


def velocity(x, t, label):
    angles = 1000 * t[:, None] * 10000.0 ** (-np.arange(32) / 32)
    waves = np.concatenate([np.cos(angles), np.sin(angles)], 1)
    time = apply("conditioning.time.2", silu(apply("conditioning.time.0", waves)))
    c = silu(weights["conditioning.label.weight"][label] + time)
    h = apply("mlp.first", x)
    a, b, g = np.split(apply("mlp.blocks.0.modulation", c), 3, axis=1)
    norm = (h - h.mean(1, keepdims=True)) / np.sqrt(h.var(1, keepdims=True) + 1e-5)
    inner = silu(apply("mlp.blocks.0.first", norm * (1 + a) + b))
    h = h + (1 + g) * apply("mlp.blocks.0.second", inner)
    return apply("mlp.last", silu(h))


def guided(x, t, label, guidance):
    times = np.full(len(x), t)
    free = velocity(x, times, np.full(len(x), CLASSES))
    return free + guidance * (velocity(x, times, label) - free)


def euler(x, label, steps, guidance):
    for i in range(steps):
        x = x + guided(x, i / steps, label, guidance) / steps
    return x


def heun(x, label, steps, guidance):
    for i in range(steps):
        v = guided(x, i / steps, label, guidance)
        ahead = x + v / steps
        if i < steps - 1:
            v = (v + guided(ahead, (i + 1) / steps, label, guidance)) / 2
        x = x + v / steps
    return x


f32 = lambda a: a.astype(np.float32).astype(np.float64)
data, noise = f32(rng.normal(size=(BATCH, LATENT))), f32(rng.normal(size=(BATCH, LATENT)))
time = f32(1 / (1 + np.exp(-rng.normal(size=BATCH))))
labels = np.array([0, 1, 2, 1, 0])
classes = np.array([0, 1, 0, 1, 0])
state = (1 - time[:, None]) * noise + time[:, None] * data
golden = {
    "config": {"latent": LATENT, "hidden": HIDDEN, "blocks": 1, "condition": CONDITION, "classes": CLASSES},
    "weights": {name: {"shape": list(w.shape), "data": w.ravel().tolist()} for name, w in weights.items()},
    "data": data.ravel().tolist(),
    "noise": noise.ravel().tolist(),
    "time": time.tolist(),
    "labels": labels.tolist(),
    "velocity": velocity(state, time, labels).ravel().tolist(),
    "loss": float(((velocity(state, time, labels) - (data - noise)) ** 2).mean()),
    "classes": classes.tolist(),
    "euler": euler(noise, classes, 4, 1.0).ravel().tolist(),
    "eulerGuided": euler(noise, classes, 4, 2.5).ravel().tolist(),
    "heunGuided": heun(noise, classes, 4, 2.5).ravel().tolist(),
}
Path(__file__).with_name("flow.json").write_text(json.dumps(golden) + "\n")
