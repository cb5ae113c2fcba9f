"""Metrics of small feature sets by NumPy and SciPy in float64, from the papers' definitions -> metrics.json."""
import json
from pathlib import Path

import numpy as np
from scipy import linalg, spatial, stats

rng = np.random.default_rng(7)
f32 = lambda a: np.float32(a).astype(np.float64)

samples = f32(np.round(rng.normal(size=(60, 6)) * 1.1 + 0.2, 4))
reference = f32(np.round(rng.normal(size=(50, 6)) @ (np.eye(6) + 0.3 * rng.normal(size=(6, 6))), 4))
points = f32(np.round(rng.normal(size=(40, 2)), 4))
others = f32(np.round(rng.normal(size=(31, 2)) * 0.8 + 0.3, 4))
directions = rng.normal(size=(9, 2))


def frechet(x, y):
    sx, sy = np.cov(x.T), np.cov(y.T)
    return ((x.mean(0) - y.mean(0)) ** 2).sum() + np.trace(sx + sy - 2 * linalg.sqrtm(sx @ sy).real)


def mmd2(kxx, kyy, kxy):
    off = lambda k: (k.sum() - np.trace(k)) / (len(k) * (len(k) - 1))
    return off(kxx) + off(kyy) - 2 * kxy.mean()


def kid(x, y):
    k = lambda a, b: (a @ b.T / a.shape[1] + 1) ** 3
    return mmd2(k(x, x), k(y, y), k(x, y))


def gaussian(x, y, sigma):
    k = lambda a, b: np.exp(-spatial.distance.cdist(a, b, "sqeuclidean") / (2 * sigma**2))
    return mmd2(k(x, x), k(y, y), k(x, y))


def energy(x, y):
    k = lambda a, b: -spatial.distance.cdist(a, b)
    return mmd2(k(x, x), k(y, y), k(x, y))


def prdc(x, y, k):
    """x samples, y reference; 1904.06991 eq. 1-2 and 2002.09797 eq. 3-4."""
    radius = lambda a: np.sort(spatial.distance.cdist(a, a), 1)[:, k]
    d = spatial.distance.cdist(x, y)
    rx, ry = radius(x), radius(y)
    inside = d < ry[None]
    return {
        "precision": inside.any(1).mean(),
        "recall": (d < rx[:, None]).any(0).mean(),
        "density": inside.sum() / (k * len(x)),
        "coverage": inside.any(0).mean(),
    }


def sliced(x, y):
    unit = directions / np.linalg.norm(directions, axis=1, keepdims=True)
    return np.mean([stats.wasserstein_distance(x @ u, y @ u) for u in unit])


def pca(x, kept):
    values, vectors = np.linalg.eigh(np.cov(x.T))
    values, vectors = values[::-1][:kept], vectors[:, ::-1][:, :kept]
    return {"variances": values.tolist(), "absolute": np.abs((x - x.mean(0)) @ vectors).ravel().tolist()}


distances = spatial.distance.cdist(samples, reference)
order = np.argsort(distances, 1)[:, :3]
golden = {
    "dim": 6,
    "samples": samples.ravel().tolist(),
    "reference": reference.ravel().tolist(),
    "mean": samples.mean(0).tolist(),
    "covariance": np.cov(samples.T).ravel().tolist(),
    "eigenvalues": np.linalg.eigvalsh(np.cov(samples.T)).tolist(),
    "frechet": frechet(samples, reference),
    "kid": kid(samples, reference),
    "prdc": {str(k): prdc(samples, reference, k) for k in (1, 3, 5)},
    "nearest": {"indices": order.ravel().tolist(), "distances": np.take_along_axis(distances, order, 1).ravel().tolist()},
    "pca": pca(samples, 3),
    "points": points.ravel().tolist(),
    "others": others.ravel().tolist(),
    "directions": directions.ravel().tolist(),
    "slicedUnequal": sliced(points, others),
    "slicedEqual": sliced(points[:31], others),
    "energy": energy(points, others),
    "gaussian": {str(s): gaussian(points, others, s) for s in (0.2, 1.0)},
    "quantiles": {str(p): np.quantile(samples.ravel(), p) for p in (0, 0.01, 0.5, 0.9, 1)},
}
Path(__file__).with_name("metrics.json").write_text(json.dumps(golden) + "\n")
