/** When a series' values are: seconds from one to the next, and the first's. */
export interface Timing {
  every: number;
  first: number;
}

/**
 * A series [n, dim] at the middles (k + ½) / fps of rows [rows, dim], linearly between its values; before the first and
 * behind the last it stays as it is there.
 */
export function sampleRows(
  series: Float32Array,
  dim: number,
  { every, first }: Timing,
  { rows, fps }: { rows: number; fps: number },
): Float32Array {
  const last = series.length / dim - 1;
  const result = new Float32Array(rows * dim);
  if (last < 0) return result;
  for (let row = 0; row < rows; row++) {
    const place = Math.max(0, Math.min(last, ((row + 0.5) / fps - first) / every));
    const before = Math.min(Math.floor(place), Math.max(0, last - 1));
    const after = Math.min(before + 1, last);
    for (let d = 0; d < dim; d++) {
      const [a, b] = [series[before * dim + d], series[after * dim + d]];
      result[row * dim + d] = a + (b - a) * (place - before);
    }
  }
  return result;
}
