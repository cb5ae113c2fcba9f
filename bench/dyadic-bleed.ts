import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { conversations } from "../src/data/dialogue/conversations.js";
import { evaluateGestures, measureGestureReference } from "../src/judges/gesture/evaluate.js";
import { gestureSampler } from "../src/judges/gesture/sampler.js";
import { type DyadicSettings, presets, trainDyadic } from "../src/methods/dyadic/index.js";
import { loadModel } from "../src/methods/load.js";
import { byTruth, judged, kept } from "./dyadic/figures.js";
import { type BenchOptions, load, machine, round, table } from "./report.js";

/** How much of each voice the other one's microphone hears. */
const BLEEDS = [0, 0.15, 0.3];
/** exact: the projection of DyaDiT's ORCA; none: the partner's sound as it is. */
const KINDS = ["exact", "none"] as const;
const STEPS = 2500;
const FIGURES = ["rOwn", "rPartner", "beatsOwnLessUnrelated", "headListeningOverSilence", "mirrorPeak", "fdKinetic"];

/** ORCA and plain hearing of the partner, trained alike on conversations whose microphones hear both; `rounds`: seeds. */
export async function run({ threads, quick, rounds, note }: BenchOptions) {
  const folder = mkdtempSync(join(tmpdir(), "fewstep-bleed-"));
  const rows = [];
  try {
    for (const bleed of BLEEDS) {
      const data = conversations(quick ? { dyads: 40, test: 8, bleed } : { dyads: 400, test: 60, bleed });
      const people = await measureGestureReference(data, { count: 2 * data.test.length });
      for (let seed = 0; seed < rounds; seed++)
        for (const orca of KINDS) {
          note(`bleed ${bleed}, ${orca}, seed ${seed}`);
          const out = join(folder, `${bleed}-${orca}-${seed}`);
          const settings: DyadicSettings = {
            ...presets.tiny,
            seed,
            network: { ...presets.tiny.network, orca },
            training: { ...presets.tiny.training, steps: quick ? 20 : STEPS, emaDecay: 0.998 },
          };
          await trainDyadic(data, settings, { out, device: "cpu", threads, sampleEvery: 0, onProgress: () => {} });
          const model = await loadModel(out, { kind: "gesture", device: "cpu", threads });
          const sampler = kept(gestureSampler(model, { steps: 8 }));
          const evaluation = judged(await evaluateGestures(sampler, people), "value");
          const found = { ...evaluation, ...byTruth(data.test, sampler.channels()) } as Record<string, unknown>;
          await model.release();
          rows.push({ bleed, orca, seed, ...Object.fromEntries(FIGURES.map((name) => [name, found[name]])) });
          note(JSON.stringify(rows.at(-1)));
        }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return { machine: machine(), load: load(), steps: STEPS, rows };
}

export const show = ({ machine, load, rows }: Awaited<ReturnType<typeof run>>): string =>
  `${machine.cpu}, load average ${load}\n${table(
    ["bleed", "ORCA", "seed", ...FIGURES],
    rows.map((row) =>
      Object.values(row).map((value) => (typeof value === "number" ? String(round(value)) : `${value}`)),
    ),
  )}`;
