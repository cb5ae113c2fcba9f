"""Reference values for src/io: float16 rounding by NumPy; a file by the `safetensors` Python package.

Usage: python make_io.py > io.json   (needs numpy and safetensors)
"""
import base64
import json

import numpy as np
from safetensors.numpy import save

rng = np.random.default_rng(0)
bits = np.concatenate(
    [
        rng.integers(0, 2**32, 500, dtype=np.uint32),
        np.float32([0, -0.0, 65504, 65519.996, 65520, 1e6, -1e6, np.inf, -np.inf, 2**-14, 2**-24, 2**-25, 2**-26]).view(np.uint32),
        (2.0 ** rng.uniform(-26, 17, 1000) * rng.choice([-1, 1], 1000)).astype(np.float32).view(np.uint32),
        # exact ties between neighbouring halves
        ((np.arange(1, 400, dtype=np.float32) * 2 + 1) * np.float32(2**-25)).view(np.uint32),
        ((1 + (np.arange(0, 400, dtype=np.float32) * 2 + 1) / 2048)).astype(np.float32).view(np.uint32),
    ]
)
values = bits.view(np.float32)
bits = bits[~np.isnan(values)]
with np.errstate(over="ignore"):
    halves = bits.view(np.float32).astype(np.float16).view(np.uint16)

tensors = {
    "weight": rng.standard_normal((2, 3)).astype(np.float32),
    "half": np.arange(5, dtype=np.float16) / 3,
    "index": np.array([-1, 2**31 - 1], np.int32),
    "long": np.array([-(2**62), 7], np.int64),
    "bytes": np.arange(7, dtype=np.uint8),
    "scalar": np.array(2.5, np.float32),
    "empty": np.zeros((0, 4), np.float32),
}
file = save(tensors, metadata={"kind": "golden"})
print(
    json.dumps(
        {
            "float32Bits": bits.tolist(),
            "float16Bits": halves.tolist(),
            "file": base64.b64encode(file).decode(),
            "tensors": {k: {"shape": list(v.shape), "values": [str(x) if v.dtype == np.int64 else float(x) for x in v.ravel()]} for k, v in tensors.items()},
        }
    )
)
