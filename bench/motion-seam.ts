import { loadModel } from "../src/methods/load.js";
import { footSkating } from "../src/metrics/motion/index.js";
import { mean, quantile } from "../src/metrics/quantile.js";
import { arriveAt, type Clip, cutClip, positionsOf, seamJump } from "../src/motion/index.js";
import { type BenchOptions, load, machine, round, table } from "./report.js";

const PROMPTS = [
  ...["a person walks", "a person runs", "a person waves", "a person jumps"],
  ...["a person turns around", "a person stands still"],
];
/** Frames of a motion: 4 s; and those that a motion which arrives is drawn beyond that, 1.2 s and two. */
const [FRAMES, BEYOND] = [80, 26];

/** Motions that go round, and motions that arrive at others: how far joints jump at the seam, in steps from frame to frame. */
export async function run({ names: [location = "walker"], threads, quick, note }: BenchOptions) {
  const model = await loadModel(location, { kind: "motion", device: "cpu", threads });
  const count = quick ? 2 : 8;
  const draw = async (prompt: string, frames: number, loop: boolean) =>
    (await model.sample({ prompt, count, seconds: frames / model.fps, steps: 8, lag: 4, seed: 2, loop })).clips;
  const figures = (jumps: number[], clips: readonly Clip[]) => ({
    ...{ median: round(quantile(jumps, 0.5)), largest: round(Math.max(...jumps)) },
    skating: round(mean(clips.map((clip) => footSkating(positionsOf(clip), clip.fps)))),
  });
  const own = (clips: readonly Clip[]) =>
    figures(
      clips.map((clip) => seamJump(clip, clip)),
      clips,
    );
  const loops = [];
  const drawn: Clip[] = [];
  for (const prompt of PROMPTS) {
    note(prompt);
    const plain = await draw(prompt, FRAMES + BEYOND, false);
    drawn.push(...plain);
    loops.push({
      prompt,
      plain: own(plain.map((clip) => cutClip(clip, 0, FRAMES))),
      loop: own(await draw(prompt, FRAMES, true)),
    });
  }
  note("arriving …");
  const [cut, led]: [number, readonly [Clip, Clip]][][] = [[], []];
  for (const [i, motion] of drawn.entries())
    for (let k = 1; k < PROMPTS.length; k++) {
      const other = cutClip(drawn[(i + k * count + 1) % drawn.length], 20, 60);
      const plain = [cutClip(motion, 0, FRAMES), other] as const;
      const found = arriveAt(motion, other, FRAMES);
      cut.push([seamJump(...plain), plain]);
      led.push([seamJump(...found), found]);
    }
  /** The last 0.8 s before the seam. */
  const ends = (all: [number, readonly [Clip, Clip]][]) =>
    figures(
      all.map(([jump]) => jump),
      all.map(([, [before]]) => cutClip(before, before.frames - 16)),
    );
  await model.release();
  return {
    machine: machine(),
    load: load(),
    model: location,
    loops,
    arriving: { pairs: led.length, cut: ends(cut), led: ends(led) },
  };
}

export function show({ model, loops, arriving }: Awaited<ReturnType<typeof run>>): string {
  const cells = (figures: { median: number; largest: number; skating: number }) => Object.values(figures).map(String);
  const heads = (what: string) => [`${what}: median`, "largest", "skating"];
  return [
    model,
    table(
      ["goes round", ...heads("as drawn"), ...heads("loop")],
      loops.map(({ prompt, plain, loop }) => [prompt, ...cells(plain), ...cells(loop)]),
    ),
    table(
      ["arrives", ...heads("jump")],
      [
        ["not at all", ...cells(arriving.cut)],
        [`led (${arriving.pairs} pairs)`, ...cells(arriving.led)],
      ],
    ),
  ].join("\n");
}
