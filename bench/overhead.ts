import { compile, Random } from "../src/core.js";
import { ancestral, rescale } from "../src/methods/discrete/kappa.js";
import { discreteNetwork, inputShapes, processOf } from "../src/methods/discrete/network.js";
import { type Denoiser, psiSample } from "../src/methods/discrete/sampler.js";
import { shapes } from "../src/methods/discrete/shape.js";
import * as nn from "../src/nn/index.js";
import { type BenchOptions, load, machine, median, round, table } from "./report.js";

/** Vocabularies, evaluations of a draw, and the largest share that the sampler is allowed. */
const CASES = [
  { vocabulary: 27, evaluations: 16, target: 0.05 },
  { vocabulary: 50257, evaluations: 16, target: 0.1 },
];
const PROCESSES = ["uniform", "masked"] as const;
const NUCLEI = [1, 0.9];
const SAMPLERS = { ancestral: ancestral(), rescale: rescale(0.05) };
const TIMES = ["network", "outside", "share", "networkCpu", "outsideCpu", "cpuShare"] as const;
/** Vocabulary above which the network normalises its logits itself, as a loaded model's does. */
const LARGE = 1024;
/** Standard deviation of the logits: at 50,257 tokens, predictions of about 6 nats. */
const LOGITS = 3;

/**
 * The body `base` with that vocabulary and untrained weights, one sequence; the output layer is random, which
 * without it is zero, so that predictions are not uniform.
 */
function denoiserOf(kind: (typeof PROCESSES)[number], vocabulary: number, threads: number) {
  const shape = { ...shapes.base, process: kind, vocabulary };
  const net = discreteNetwork(shape);
  const parameters = nn.initialize(net, 0);
  const output = parameters.entries.find(({ name }) => name === "head.project.weight")!;
  const random = new Random(0);
  const scale = LOGITS / Math.sqrt(shape.network.width);
  for (let i = 0; i < output.size; i++) parameters.flat[output.offset + i] = scale * random.normal();
  const program = compile(
    inputShapes(shape, 1),
    ({ tokens, sigma, labels }) => {
      const logits = net(tokens, sigma, labels);
      return { logits, ...(vocabulary > LARGE ? { logNormaliser: logits.logSumExp(-1) } : {}) };
    },
    { freeze: true, threads },
  );
  const denoise: Denoiser = async (tokens, sigma) => {
    const { logits, logNormaliser } = await program.run({ tokens, sigma, labels: [] });
    return logNormaliser ? { logits, logNormaliser } : logits;
  };
  return { process: processOf(shape), length: shape.length, denoise, release: () => program.release() };
}

/** Wall and processor time since `start` was made, ms. */
const clock = () => ({ wall: performance.now(), cpu: process.cpuUsage() });
function since(start: ReturnType<typeof clock>) {
  const { user, system } = process.cpuUsage(start.cpu);
  return { wall: performance.now() - start.wall, cpu: (user + system) / 1e3 };
}

/**
 * What the sampler does outside of the network, per evaluation and as a share of the whole, for the body `base` on 256
 * tokens. The share of processor time is what an idle machine would take with one thread; with more, the runtime's
 * waiting threads count in either part.
 */
export async function run({ threads, rounds, quick, note }: BenchOptions) {
  const before = load();
  const rows = [];
  for (const { vocabulary, evaluations, target } of CASES)
    for (const kind of PROCESSES)
      for (const used of [...new Set([1, threads])]) {
        const { process: noise, length, denoise, release } = denoiserOf(kind, vocabulary, used);
        let network = { wall: 0, cpu: 0 };
        const timed: Denoiser = async (tokens, sigma) => {
          const start = clock();
          const logits = await denoise(tokens, sigma);
          const { wall, cpu } = since(start);
          network = { wall: network.wall + wall, cpu: network.cpu + cpu };
          return logits;
        };
        for (const [sampler, kappa] of Object.entries(SAMPLERS))
          for (const nucleus of NUCLEI) {
            const draws: Record<(typeof TIMES)[number], number>[] = [];
            // The first draw warms up and does not count
            for (let r = -1; r < (quick ? 1 : rounds); r++) {
              network = { wall: 0, cpu: 0 };
              const steps = evaluations - 1;
              const start = clock();
              const random = new Random(r + 1);
              for await (const _ of psiSample(timed, noise, { length, steps, random, kappa, nucleus }));
              const { wall, cpu } = since(start);
              const outside = { wall: wall - network.wall, cpu: cpu - network.cpu };
              if (r >= 0)
                draws.push({
                  network: network.wall / evaluations,
                  outside: outside.wall / evaluations,
                  share: outside.wall / wall,
                  networkCpu: network.cpu / evaluations,
                  outsideCpu: outside.cpu / evaluations,
                  cpuShare: outside.cpu / cpu,
                });
            }
            const of = (key: (typeof TIMES)[number]) => round(median(draws.map((draw) => draw[key])));
            const row = {
              vocabulary,
              process: kind,
              threads: used,
              sampler,
              nucleus,
              network: of("network"),
              outside: of("outside"),
              share: of("share"),
              networkCpu: of("networkCpu"),
              outsideCpu: of("outsideCpu"),
              cpuShare: of("cpuShare"),
              target,
            };
            rows.push(row);
            note(
              `K ${vocabulary}, ${kind}, ${used} threads, ${sampler}, nucleus ${nucleus}: ${percent(row.share)} (${percent(row.cpuShare)} of processor time: ${row.outsideCpu} of ${round(row.outsideCpu + row.networkCpu)} ms)`,
            );
          }
        await release();
      }
  return { machine: machine(), load: { before, after: load() }, threads, rounds, rows };
}

const percent = (share: number) => `${round(100 * share, 2)} %`;

export const show = ({ rows, machine, load }: Awaited<ReturnType<typeof run>>): string =>
  [
    table(
      [
        "K",
        "process",
        "threads",
        "sampler",
        "nucleus",
        "network ms",
        "outside ms",
        "share",
        "CPU: network",
        "outside",
        "share",
        "target",
      ],
      rows.map((row) => [
        row.vocabulary,
        row.process,
        row.threads,
        row.sampler,
        row.nucleus,
        row.network,
        row.outside,
        percent(row.share),
        row.networkCpu,
        row.outsideCpu,
        percent(row.cpuShare),
        percent(row.target),
      ]),
    ),
    `Times per network evaluation, one sequence of ${shapes.base.length} tokens; ${machine.cpu}, load average ${load.before} before, ${load.after} after.`,
  ].join("\n");
