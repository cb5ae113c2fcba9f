import { logDensity, logNormalCdf } from "../../metrics/normal.js";

/** Signal and noise of the Gaussian latent at gamma: signal² = sigmoid(−gamma), noise² = sigmoid(gamma). */
export const gaussianLevels = (gamma: number): { signal: number; noise: number } => ({
  signal: Math.sqrt(1 / (1 + Math.exp(gamma))),
  noise: Math.sqrt(1 / (1 + Math.exp(-gamma))),
});

export interface TransformValue {
  /** T in [0, 1]. */
  alpha: number;
  /** dT/dγ ≤ 0. */
  dGamma: number;
}

const STEPS = 1600;

/**
 * Diffusion transformation operator of Duo: where the arg-max of a Gaussian latent of K dimensions has the marginals of
 * uniform-state noise. T = (K·P − 1)/(K − 1), P(μ) = ∫ φ(z − μ)·Φ(z)^(K−1) dz, μ = e^(−γ/2); trapezoids on [μ − 12, μ +
 * 12].
 */
export function transform(tokens: number, gamma: number): TransformValue {
  const mu = Math.exp(-gamma / 2);
  const width = 24 / STEPS;
  let p = 0;
  let slope = 0;
  for (let i = 0; i <= STEPS; i++) {
    const offset = -12 + i * width;
    const mass = Math.exp(logDensity(offset) + (tokens - 1) * logNormalCdf(mu + offset)) * width;
    p += mass;
    slope += offset * mass;
  }
  return {
    alpha: (tokens * p - 1) / (tokens - 1),
    dGamma: (tokens / (tokens - 1)) * slope * (-mu / 2),
  };
}

/** A range of gamma; t in [0, 1] runs from `min` (almost clean) to `max`. */
export interface Window {
  min: number;
  max: number;
}

/** γ at t in [0, 1]. */
export const gammaAt = ({ min, max }: Window, t: number): number => min + t * (max - min);

/** The window in which T falls from `high` to `low`, for this vocabulary. */
export function windowOf(tokens: number, { low = 0.05, high = 0.95 } = {}): Window {
  if (!(low > 0 && low < high && high < 1))
    throw new Error(`A window takes 0 < low < high < 1, got ${low} and ${high}.`);
  const find = (target: number) => {
    let [from, to] = [-12, 12];
    for (let i = 0; i < 50; i++) {
      const middle = (from + to) / 2;
      if (transform(tokens, middle).alpha > target) from = middle;
      else to = middle;
    }
    return (from + to) / 2;
  };
  return { min: find(high), max: find(low) };
}

/** T along a window: alpha and dα/dt at t in [0, 1]. */
export interface AlphaCurve {
  alpha(t: number): number;
  dAlpha(t: number): number;
}

/** By quadrature at each call: the reference. */
export function exactCurve(tokens: number, { min, max }: Window): AlphaCurve {
  const at = (t: number) => transform(tokens, min + t * (max - min));
  return { alpha: (t) => at(t).alpha, dAlpha: (t) => at(t).dGamma * (max - min) };
}

/** By a table of `points` values, interpolated linearly. */
export function tableCurve(tokens: number, window: Window, points = 1000): AlphaCurve {
  const exact = exactCurve(tokens, window);
  const values = Float64Array.from({ length: points }, (_, i) => exact.alpha(i / (points - 1)));
  const slopes = Float64Array.from({ length: points }, (_, i) => exact.dAlpha(i / (points - 1)));
  const look = (table: Float64Array) => (t: number) => {
    const place = Math.min(1, Math.max(0, t)) * (points - 1);
    const i = Math.min(points - 2, Math.floor(place));
    return table[i] + (place - i) * (table[i + 1] - table[i]);
  };
  return { alpha: look(values), dAlpha: look(slopes) };
}

/**
 * By the series P(μ) = e^(−μ²/2)·Σ (μⁿ/n!)·M_n, M_n = ∫ zⁿ·φ·Φ^(K−1); `terms` of them, scaled by √n! to stay in range.
 */
export function seriesCurve(tokens: number, { min, max }: Window, terms = 150): AlphaCurve {
  const width = 0.02;
  const moments = new Float64Array(terms + 1);
  for (let z = -26; z <= 26; z += width) {
    let h = Math.exp(logDensity(z) + (tokens - 1) * logNormalCdf(z)) * width;
    for (let n = 0; n <= terms; n++) {
      moments[n] += h;
      h *= z / Math.sqrt(n + 1);
    }
  }
  const value = (t: number): { p: number; slope: number; mu: number } => {
    const mu = Math.exp(-(min + t * (max - min)) / 2);
    let power = Math.exp((-mu * mu) / 2); // e^(−μ²/2)·μⁿ/√n!
    let p = 0;
    let next = 0;
    for (let n = 0; n < terms; n++) {
      p += power * moments[n];
      next += power * moments[n + 1] * Math.sqrt(n + 1);
      power *= mu / Math.sqrt(n + 1);
    }
    return { p, slope: next - mu * p, mu };
  };
  const factor = tokens / (tokens - 1);
  return {
    alpha: (t) => (tokens * value(t).p - 1) / (tokens - 1),
    dAlpha: (t) => {
      const { slope, mu } = value(t);
      return factor * slope * (-mu / 2) * (max - min);
    },
  };
}

/** By a polynomial of degree 9 in t, fitted by least squares at Chebyshev's nodes ("poly9"). */
export function polynomialCurve(tokens: number, window: Window, degree = 9): AlphaCurve {
  const exact = exactCurve(tokens, window);
  const nodes = 64;
  const angles = Array.from({ length: nodes }, (_, i) => (Math.PI * (i + 0.5)) / nodes);
  const values = angles.map((angle) => exact.alpha((Math.cos(angle) + 1) / 2));
  const coefficients = Array.from(
    { length: degree + 1 },
    (_, k) => ((k === 0 ? 1 : 2) / nodes) * values.reduce((sum, v, i) => sum + v * Math.cos(k * angles[i]), 0),
  );
  return {
    alpha(t) {
      const x = 2 * t - 1;
      let [before, now, sum] = [1, x, coefficients[0] + coefficients[1] * x];
      for (let k = 2; k <= degree; k++) {
        [before, now] = [now, 2 * x * now - before];
        sum += coefficients[k] * now;
      }
      return sum;
    },
    dAlpha(t) {
      const x = 2 * t - 1; // T_k' = k·U_(k−1), and dx/dt = 2
      let [before, now, sum] = [0, 1, 0];
      for (let k = 1; k <= degree; k++) {
        sum += 2 * k * coefficients[k] * now;
        [before, now] = [now, 2 * x * now - before];
      }
      return sum;
    },
  };
}
