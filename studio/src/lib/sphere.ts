/**
 * Spherical interpolation of two Gaussian vectors: sin((1−t)ω)/sin ω · a + sin(tω)/sin ω · b with ω the angle between
 * them. The length stays that of noise, which a straight line's does not.
 */
export function slerp(a: Float32Array, b: Float32Array, t: number): Float32Array {
  let [ab, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    ab += a[i] * b[i];
    aa += a[i] * a[i];
    bb += b[i] * b[i];
  }
  const angle = Math.acos(Math.min(1, Math.max(-1, ab / Math.sqrt(aa * bb))));
  const sine = Math.sin(angle);
  const [u, v] = sine < 1e-4 ? [1 - t, t] : [Math.sin((1 - t) * angle) / sine, Math.sin(t * angle) / sine];
  return a.map((value, i) => u * value + v * b[i]);
}

/** Weights of 1 … 4 corners at a point of the unit square. Two: left and right. Three: left, right, and below. */
export function cornerWeights(corners: number, x: number, y: number): number[] {
  if (corners <= 1) return [1];
  if (corners === 2) return [1 - x, x];
  if (corners === 3) return [(1 - x) * (1 - y), x * (1 - y), y];
  return [(1 - x) * (1 - y), x * (1 - y), (1 - x) * y, x * y];
}

/** Noise of 1 … 4 corners mixed at a point of the unit square: along the upper edge, the lower one, then between. */
export function mixNoise(corners: readonly Float32Array[], x: number, y: number): Float32Array {
  const [a, b, c, d] = corners;
  if (corners.length === 1) return a;
  const upper = slerp(a, b, x);
  if (corners.length === 2) return upper;
  return slerp(upper, d ? slerp(c, d, x) : c, y);
}
