"""Golden values of the figures of gestures, by NumPy and SciPy in float64: python3 make_gesture.py > gesture.json"""
import json

import numpy as np
from scipy.linalg import sqrtm
from scipy.signal import argrelextrema

FPS = 30


def clip(k, frames=200, dim=4):
    t, j = np.meshgrid(np.arange(frames), np.arange(dim), indexing="ij")
    values = np.sin(0.11 * (j + 1) * t + j + k) + 0.3 * np.cos(0.011 * t * t * (1 + 0.1 * k) + 2 * j)
    return values.astype(np.float32).astype(np.float64) * (1 + 0.2 * k)


def frechet(a, b):
    s1, s2 = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    return float(((a.mean(0) - b.mean(0)) ** 2).sum() + np.trace(s1 + s2 - 2 * np.real(sqrtm(s1 @ s2))))


def box(x, width=15):
    return np.array([x[max(0, i - 7) : i + 8].mean() for i in range(len(x))])


def energy(x):
    e = np.linalg.norm(np.diff(x, axis=0), axis=1) * FPS
    return np.concatenate([e[:1], e])


A, B = [clip(0), clip(1)], [clip(2), clip(3)]
stack = np.concatenate
out = {
    "frechetStatic": frechet(stack(A), stack(B)),
    "frechetKinetic": frechet(stack([np.diff(x, axis=0) * FPS for x in A]), stack([np.diff(x, axis=0) * FPS for x in B])),
    "temporalVariance": float(np.mean([x.var(axis=0).mean() for x in A])),
    "l1Diversity": float(np.mean([np.abs(x - x.mean(0)).sum() / len(x) for x in A])),
    "jerk": float(np.mean([np.linalg.norm(np.diff(x, 3, axis=0), axis=1).mean() * FPS**3 for x in A])),
}

e, s = box(energy(A[0])), box(np.abs(A[1][:, 0]))
out["ownCoupling"] = float(max(np.corrcoef(e[lag:], s[: len(s) - lag])[0, 1] for lag in range(16)))
out["partnerCoupling"] = float(np.corrcoef(e, s)[0, 1])

x, y = A[0][:, 0], A[1][:, 1]
curve = []
for lag in range(-30, 31):
    curve.append(np.mean([np.corrcoef(x[i : i + 120], y[i + lag : i + lag + 120])[0, 1] for i in range(30, 51, 30)]))
out["leadLag"] = [float(v) for v in curve]


def rss(design, target):
    w = np.linalg.lstsq(design, target, rcond=None)[0]
    return ((target - design @ w) ** 2).sum()


n = len(e)
noise = np.sin(np.arange(n) ** 2 * 0.7)  # without a pattern in 15 lags
effect = np.zeros(n)
for t in range(3, n):
    effect[t] = 0.5 * effect[t - 1] + 0.4 * noise[t - 3] + 0.3 * np.sin(t * t * 0.31)
lags = 15
own = np.stack([np.ones(n - lags)] + [effect[lags - k : n - k] for k in range(1, lags + 1)], 1)
cause = np.stack([noise[lags - k : n - k] for k in range(1, lags + 1)], 1)
out["granger"] = float(np.log(rss(own, effect[lags:]) / rss(np.hstack([own, cause]), effect[lags:])))

values = A[0].reshape(200, 2, 2)
speed = np.linalg.norm(np.gradient(values, 1 / FPS, axis=0), axis=2)
tops = speed.max(0)
sound = [0.5, 1.7, 3.1, 4.4, 6.0]
out["beats"] = []
scores = []
for j in range(2):
    low = argrelextrema(speed[:, j], np.less, order=7)[0]
    low = [int(t) for t in low if 7 <= t < 193 and speed[t, j] > 0.1 * tops[j]]
    times = [(t + 0.5) / FPS for t in low]
    out["beats"].append(times)
    near = lambda a, b: np.mean([np.exp(-min(abs(p - q) for q in b) ** 2 / (2 * 0.3**2)) for p in a]) if a and b else 0
    scores.append([near(times, sound), near(sound, times)])
out["beatConsistency"] = [float(v) for v in np.mean(scores, axis=0)]
print(json.dumps(out, indent=1))
