"""Reference values for src/random: Philox4x32-10 with Python integers, normal quantiles with mpmath (60 digits).

Usage: python make_random.py > random.json
"""
import json

from mpmath import erfinv, mp, mpf, sqrt, log

mp.dps = 60
MASK = 2**32 - 1


def philox(counter, key):
    c, k = list(counter), list(key)
    for _ in range(10):
        p0, p1 = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [(p1 >> 32) ^ c[1] ^ k[0], p1 & MASK, (p0 >> 32) ^ c[3] ^ k[1], p0 & MASK]
        k = [(k[0] + 0x9E3779B9) & MASK, (k[1] + 0xBB67AE85) & MASK]
    return c


def stream(seed, count):
    key = [seed & MASK, (seed >> 32) & MASK]
    words = []
    block = 0
    while len(words) < count:
        words += philox([block & MASK, block >> 32, 0, 0], key)
        block += 1
    return words[:count]


def quantile(p):
    return sqrt(mpf(2)) * erfinv(2 * p - 1)


def normals(words):
    out = []
    for high, low in zip(words[0::2], words[1::2]):
        k = high * 2**20 + (low >> 12)
        out.append(float(quantile((mpf(k) + mpf(1) / 2) / 2**52)))
    return out


seeds = [0, 7, 2**40 + 3, 2**64 - 1]
probabilities = [2.0**-53, 1e-15, 1e-11, 1e-5, 0.01, 0.0749, 0.0751, 0.3, 0.5, 0.6, 0.924, 0.926, 0.999, 1 - 2.0**-40]
logs = [2.0**-53, 1e-12, 0.0123, 0.07, 0.5, 0.7071, 0.7072, 1.0, 1.5, 10.0, 1e300]
print(
    json.dumps(
        {
            "streams": [{"seed": str(s), "words": stream(s, 16)} for s in seeds],
            "uniforms": [((a >> 5) * 2**26 + (b >> 6)) / 2**53 for a, b in zip(*[iter(stream(7, 16))] * 2)],
            "normals": normals(stream(7, 400)),
            "quantiles": [{"p": p, "z": float(quantile(mpf(p)))} for p in probabilities],
            "logs": [{"x": x, "ln": float(log(mpf(x)))} for x in logs],
        },
        indent=1,
    )
)
