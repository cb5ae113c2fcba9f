import { mean } from "../src/metrics/quantile.js";
import { type Context, measure, procedural, type Row } from "./motion/measure.js";
import { VARIANTS } from "./motion/variants.js";
import { type BenchOptions, load, machine, round, table } from "./report.js";

/**
 * Motions of the procedure `locomotion`: every variant trained alike, three seeds, and judged by a network that learnt
 * from other clips. `names`: only those variants; `rounds`: seeds. What is trained is kept in out/bench-motion.
 */
export async function run(options: BenchOptions) {
  return measured(await procedural(options), options.names, options.rounds);
}

/** The rows of variants and seeds. */
export async function measured(context: Context, names: readonly string[], rounds: number) {
  const unknown = names.find((name) => !(name in VARIANTS));
  if (unknown) throw new Error(`There is no variant "${unknown}"; choose from ${Object.keys(VARIANTS).join(", ")}.`);
  const rows: Row[] = [];
  for (const name of Object.keys(VARIANTS))
    if (names.length === 0 || names.includes(name))
      for (let seed = 0; seed < rounds; seed++) rows.push(...(await measure(name, seed, context)));
  return { machine: machine(), load: load(), real: { ...context.real, features: undefined }, rows };
}

/** Mean and deviation over seeds. */
function over(rows: readonly Row[], figure: string, digits = 3): string {
  const values = rows.map((row) => Number(row[figure]));
  const middle = mean(values);
  if (values.length === 1) return String(round(middle, digits));
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (values.length - 1));
  return `${round(middle, digits)} ± ${round(deviation, 2)}`;
}

export function show({ machine, load, real, rows }: Awaited<ReturnType<typeof run>>): string {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const key = `${row.variant}|${row.drawn}|${row.feet ?? "free"}`;
    groups.set(key, [...(groups.get(key) ?? []), row]);
  }
  const lines = [...groups].map(([key, own]) => [
    ...key.split("|"),
    String(own[0].calls),
    over(own, "accuracy"),
    over(own, "frechet"),
    (mean(own.map((row) => Number(row.frechet))) / real.floor).toFixed(1),
    over(own, "rPrecision"),
    over(own, "seamPeak"),
    over(own, "meanJerk"),
    over(own, "changePeak"),
    over(own, "skating"),
  ]);
  const head = [
    "variant",
    "drawn",
    "feet",
    "calls",
    "accuracy",
    "Fréchet",
    "× floor",
    "R@3",
    "seam jerk",
    "mean jerk",
    "change jerk",
    "skating",
  ];
  const about = `real: accuracy ${round(real.accuracy)}, Fréchet floor ${round(real.floor)}, jerk ${round(real.jerk)}, skating ${round(real.skating)}`;
  return `${machine.cpu}, load average ${load}\n${about}\n${table(head, lines)}`;
}
