import { type Features, requireCount, requireSameDim } from "../features.js";

/**
 * R-precision: of pools of 32 pairs in the given order, the share of texts whose own motion is among the 1, 2, … `top`
 * nearest of the pool, [top]. Chance gives k/32. What is equally near stands in the mean place of all orders. Pairs
 * after the last whole pool are left out.
 * @param texts Row i describes row i of `motions`; both come from one network of two branches.
 * @throws RangeError for fewer pairs than a pool has, or sets that do not match.
 */
export function rPrecision(
  texts: Features,
  motions: Features,
  { pool = 32, top = 3 }: { pool?: number; top?: number } = {},
): Float64Array {
  requirePairs(texts, motions);
  requireCount(texts, pool, "R-precision");
  if (!Number.isInteger(top) || top < 1 || top > pool)
    throw new RangeError(`Ranks are counted from 1 to the ${pool} of a pool, not to ${top}.`);
  const pools = Math.floor(texts.count / pool);
  const hits = new Float64Array(top);
  for (let first = 0; first < pools * pool; first += pool)
    for (let text = first; text < first + pool; text++) {
      const own = squaredDistance(texts, text, motions, text);
      let [nearer, alike] = [0, 0];
      for (let other = first; other < first + pool; other++) {
        if (other === text) continue;
        const distance = squaredDistance(texts, text, motions, other);
        if (distance < own) nearer++;
        else if (distance === own) alike++;
      }
      for (let k = 1; k <= top; k++) hits[k - 1] += Math.min(Math.max((k - nearer) / (alike + 1), 0), 1);
    }
  return hits.map((count) => count / (pools * pool));
}

/** MM-Dist: the mean Euclidean distance of each text to its own motion. @throws RangeError for sets that do not match. */
export function multimodalDistance(texts: Features, motions: Features): number {
  requirePairs(texts, motions);
  let sum = 0;
  for (let i = 0; i < texts.count; i++) sum += Math.sqrt(squaredDistance(texts, i, motions, i));
  return sum / texts.count;
}

export function squaredDistance(a: Features, i: number, b: Features, j: number): number {
  let sum = 0;
  for (let d = 0; d < a.dim; d++) sum += (a.data[i * a.dim + d] - b.data[j * b.dim + d]) ** 2;
  return sum;
}

function requirePairs(texts: Features, motions: Features): void {
  requireSameDim(texts, motions);
  if (texts.count !== motions.count)
    throw new RangeError(
      `There are ${texts.count} texts and ${motions.count} motions; each text needs its own motion.`,
    );
}
