import { SAMPLE_RATE } from "../src/audio/index.js";
import type * as Fewstep from "../src/browser.js";
import { readSounds } from "../src/io/sound-read.js";
import { loadModel } from "../src/methods/load.js";
import { mean, quantile } from "../src/metrics/quantile.js";
import type { GestureGenerator, SampleOptions } from "../src/models/generator.js";
import type { Clip } from "../src/motion/index.js";
import { onModelPages } from "./model-page.js";
import { type BenchOptions, load, machine, round, table } from "./report.js";

declare const fewstep: typeof Fewstep;

const VOICES = "examples/dialogue.flac";
/** Frames of a block, and seconds that must have been heard beyond it. */
const [BLOCK, AHEAD] = [16, 8 / 30];
const SECOND = SAMPLE_RATE;

/** How far a person's joints turn from each frame to the next, radians in all. */
function turns({ rotations, frames }: Clip): number[] {
  const width = rotations.length / frames;
  return Array.from({ length: frames - 1 }, (_, t) => {
    let sum = 0;
    for (let at = t * width; at < (t + 1) * width; at += 4) {
      let dot = 0;
      for (let i = 0; i < 4; i++) dot += rotations[at + i] * rotations[at + width + i];
      sum += 2 * Math.acos(Math.min(1, Math.abs(dot)));
    }
    return sum;
  });
}

/** A session of so many seconds, the voices over and over: what blocks cost, seams and memory. */
async function listen(
  model: GestureGenerator,
  voices: readonly Float32Array[],
  seconds: number,
  options: SampleOptions,
) {
  const session = await model.open(options);
  const [ms, memory]: [number[], number[]] = [[], []];
  const [steps, seams]: [number[], number[]] = [[], []];
  let before: Clip | null = null;
  let block: readonly [Clip, Clip] | null;
  for (let second = 0; second < seconds; second++) {
    const from = (second * SECOND) % (voices[0].length - SECOND);
    session.push(voices[0].slice(from, from + SECOND), voices[1].slice(from, from + SECOND));
    for (;;) {
      const began = performance.now();
      block = await session.pull();
      if (!block) break;
      ms.push(performance.now() - began);
      const [clip] = block;
      steps.push(...turns(clip));
      if (before) seams.push(turns(joined(before, clip))[0]);
      before = clip;
    }
    if (second % 10 === 9) memory.push(process.memoryUsage.rss() / 2 ** 20);
  }
  session.close();
  const step = quantile(steps, 0.5);
  const later = memory.slice(memory.length >> 1);
  return {
    ...{ seconds, blocks: ms.length, ms: round(quantile(ms.slice(2), 0.5)), ms95: round(quantile(ms.slice(2), 0.95)) },
    behindMs: round(1000 * AHEAD + quantile(ms.slice(2), 0.5)),
    /** How far joints turn over a seam: the median over that of all steps, and the 95 % quantile over theirs. */
    seam: round(quantile(seams, 0.5) / step),
    seam95: round(quantile(seams, 0.95) / quantile(steps, 0.95)),
    megabytes: round(mean(later)),
    memorySpread: round(Math.max(...later.map((mb) => Math.abs(mb / mean(later) - 1))), 2),
  };
}

/** The last frame of one clip and the first of another. */
function joined(before: Clip, after: Clip): Clip {
  const width = after.rotations.length / after.frames;
  const rotations = new Float32Array(2 * width);
  rotations.set(before.rotations.slice(-width));
  rotations.set(after.rotations.slice(0, width), width);
  return { ...after, frames: 2, rotations };
}

/** A conversation that goes on, live: milliseconds of a block natively and in Chromium, seams, ten minutes on end. */
export async function run({ names, threads, quick, note }: BenchOptions) {
  const [name = "talk"] = names;
  const { sounds } = await readSounds([VOICES]);
  const rows = [];
  for (const [steps, seconds] of [
    [1, 60],
    [8, quick ? 60 : 600],
  ] as const) {
    note(`native, ${steps} steps`);
    const model = await loadModel(name, { kind: "gesture", device: "cpu", threads });
    rows.push({
      where: "native",
      threads,
      steps,
      ...(await listen(model, sounds, seconds, { relation: "friend", steps })),
    });
    await model.release();
  }
  note("Chromium");
  const voices = sounds.map((sound) => [...sound.slice(0, 12 * SECOND)]);
  const asked = [1, 8].map((steps) => ({ options: { relation: "friend", steps }, threads, voices }));
  for (const [i, { ms, used }] of (await onModelPages(name, onPage, asked)).entries()) {
    const middle = quantile(ms.slice(2), 0.5);
    rows.push({
      ...{
        where: "Chromium, WebAssembly",
        threads: used,
        steps: asked[i].options.steps,
        seconds: 12,
        blocks: ms.length,
      },
      ...{ ms: round(middle), ms95: round(quantile(ms.slice(2), 0.95)), behindMs: round(1000 * AHEAD + middle) },
    });
  }
  return { machine: machine(), load: load(), name, block: BLOCK, rows };
}

/** Runs on the page. */
async function onPage({ options, threads, voices }: { options: object; threads: number; voices: number[][] }) {
  const generator = await fewstep.createGenerator("/model", { kind: "gesture", device: "wasm", threads, cache: false });
  const session = await generator.open({ ...options });
  const ms: number[] = [];
  const [a, b] = voices.map((voice) => Float32Array.from(voice));
  for (let at = 0; at + 16000 <= a.length; at += 16000) {
    await session.push(a.slice(at, at + 16000), b.slice(at, at + 16000));
    for (;;) {
      const began = performance.now();
      const block = await session.pull();
      if (!block) break;
      ms.push(performance.now() - began);
    }
  }
  await session.close();
  const used = generator.threads;
  await generator.dispose();
  return { ms, used };
}

const cell = (value: unknown) => (value === undefined ? "–" : String(value));
export function show({ machine, load, name, rows }: Awaited<ReturnType<typeof run>>): string {
  const columns = [
    "where",
    "threads",
    "steps",
    "seconds",
    "ms",
    "ms95",
    "behindMs",
    "seam",
    "seam95",
    "megabytes",
    "memorySpread",
  ];
  const head = [
    "where",
    "threads",
    "steps",
    "s heard",
    "ms a block",
    "95 %",
    "ms behind the voice",
    "seam / step",
    "of the 95 % largest",
    "MB",
    "± of the last half",
  ];
  return [
    `${machine.cpu}, load average ${load}; ${name}, both people, blocks of 0.53 s`,
    table(
      head,
      rows.map((row) => columns.map((column) => cell((row as Record<string, unknown>)[column]))),
    ),
  ].join("\n");
}
