/** A scale of a plot: values to 0 … 1. */
export interface Scale {
  readonly ticks: readonly number[];
  at(value: number): number;
}

/** Round numbers of which a logarithmic scale is made. */
const ROUND = [1, 2, 5];

/** A logarithmic scale from a round number below all values to one above; numbers that are not positive are left out. */
export function logScale(values: readonly number[]): Scale {
  const positive = values.filter((value) => value > 0);
  if (positive.length === 0) positive.push(1);
  const [low, high] = [Math.min(...positive), Math.max(...positive)];
  const all: number[] = [];
  for (let power = Math.floor(Math.log10(low)) - 1; power <= Math.ceil(Math.log10(high)) + 1; power++)
    for (const round of ROUND) all.push(Number(`${round}e${power}`));
  const from = all.findLastIndex((tick) => tick <= low * 0.9);
  const to = all.findIndex((tick) => tick >= high * 1.1);
  const own = all.slice(from, to + 1);
  const ends = [Math.log(own[0]), Math.log(own[own.length - 1])];
  // More than about six labels are too many: then only powers of ten.
  const ticks = own.length > 7 ? own.filter((tick) => Number.isInteger(Math.round(Math.log10(tick) * 1e6) / 1e6)) : own;
  return { ticks, at: (value) => (Math.log(value) - ends[0]) / (ends[1] - ends[0]) };
}

/** A linear scale in round steps around all values. */
export function linearScale(values: readonly number[]): Scale {
  const [least, most] = values.length > 0 ? [Math.min(...values), Math.max(...values)] : [0, 1];
  // A single value stands in the middle of a tenth of itself.
  const margin = most > least ? 0 : Math.abs(least) / 20 || 0.5;
  const [low, high] = [least - margin, most + margin];
  const rough = (high - low) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5].find((round) => round * power >= rough) ?? 10);
  const [from, to] = [Math.floor(low / step - 1e-9), Math.ceil(high / step + 1e-9)];
  const ticks = Array.from({ length: to - from + 1 }, (_, i) => Number(((from + i) * step).toPrecision(6)));
  return { ticks, at: (value) => (value - ticks[0]) / (ticks[ticks.length - 1] - ticks[0]) };
}
