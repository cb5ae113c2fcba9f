import type { Tensor } from "../../tensor/index.js";

/**
 * Symmetric InfoNCE of places of motions and of texts, [N, D] each, row i of one belonging to row i of the other:
 * −Σ alike · log softmax over the batch, both ways, the mean of both.
 * @param alike [N, N]: how the texts that mean the same as row i share its probability; each row adds up to 1.
 */
export function contrast(motions: Tensor, texts: Tensor, sharpness: Tensor, alike: Tensor): Tensor {
  const products = motions.matmul(texts.transpose([1, 0])).mul(sharpness.exp());
  const one = (axis: number) => products.logSoftmax(axis).mul(alike).sum(1).mean().neg();
  return one(1).add(one(0)).mul(0.5);
}

/** {@link contrast}'s `alike` of captions: those with the same words share. */
export function alikeOf(captions: readonly string[]): Float32Array {
  const counts = new Map<string, number>();
  for (const caption of captions) counts.set(caption, (counts.get(caption) ?? 0) + 1);
  return Float32Array.from(captions.flatMap((a) => captions.map((b) => (a === b ? 1 / counts.get(a)! : 0))));
}
