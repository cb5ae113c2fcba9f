/** Temperature of the dictionary's weights, at the first step of training and at the last, and in use. */
export const STYLE_TEMPERATURE = { first: 1, last: 0.3 };

/** Mean and deviation over time of latents [n, latent]. */
export function styleNumbers(latents: Float32Array, latent: number): Float32Array {
  const out = new Float32Array(2 * latent);
  const count = latents.length / latent;
  latents.forEach((value, i) => void (out[i % latent] += value / count));
  latents.forEach((value, i) => void (out[latent + (i % latent)] += (value - out[i % latent]) ** 2 / count));
  for (let j = latent; j < 2 * latent; j++) out[j] = Math.sqrt(out[j] + 1e-6);
  return out;
}
