"""Losses of 20 training steps of two small networks in float64 PyTorch -> training.json."""
import torch
import torch.nn.functional as F

from reference import Weights, dit_block, linear, numbers, rounded, tensor_json, write

STEPS, BATCHES = 20, 4


def train(weights, forward, optimizer, inputs, clip=None):
    """Cycles through the batches; returns the losses before each update and the norms of the gradients."""
    forward({name: batches[0] for name, batches in inputs.items()})  # makes the weights
    start = {name: tensor_json(w) for name, w in weights.items()}
    opt = optimizer(list(weights.values()))
    losses, norms = [], []
    for step in range(STEPS):
        batch = {name: batches[step % BATCHES] for name, batches in inputs.items()}
        loss = F.mse_loss(forward(batch), batch["y"])
        opt.zero_grad()
        loss.backward()
        norms.append(torch.nn.utils.clip_grad_norm_(list(weights.values()), clip or float("inf")).item())
        opt.step()
        losses.append(loss.item())
    return {
        "weights": start,
        "inputs": {name: [numbers(b) for b in batches] for name, batches in inputs.items()},
        "losses": losses,
        "norms": norms,
        "final": {name: numbers(w)[:4] for name, w in weights.items()},
    }


def batches(generator, *shape):
    return [rounded(torch.randn(*shape, generator=generator)) for _ in range(BATCHES)]


g = torch.Generator().manual_seed(5)
w1, w2 = Weights(1), Weights(2, scale=0.15)
mlp = train(
    w1,
    lambda b: linear(w1, "layers.1", F.silu(linear(w1, "layers.0", b["x"], 16)), 2),
    lambda p: torch.optim.AdamW(p, lr=1e-2, weight_decay=0.05),
    {"x": batches(g, 8, 3), "y": batches(g, 8, 2)},
)
dit = train(
    w2,
    lambda b: dit_block(w2, "", b["x"], b["condition"], heads=2),
    lambda p: torch.optim.AdamW(p, lr=5e-3, betas=(0.9, 0.95), weight_decay=0.01),
    {"x": batches(g, 2, 5, 16), "condition": batches(g, 2, 16), "y": batches(g, 2, 5, 16)},
    clip=1.0,
)
write("training.json", {"mlp": mlp, "dit": dit})
