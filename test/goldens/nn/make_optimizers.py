"""Parameters after a few updates by torch.optim in float64, learning rates and averages -> optimizers.json."""
import torch
from torch.optim.swa_utils import AveragedModel

from reference import numbers, rounded, tensor_json, write

STEPS = 6
g = torch.Generator().manual_seed(11)
shapes = {"first.weight": (3, 5), "first.bias": (5,), "second.weight": (4, 3)}
start = {name: rounded(torch.randn(*s, generator=g)) for name, s in shapes.items()}
gradients = [{name: rounded(torch.randn(*s, generator=g)) for name, s in shapes.items()} for _ in range(STEPS)]


def run(make, clip=None):
    parameters = {name: t.clone().requires_grad_() for name, t in start.items()}
    optimizers = make(parameters)
    after, norms = [], []
    for step in gradients:
        for name, p in parameters.items():
            p.grad = step[name].clone()
        norms.append(torch.nn.utils.clip_grad_norm_(list(parameters.values()), clip or float("inf")).item())
        for optimizer in optimizers:
            optimizer.step()
        after.append(sum((numbers(p) for p in parameters.values()), []))
    return {"after": after, "norms": norms}


every = lambda p: list(p.values())
matrices = lambda p: [v for v in p.values() if v.ndim == 2]
vectors = lambda p: [v for v in p.values() if v.ndim == 1]


def muon(p):
    return [
        torch.optim.Muon(matrices(p), lr=0.02, weight_decay=0.1, momentum=0.95, adjust_lr_fn="match_rms_adamw"),
        torch.optim.AdamW(vectors(p), lr=0.02, betas=(0.9, 0.95), weight_decay=0.1),
    ]


cases = {
    "adamw": run(lambda p: [torch.optim.AdamW(every(p), lr=0.01, betas=(0.9, 0.95), eps=1e-6, weight_decay=0.1)]),
    "adamwClipped": run(lambda p: [torch.optim.AdamW(every(p), lr=0.01, weight_decay=0.01)], clip=0.5),
    "adam": run(lambda p: [torch.optim.Adam(every(p), lr=0.01, weight_decay=0.1)]),
    "sgd": run(lambda p: [torch.optim.SGD(every(p), lr=0.1, momentum=0.9, weight_decay=0.01)]),
    "nesterov": run(lambda p: [torch.optim.SGD(every(p), lr=0.1, momentum=0.9, nesterov=True)]),
    "groups": run(
        lambda p: [
            torch.optim.AdamW(
                [
                    {"params": vectors(p), "weight_decay": 0.0, "lr": 0.005},
                    {"params": matrices(p), "weight_decay": 0.2, "lr": 0.01},
                ]
            )
        ]
    ),
}
bfloat16, torch.bfloat16 = torch.bfloat16, torch.float64  # Muon's iteration in the precision of everything else
cases["muon"] = run(muon)
torch.bfloat16 = bfloat16


def rates(make, steps):
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1)
    schedule = make(optimizer)
    out = []
    for _ in range(steps):
        out.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    return out


s = torch.optim.lr_scheduler
schedules = {
    # peak 0.1, warm-up of 4, 20 steps, floor 0.01
    "cosine": rates(
        lambda o: s.SequentialLR(
            o, [s.LinearLR(o, 0.25, 1.0, 3), s.CosineAnnealingLR(o, 16, eta_min=0.01)], milestones=[4]
        ),
        20,
    ),
    # constant until 10, linear to 0.02 at 18
    "trapezoid": rates(
        lambda o: s.SequentialLR(
            o, [s.LinearLR(o, 0.25, 1.0, 3), s.LinearLR(o, 1.0, 0.2, 8)], milestones=[10]
        ),
        24,
    ),
}


# average of a parameter that takes the values of `path`, decay 0.5 with the fast start
class Holder(torch.nn.Module):
    def __init__(self, value):
        super().__init__()
        self.value = torch.nn.Parameter(value.clone())


path = [rounded(torch.randn(4, generator=g)) for _ in range(9)]
model = Holder(path[0])
average = AveragedModel(
    model, avg_fn=lambda a, p, k: torch.lerp(a, p, 1 - torch.minimum(torch.tensor(0.5), k / (9.0 + k)))
)
average.update_parameters(model)  # the first call copies
averages = []
for value in path[1:]:
    model.value.data.copy_(value)
    average.update_parameters(model)
    averages.append(numbers(average.module.value))

write(
    "optimizers.json",
    {
        "start": {name: tensor_json(t) for name, t in start.items()},
        "gradients": [sum((numbers(t) for t in step.values()), []) for step in gradients],
        "cases": cases,
        "schedules": schedules,
        "ema": {"path": [numbers(p) for p in path], "averages": averages},
    },
)
