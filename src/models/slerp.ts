/** Angle in radians between two vectors. */
export function angleBetween(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [na, nb] = [0, 0];
  for (let i = 0; i < a.length; i++) {
    na += a[i] * a[i];
    nb += b[i] * b[i];
  }
  na = Math.sqrt(na);
  nb = Math.sqrt(nb);
  let [apart, together] = [0, 0]; // half-angle form, exact for tiny angles too
  for (let i = 0; i < a.length; i++) {
    apart += (a[i] / na - b[i] / nb) ** 2;
    together += (a[i] / na + b[i] / nb) ** 2;
  }
  return 2 * Math.atan2(Math.sqrt(apart), Math.sqrt(together));
}

/**
 * Global spherical interpolation: the point at share t in [0, 1] of the great circle from a to b, both on the same
 * sphere; the angle grows linearly in t. Ends are exact; opposite points have no unique circle and give an error.
 */
export function slerp(a: Float32Array, b: Float32Array, t: number): Float32Array {
  if (a.length !== b.length) throw new Error(`slerp: the latents have ${a.length} and ${b.length} numbers.`);
  if (t === 0) return a.slice();
  if (t === 1) return b.slice();
  const angle = angleBetween(a, b);
  if (angle < 1e-6) return a.slice();
  if (angle > Math.PI - 1e-4)
    throw new Error("slerp: the two latents are opposite points; there is no one way between.");
  const [from, to] = [Math.sin((1 - t) * angle) / Math.sin(angle), Math.sin(t * angle) / Math.sin(angle)];
  return a.map((value, i) => from * value + to * b[i]);
}
