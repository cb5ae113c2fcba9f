"""Training steps of the three models of models.ts in PyTorch, asked for over stdin, answered over stdout, one JSON a line.

pytorch.py THREADS [compile]: eager, or network and loss with their gradients through torch.compile. The fused AdamW is eager in both."""

import json
import sys
import time


def reply(**values):
    print(json.dumps(values), flush=True)


try:
    import torch
    from torch import nn
    from torch.nn import functional as F
except ImportError as error:
    reply(error=f"{sys.executable} cannot import torch ({error})")
    sys.exit(0)


class Block(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.norm1, self.norm2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))

    def forward(self, x):
        b, n, d = x.shape
        q, k, v = self.qkv(self.norm1(x)).view(b, n, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4)
        x = x + self.out(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(b, n, d))
        return x + self.mlp(self.norm2(x))


def norm_act(channels):
    return [nn.GroupNorm(8, channels), nn.SiLU()]


def mlp():
    layers = [nn.Linear(1024, 1024) for _ in range(4)]
    return nn.Sequential(layers[0], *(m for layer in layers[1:] for m in (nn.SiLU(), layer))), (256, 1024)


def transformer():
    return nn.Sequential(*(Block(256, 4) for _ in range(6))), (16, 128, 256)


def conv():
    net = nn.Sequential(
        nn.Conv2d(3, 64, 3, padding=1), *norm_act(64),
        nn.Conv2d(64, 128, 4, stride=2, padding=1), *norm_act(128),
        nn.Conv2d(128, 128, 3, padding=1), *norm_act(128),
        nn.ConvTranspose2d(128, 64, 4, stride=2, padding=1), *norm_act(64),
        nn.Conv2d(64, 3, 3, padding=1),
    )
    return net, (64, 3, 32, 32)


def trainer(make):
    net, shape = make()
    x, y = torch.randn(shape), torch.randn(shape)
    optimizer = torch.optim.AdamW(net.parameters(), lr=1e-4, fused=True)

    def loss_of(x, y):
        return F.mse_loss(net(x), y)

    if compiled:
        loss_of = torch.compile(loss_of)

    def step():
        optimizer.zero_grad(set_to_none=True)
        loss = loss_of(x, y)
        loss.backward()
        optimizer.step()
        return loss.item()

    return step, sum(p.numel() for p in net.parameters())


compiled = sys.argv[2:] == ["compile"]
torch.set_num_threads(int(sys.argv[1]))
torch.set_flush_denormal(True)
torch.manual_seed(0)
makers = {"mlp": mlp, "transformer": transformer, "conv": conv}
trainers = {}
reply(version=torch.__version__, threads=torch.get_num_threads(), blas="mkl" if torch.backends.mkl.is_available() else "other")
for line in sys.stdin:
    request = json.loads(line)
    name = request["model"]
    if name not in trainers:
        trainers[name] = trainer(makers[name])
    step, parameters = trainers[name]
    times, cpu = [], []
    for _ in range(request["steps"]):
        start, cpu_start = time.perf_counter(), time.process_time()
        try:
            loss = step()
        except Exception as error:  # torch.compile needs a C++ compiler, and Python's headers
            reply(error=f"{type(error).__name__}: {str(error).strip().splitlines()[0]}")
            break
        times.append(1e3 * (time.perf_counter() - start))
        cpu.append(1e3 * (time.process_time() - cpu_start))
    else:
        reply(ms=times, cpu=cpu, loss=loss, parameters=parameters)
