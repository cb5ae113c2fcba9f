/** Wilson's 95 % interval of a share, of which `hits` of `count` were seen. @throws RangeError where that cannot be */
export function wilson(hits: number, count: number): [low: number, high: number] {
  if (!(Number.isInteger(count) && count > 0 && Number.isInteger(hits) && hits >= 0 && hits <= count))
    throw new RangeError(`${hits} of ${count} are no share of a whole.`);
  const z = 1.96;
  const share = hits / count;
  const middle = share + z ** 2 / (2 * count);
  const margin = z * Math.sqrt((share * (1 - share)) / count + (z / (2 * count)) ** 2);
  const scale = 1 + z ** 2 / count;
  return [Math.max(0, (middle - margin) / scale), Math.min(1, (middle + margin) / scale)];
}
