"""Float64 reference values of two tests, by NumPy and SciPy from the definitions: the drift of the parallel corrector (posterior.test.ts)
and the error of the top-k softmax (curriculum.test.ts). Prints them: python make_softmax_and_drift.py"""

import itertools

import numpy as np
from scipy.special import log_ndtr


def corrector_drift(alpha=0.6, K=3, L=3):
    """Total variation between q_t and one step of kappa*identity + (1 - kappa)*corrector at all positions at once."""
    step = np.array([[0.55, 0.43, 0.02], [0.02, 0.55, 0.43], [0.43, 0.02, 0.55]])
    states = list(itertools.product(range(K), repeat=L))
    data = np.array([step[x[0], x[1]] * step[x[1], x[2]] / K for x in states])
    noise = alpha * np.eye(K) + (1 - alpha) / K
    likelihood = np.array([[np.prod([noise[x[m], z[m]] for m in range(L)]) for z in states] for x in states])
    law = data @ likelihood
    for kappa in (0.5, 0.8, 0.95, 0.99):
        after = np.zeros(K**L)
        for i, z in enumerate(states):
            clean_given_all = data * likelihood[:, i] / law[i]
            factors = []
            for m in range(L):
                clean = np.array([sum(p for p, x in zip(clean_given_all, states) if x[m] == c) for c in range(K)])
                factors.append(kappa * np.eye(K)[z[m]] + (1 - kappa) * (alpha * clean + (1 - alpha) / K))
            after += law[i] * np.einsum("a,b,c->abc", *factors).ravel()
        print("drift", kappa, repr(0.5 * np.abs(after - law).sum()))


def topk_softmax_error(K=50, signal=0.9, noise=0.43, draws=100_000, sample=4000):
    """Mean L1 distance of the top-k approximation to softmax(w / tau), and the deviation of a mean over `sample` draws."""
    rng = np.random.default_rng(0)
    w = noise * rng.standard_normal((draws, K))
    w[:, 0] += signal
    for tau in (0.1, 0.01, 0.001):
        exact = np.exp((w - w.max(1, keepdims=True)) / tau)
        exact /= exact.sum(1, keepdims=True)
        for k in (2, 3, 5):
            ids = np.argsort(-w[:, 1:], 1)[:, :k] + 1
            others = np.take_along_axis(w, ids, 1)
            kept = w[:, 0] > others[:, -1]
            values = others.copy()
            values[kept, -1] = w[kept, 0]
            ids[kept, -1] = 0
            scale = noise / tau
            cut = np.where(kept, others[:, -2], others[:, -1]) / tau
            log_mean = scale**2 / 2 + log_ndtr(cut / scale - scale) - log_ndtr(cut / scale)
            rest = np.log(np.where(kept, K - k, K - k - 1)) + log_mean
            clean = np.where(kept, -np.inf, w[:, 0] / tau)
            terms = np.concatenate([values / tau, clean[:, None], rest[:, None]], 1)
            top = terms.max(1)
            log_sum = top + np.log(np.exp(terms - top[:, None]).sum(1))
            approximate = np.zeros_like(exact)
            np.put_along_axis(approximate, ids, np.exp(values / tau - log_sum[:, None]), 1)
            error = np.abs(approximate - exact).sum(1)
            means = error[: draws // sample * sample].reshape(-1, sample).mean(1)
            print("top-k", tau, k, f"{error.mean():.3g}", "deviation", f"{means.std():.2g}")


corrector_drift()
topk_softmax_error()
