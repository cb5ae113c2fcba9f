/* What the peers' pages share: the weights of a drifting model, and inputs that are looked up on the way to the network. */

/** Weights by name as { shape, data }. */
export async function readWeights() {
  const [index, buffer] = await Promise.all([
    (await fetch("/weights.json")).json(),
    (await fetch("/weights.bin")).arrayBuffer(),
  ]);
  let at = 0;
  return Object.fromEntries(
    Object.entries(index).map(([name, shape]) => {
      const data = new Float32Array(
        buffer,
        4 * at,
        shape.reduce((a, b) => a * b, 1),
      );
      at += data.length;
      return [name, { shape, data }];
    }),
  );
}

const rowOf = ({ shape: [, width], data }, row) => data.subarray(row * width, (row + 1) * width);

/** The network's inputs of a label, a guidance strength and style tokens: the label's row, 64 cosines and sines, a sum of rows. */
export function inputsOf(weights, { noise, label, guidance, style }) {
  const half = 32;
  const angles = Float32Array.from({ length: half }, (_, i) => guidance * 1e4 ** (-i / half));
  const table = weights["generator.style.weight"];
  const extra = new Float32Array(table.shape[1]);
  const size = table.shape[0] / style.length;
  style.forEach((token, k) => void rowOf(table, k * size + token).forEach((value, i) => void (extra[i] += value)));
  return {
    noise: Float32Array.from(noise),
    base: rowOf(weights["generator.conditioning.label.weight"], label).slice(),
    strength: Float32Array.from({ length: 64 }, (_, i) =>
      i < half ? Math.cos(angles[i]) : Math.sin(angles[i - half]),
    ),
    extra,
  };
}

/** Times of `draw`, ms, after a warm-up, and its last result. */
export async function timed(draw, times) {
  const ms = [];
  let pixels;
  for (let i = -5; i < times; i++) {
    const start = performance.now();
    pixels = await draw();
    if (i >= 0) ms.push(performance.now() - start);
  }
  return { ms, pixels: Array.from(pixels) };
}
