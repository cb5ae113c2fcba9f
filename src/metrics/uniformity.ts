/** How evenly latents cover their sphere. In brackets: what uniformly random points give. */
export interface Uniformity {
  count: number;
  /** ‖mean‖/√L (about 1/√count). */
  mean: number;
  /** (Σλ)²/Σλ² of the covariance: how many directions are used (L/(1 + L/count)). */
  effectiveDimension: number;
  /** Mean fourth power of a coordinate (3L/(L + 2)). */
  fourthMoment: number;
  /** Cosines between different points (mean 0, variance 1/L). */
  cosineMean: number;
  cosineVariance: number;
  /** log mean exp(−2‖u − u′‖²) of unit vectors (about −4 + 8/L). */
  energy: number;
}

/** Measures latents [count, L]; they are taken to radius √L first. Quadratic in count. */
export function uniformity(latents: ArrayLike<number>, length: number): Uniformity {
  const count = latents.length / length;
  if (!Number.isInteger(count) || count < 2)
    throw new Error(`At least two latents of ${length} numbers are needed, got ${latents.length} numbers.`);
  const unit = new Float64Array(latents.length); // norm 1
  for (let at = 0; at < unit.length; at += length) {
    let squares = 0;
    for (let i = at; i < at + length; i++) squares += latents[i] * latents[i];
    if (!(squares > 0 && squares < Infinity))
      throw new RangeError(`Latent ${at / length} is no point of a sphere: its squared length is ${squares}.`);
    const norm = Math.sqrt(squares);
    for (let i = at; i < at + length; i++) unit[i] = latents[i] / norm;
  }
  const mean = new Float64Array(length);
  let fourth = 0;
  for (let i = 0; i < unit.length; i++) {
    mean[i % length] += unit[i] / count;
    fourth += (unit[i] * unit[i] * length) ** 2;
  }
  const dot = (a: number, b: ArrayLike<number>, at: number) => {
    let sum = 0;
    for (let i = 0; i < length; i++) sum += unit[a * length + i] * b[at + i];
    return sum;
  };
  const meanSquare = mean.reduce((s, x) => s + x * x, 0);
  const alongMean = Float64Array.from({ length: count }, (_, a) => dot(a, mean, 0));
  // The Gram matrix of the centred points has the covariance's eigenvalues: Σλ is its trace, Σλ² its squared norm
  let gram = alongMean.reduce((s, x) => s + (1 - 2 * x + meanSquare) ** 2, 0);
  let [sum, squares, energy] = [0, 0, 0];
  for (let a = 0; a < count; a++)
    for (let b = 0; b < a; b++) {
      const c = dot(a, unit, b * length);
      sum += c;
      squares += c * c;
      energy += Math.exp(-4 * (1 - c)); // ‖u − u′‖² = 2(1 − c)
      gram += 2 * (c - alongMean[a] - alongMean[b] + meanSquare) ** 2;
    }
  const pairs = (count * (count - 1)) / 2;
  const trace = count * (1 - meanSquare);
  return {
    count,
    mean: Math.sqrt(meanSquare),
    effectiveDimension: (trace * trace) / gram,
    fourthMoment: fourth / unit.length,
    cosineMean: sum / pairs,
    cosineVariance: squares / pairs - (sum / pairs) ** 2,
    energy: Math.log(energy / pairs),
  };
}

/** Mean angle in degrees from each of the points [m, L] to the nearest of the latents [count, L]. */
export function nearestAngle(points: ArrayLike<number>, latents: ArrayLike<number>, length: number): number {
  for (const [name, { length: n }] of Object.entries({ points, latents }))
    if (!(n >= length && n % length === 0))
      throw new RangeError(`${n} numbers are no whole, positive number of ${name} of ${length}.`);
  let total = 0;
  for (let p = 0; p < points.length; p += length) {
    let best = -1;
    for (let at = 0; at < latents.length; at += length) {
      let [dot, a, b] = [0, 0, 0];
      for (let i = 0; i < length; i++) {
        dot += points[p + i] * latents[at + i];
        a += points[p + i] ** 2;
        b += latents[at + i] ** 2;
      }
      const cosine = dot / Math.sqrt(a * b);
      if (Number.isNaN(cosine)) throw new RangeError("An angle is between finite vectors that are not zero.");
      best = Math.max(best, cosine);
    }
    total += Math.acos(Math.min(1, best));
  }
  return ((total / (points.length / length)) * 180) / Math.PI;
}
