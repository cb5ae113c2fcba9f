import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type BenchOptions, load, machine, round, table } from "./report.js";

interface Trained {
  stage: string;
  ms: number;
  cpu: number;
  exchanging: number;
  waiting: number;
  losses: number[];
  norms: number[];
}

const METHODS = ["drifting", "flow", "sphere"];
const ALLOWED = {
  ...{ OMPI_ALLOW_RUN_AS_ROOT: "1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: "1" },
  ...{ OMPI_MCA_rmaps_base_oversubscribe: "1", OMPI_MCA_hwloc_base_binding_policy: "none" },
};

async function trained(ranks: number, steps: number): Promise<Record<string, any>> {
  const script = fileURLToPath(new URL("./scale-rank.ts", import.meta.url));
  const alone = ["--import", "tsx", script, String(steps)];
  const [file, args] =
    ranks === 1 ? [process.execPath, alone] : ["mpirun", ["-n", String(ranks), process.execPath, ...alone]];
  const { stdout } = await promisify(execFile)(file, args, { env: { ...process.env, ...ALLOWED }, maxBuffer: 2 ** 26 });
  return JSON.parse(stdout.trim().split("\n").at(-1)!);
}

/** The largest difference of two lists, each number by its size. */
const apart = (a: readonly number[], b: readonly number[]): number =>
  Math.max(...a.map((value, i) => Math.abs(value - b[i]) / Math.max(1, Math.abs(value))));

/** One rank against two, one thread each. */
export async function run({ quick, note }: BenchOptions) {
  const steps = quick ? 4 : 12;
  const before = load();
  note("one process …");
  const one = await trained(1, steps);
  note("two ranks …");
  const two = await trained(2, steps);
  const methods = METHODS.map((name) => {
    const [a, b] = [one[name], two[name]] as [Trained, Trained];
    return {
      ...{ name, stage: a.stage, one: round(a.ms), two: round(b.ms), efficiency: round(a.ms / (2 * b.ms), 2) },
      ...{ cpuOne: round(a.cpu), cpuTwo: round(b.cpu), exchangeShare: round(b.exchanging / b.ms, 2) },
      ...{ waitShare: round(b.waiting / b.ms, 2) },
      ...{ firstLoss: round(apart(a.losses.slice(0, 1), b.losses), 2), loss: round(apart(a.losses, b.losses), 2) },
      norm: round(apart(a.norms, b.norms), 2),
    };
  });
  const { ms, large, bytes } = two.exchange;
  const exchange = { latency: round(ms), gigabytesPerSecond: round(bytes / (large - ms) / 1e6) };
  return { machine: machine(), load: { before, after: load() }, threads: 1, steps, methods, exchange };
}

export function show({ machine: { cpu, cores }, load, methods, exchange }: Awaited<ReturnType<typeof run>>): string {
  const rows = methods.map((m) => [
    ...[`${m.name}, ${m.stage}`, m.one, m.two, m.efficiency, m.cpuOne, m.cpuTwo],
    ...[`${Math.round(100 * m.exchangeShare)} %`, `${Math.round(100 * m.waitShare)} %`, m.firstLoss, m.loss, m.norm],
  ]);
  const head = ["step, ms", "1 rank", "2 ranks", "efficiency", "CPU 1", "CPU of each of 2", "all-reduce", "waiting"];
  return `${cpu}, ${cores} cores, load ${load.before} before and ${load.after} after
${table([...head, "first loss differs", "losses", "norms"], rows)}
An all-reduce takes ${exchange.latency} ms and its bytes by ${exchange.gigabytesPerSecond} GB/s.`;
}
