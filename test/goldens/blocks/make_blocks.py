"""Weights in blocks of 32 numbers with a scale each, by NumPy: python3 make_blocks.py > blocks.json"""
import json
import numpy as np

rng = np.random.default_rng(7)
w = (rng.standard_normal((34, 46)) * 10 ** rng.uniform(-3, 1, (34, 1))).astype(np.float32)
w[3, :] = 0
flat = w.ravel()
out = {"shape": list(w.shape), "data": [float(x) for x in flat]}
for name, most in (("int8", 127), ("int4", 7)):
    whole, scales, back = [], [], []
    for at in range(0, flat.size, 32):
        block = flat[at : at + 32]
        scale = np.float32(np.float16(np.abs(block).max() / np.float32(most)))
        q = np.zeros(block.size) if scale == 0 else np.clip(np.floor(block / scale + np.float32(0.5)), -most, most)
        whole += [int(v) for v in q]
        scales.append(float(scale))
        back += [float(np.float32(v) * scale) for v in q]
    out[name] = {"whole": whole, "scales": scales, "back": back}
print(json.dumps(out))
