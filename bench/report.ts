import { readFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import Table from "cli-table3";

export interface Bench {
  /** Measures; the result is what `--json` prints. */
  run(options: BenchOptions): Promise<Record<string, unknown>>;
  /** The same for people. */
  show(result: any): string;
}
export interface BenchOptions {
  threads: number;
  rounds: number;
  /** Leaves out what takes long: the JavaScript peers. */
  quick: boolean;
  /** Network evaluations, and nuclei, to measure at; default the bench's own. */
  evaluations?: number[];
  nuclei?: number[];
  /** Processor seconds that a training may take, for benches that train by time; default the bench's own. */
  seconds?: number;
  /** What stands after the bench's name: models, for benches of several. */
  names: string[];
  /** A line about what is being done; goes to stderr. */
  note(text: string): void;
}

export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
};
export const round = (value: number, digits = 3): number => Number(value.toPrecision(digits));

/** Wall and processor time (all threads) of single steps, ms. */
export interface Sample {
  ms: number[];
  cpu: number[];
}

/** Times of one contender, ms, in rounds that alternated with the others'. */
export interface Times {
  /** Median over rounds of each round's median. */
  median: number;
  min: number;
  /** Processor time, all threads, as `median`: what remains comparable where other programs hold the cores. */
  cpu: number;
}
export const summary = (rounds: readonly Sample[]): Times => ({
  median: round(median(rounds.map(({ ms }) => median(ms))), 4),
  min: round(Math.min(...rounds.flatMap(({ ms }) => ms)), 4),
  cpu: round(median(rounds.map(({ cpu }) => median(cpu))), 4),
});

export async function timed(steps: number, step: () => Promise<unknown>): Promise<Sample> {
  const sample: Sample = { ms: [], cpu: [] };
  for (let i = 0; i < steps; i++) {
    const [start, used] = [performance.now(), process.cpuUsage()];
    await step();
    sample.ms.push(performance.now() - start);
    const { user, system } = process.cpuUsage(used);
    sample.cpu.push((user + system) / 1e3);
  }
  return sample;
}

/**
 * Rounds in which the contenders take turns; every second round in reverse order, so that a drift of the machine's
 * speed meets all alike. One round before them warms up and does not count.
 */
export async function interleave<K extends string>(
  rounds: number,
  contenders: Record<K, () => Promise<Sample>>,
): Promise<Record<K, Times>> {
  const names = Object.keys(contenders) as K[];
  const samples = Object.fromEntries(names.map((name) => [name, [] as Sample[]])) as Record<K, Sample[]>;
  for (let r = -1; r < rounds; r++) {
    for (const name of r % 2 === 0 ? names : names.toReversed()) {
      const sample = await contenders[name]();
      if (r >= 0) samples[name].push(sample);
    }
  }
  return Object.fromEntries(names.map((name) => [name, summary(samples[name])])) as Record<K, Times>;
}

export function machine() {
  const { version } = JSON.parse(
    readFileSync(new URL("../node_modules/onnxruntime-node/package.json", import.meta.url), "utf8"),
  );
  return { cpu: cpus()[0]?.model ?? "unknown", cores: cpus().length, node: process.version, onnxruntime: version };
}
export const load = () => round(loadavg()[0]);

export function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const t = new Table({ head: [...head], style: { head: [], border: [] } });
  for (const row of rows) t.push(row.map(String));
  return t.toString();
}
