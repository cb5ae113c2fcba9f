"""avg_pool features of ResNet-50 v1 with weights from a hash, on one synthetic image, in float64 with PyTorch: written from the paper
(1512.03385) and Keras' layer names, batch normalisation not folded, so that nothing has to be downloaded.

    python make_resnet50_random.py > resnet50-random.json
"""
import json

import numpy as np
import torch
import torch.nn.functional as F

U32 = np.uint64(0xFFFFFFFF)


def uniform(name, shape):
    """Numbers in [0, 1), by a hash of the tensor's name and the place in it."""
    seed = 0
    for c in name:
        seed = (seed * 31 + ord(c)) & 0xFFFFFFFF
    x = (np.arange(int(np.prod(shape)), dtype=np.uint64) * np.uint64(0x9E3779B1) + np.uint64(seed)) & U32
    for shift, factor in ((15, 0x85EBCA77), (13, 0xC2B2AE3D)):
        x ^= x >> np.uint64(shift)
        x = (x * np.uint64(factor)) & U32
    x ^= x >> np.uint64(16)
    return torch.tensor((x.astype(np.float64) / 2**32).astype(np.float32).astype(np.float64).reshape(shape))


def between(low, high, name, shape):
    return (low + (high - low) * uniform(name, shape)).to(torch.float32).to(torch.float64)


def conv_bn(x, conv, norm, inputs, outputs, kernel, stride=1):
    bound = (6 / (inputs * kernel * kernel)) ** 0.5
    k = between(-bound, bound, f"{conv}/kernel", (kernel, kernel, inputs, outputs))
    y = F.conv2d(
        x,
        k.permute(3, 2, 0, 1),
        between(-0.1, 0.1, f"{conv}/bias", (outputs,)),
        stride=stride,
        padding=(kernel - 1) // 2,
    )
    gamma, beta = between(0.5, 1, f"{norm}/gamma", (outputs,)), between(-0.2, 0.2, f"{norm}/beta", (outputs,))
    mean = between(-0.2, 0.2, f"{norm}/moving_mean", (outputs,))
    variance = between(1, 2, f"{norm}/moving_variance", (outputs,))
    return F.batch_norm(y, mean, variance, gamma, beta, eps=1e-3)


i = np.arange(3 * 32 * 32)
pixels = ((i * i * 7 + i * 13) % 1009 % 256).reshape(1, 3, 32, 32).astype(np.float64)
x = F.interpolate(torch.tensor(pixels), (224, 224), mode="bilinear", align_corners=False)
x = x.flip(1) - torch.tensor([103.939, 116.779, 123.68], dtype=torch.float64).reshape(1, 3, 1, 1)
x = F.max_pool2d(F.relu(conv_bn(x, "conv1", "bn_conv1", 3, 64, 7, 2)), 3, 2, 1)
channels = 64
for stage, (blocks, width) in enumerate(((3, 64), (4, 128), (6, 256), (3, 512)), 2):
    for b in range(blocks):
        block = f"{stage}{'abcdef'[b]}"
        stride = 2 if b == 0 and stage > 2 else 1
        names = lambda branch: (f"res{block}_{branch}", f"bn{block}_{branch}")
        y = F.relu(conv_bn(x, *names("branch2a"), channels, width, 1, stride))
        y = F.relu(conv_bn(y, *names("branch2b"), width, width, 3))
        y = conv_bn(y, *names("branch2c"), width, 4 * width, 1)
        x = F.relu(y + (conv_bn(x, *names("branch1"), channels, 4 * width, 1, stride) if b == 0 else x))
        channels = 4 * width
features = x.mean((2, 3))[0].numpy()
print(
    json.dumps(
        {"features": [float(f"{v:.8g}") for v in features[:64]], "norm": float(np.linalg.norm(features))}
    )
)
