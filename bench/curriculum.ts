import { fork } from "node:child_process";
import { curriculumQuality } from "./curriculum-quality.js";
import { type BenchOptions, load, machine, median, round, table } from "./report.js";

const KINDS = ["softmax", "topk", "plain"] as const;
/**
 * Input of the network: softmax over the vocabulary (chapter I), k = 2 of its entries (chapter II), or noisy tokens,
 * drawn as for `topk`.
 */
export type CurriculumKind = (typeof KINDS)[number];

export interface CurriculumJob {
  kind: CurriculumKind;
  vocabulary: number;
  length: number;
  batch: number;
  width: number;
  blocks: number;
  threads: number;
}
/** Of the clock, and of the processor (all threads): what remains comparable where other programs hold the cores. */
export interface Seconds {
  wall: number;
  cpu: number;
}
/**
 * Parts of a training step: drawing on the host, loss and gradients, AdamW; the largest resident memory so far, MiB.
 */
export interface CurriculumStep {
  draw: Seconds;
  network: Seconds;
  update: Seconds;
  loss: number;
  peak: number;
}

const SIZE = { vocabulary: 50257, length: 128, batch: 2, width: 64, blocks: 2 };
const WARMUP = 2;

/** A process of its own, so that its largest memory is its own. */
async function startWorker(job: CurriculumJob) {
  const child = fork(new URL("./curriculum-worker.ts", import.meta.url));
  const ask = <T>(message: CurriculumJob | "step") =>
    new Promise<T>((resolve, reject) => {
      const ended = (code: number | null, signal: string | null) =>
        reject(new Error(`The process of "${job.kind}" ended with ${signal ?? `code ${code}`}; is the memory enough?`));
      child.once("exit", ended);
      child.once("message", (reply) => {
        child.off("exit", ended);
        resolve(reply as T);
      });
      child.send(message);
    });
  const about = await ask<{ parameters: number; resident: number }>(job);
  return { ...about, step: () => ask<CurriculumStep>("step"), close: () => void child.kill() };
}

const total = ({ draw, network, update }: CurriculumStep): Seconds => ({
  wall: draw.wall + network.wall + update.wall,
  cpu: draw.cpu + network.cpu + update.cpu,
});

/**
 * A training step of Duo's two curricula at GPT-2's vocabulary: the full relaxation against its k = 2 largest entries.
 * The processes take turns; times are medians, memory is the largest resident after the last step.
 */
export async function curriculumCost({ threads, rounds, quick, note }: BenchOptions) {
  const before = load();
  const workers = [];
  try {
    for (const kind of KINDS) {
      note(`${kind}: compiling`);
      workers.push({ kind, steps: [] as CurriculumStep[], ...(await startWorker({ kind, ...SIZE, threads })) });
    }
    for (let r = -WARMUP; r < (quick ? 1 : rounds); r++)
      for (const worker of r % 2 === 0 ? workers : workers.toReversed()) {
        const step = await worker.step();
        if (r >= 0) worker.steps.push(step);
        note(
          `${worker.kind} ${r}: ${round(total(step).wall)} s, loss ${round(step.loss)}, ${Math.round(step.peak)} MiB`,
        );
      }
  } finally {
    for (const { close } of workers) close();
  }
  const rows = workers.map(({ kind, parameters, resident, steps }) => {
    const of = (part: (step: CurriculumStep) => Seconds) => ({
      wall: round(median(steps.map((step) => part(step).wall))),
      cpu: round(median(steps.map((step) => part(step).cpu))),
    });
    const seconds = {
      step: of(total),
      draw: of(({ draw }) => draw),
      network: of(({ network }) => network),
      update: of(({ update }) => update),
    };
    const peak = Math.max(...steps.map((step) => step.peak));
    const memory = { before: Math.round(resident), peak: Math.round(peak), added: Math.round(peak - resident) };
    return { kind, parameters, seconds, memory };
  });
  const [softmax, topk, plain] = rows;
  const ratio = (of: (row: (typeof rows)[number]) => number) => ({
    softmaxToTopk: round(of(softmax) / of(topk)),
    topkToPlain: round(of(topk) / of(plain)),
  });
  const ratios = {
    wall: ratio(({ seconds }) => seconds.step.wall),
    cpu: ratio(({ seconds }) => seconds.step.cpu),
    peak: ratio(({ memory }) => memory.peak),
    added: ratio(({ memory }) => memory.added),
  };
  return { machine: machine(), load: { before, after: load() }, threads, rounds, size: SIZE, rows, ratios };
}

export function showCurriculumCost(result: Awaited<ReturnType<typeof curriculumCost>>): string {
  const { rows, ratios, size, load, threads, machine } = result;
  const sentence = (key: "softmaxToTopk" | "topkToPlain") =>
    `step ${ratios.wall[key]}× (${ratios.cpu[key]}× of processor time), peak memory ${ratios.peak[key]}× (${ratios.added[key]}× of what training adds)`;
  const both = ({ wall, cpu }: Seconds) => `${wall} (${cpu})`;
  return [
    table(
      ["input", "step s (CPU)", "drawing", "network", "update", "MiB before", "peak", "added"],
      rows.map(({ kind, seconds, memory }) => [
        kind,
        ...[seconds.step, seconds.draw, seconds.network, seconds.update].map(both),
        ...Object.values(memory),
      ]),
    ),
    `Full softmax against the top 2: ${sentence("softmaxToTopk")}.`,
    `Top 2 against plain tokens: ${sentence("topkToPlain")}. The loss over the vocabulary is common to all three.`,
    `K ${size.vocabulary}, L ${size.length}, batch ${size.batch}, width ${size.width}, ${size.blocks} blocks, ${rows[0].parameters} parameters; ${machine.cpu}, ${threads} threads, load average ${load.before} before, ${load.after} after.`,
  ].join("\n");
}

/**
 * What the curriculum costs at GPT-2's vocabulary, and what it brings on characters. `cost` or `quality` after the
 * name: only that.
 */
export async function run(options: BenchOptions) {
  const wanted = (part: string) => options.names.length === 0 || options.names.includes(part);
  return {
    cost: wanted("cost") ? await curriculumCost(options) : null,
    quality: wanted("quality") ? await curriculumQuality(options) : null,
  };
}

export const show = ({ cost, quality }: Awaited<ReturnType<typeof run>>): string =>
  [
    ...(cost ? [showCurriculumCost(cost)] : []),
    ...(quality
      ? [
          table(
            ["curriculum", "steps", "bits per character, by seed", "median", "seconds"],
            quality.map(({ kind, steps, bits, median, seconds }) => [
              kind,
              steps,
              bits.join(", "),
              median,
              seconds.join(", "),
            ]),
          ),
        ]
      : []),
  ].join("\n");
