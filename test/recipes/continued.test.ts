import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { applyOverrides } from "../../src/cli/overrides.js";
import { reweighted } from "../../src/data/mixture.js";
import { loadSafetensors } from "../../src/io/index.js";
import * as flow from "../../src/methods/flow/settings.js";
import { trainFlow } from "../../src/methods/flow/train.js";
import { methodOf } from "../../src/methods/registry.js";
import { readModel } from "../../src/models/files.js";
import { readConfig, type TrainOptions } from "../../src/train/index.js";
import { shapes } from "../methods/pictures.js";
import { smallRuns } from "../methods/small-runs.js";

const root = mkdtempSync(join(tmpdir(), "fewstep-continued-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const data = shapes();
const hardly = reweighted(
  data,
  Float64Array.from(data.train.labels!, (label) => (label === 0 ? 3 : 1)),
);

const weightsOf = async (run: string) => (await loadSafetensors(join(run, "model/model.safetensors"))).tensors;

/** A run that goes on from the one in `run`, on another mixture of its data. */
async function goOn(run: string, out: string, steps: number, options: Partial<TrainOptions> = {}) {
  const { method: name, settings } = (await readConfig(run)) as { method: string; settings: Record<string, object> };
  const method = methodOf(name)!;
  const asked = applyOverrides(settings, [`${method.lastSteps(settings)}=${steps}`]);
  const { weights } = await readModel(run, () => method.architecture);
  return method.train(hardly, asked, { out, threads: 1, from: { run, weights }, ...options });
}

const runs: Record<string, (options: TrainOptions) => Promise<unknown>> = {
  drifting: smallRuns.drifting,
  sphere: smallRuns.sphere,
  "flow (joint)": smallRuns.flow,
  "flow (latent)": (options) =>
    trainFlow(
      data,
      {
        ...flow.presets.tiny,
        space: "latent",
        features: { ...flow.presets.tiny.features, width: 8, blocks: [1, 1], batch: 16, steps: 2 },
        autoencoder: {
          ...flow.presets.tiny.autoencoder,
          ...{ latent: 6, encoder: [8, 8], hidden: 32, decoder: [8, 8, 4], batch: 16, steps: 3, warmSteps: 1 },
        },
        generator: { hidden: 64, blocks: 1, condition: 32 },
        flow: { batch: 32, steps: 4, lr: 1e-3, emaDecay: 0.9, labelDropout: 0.1 },
      },
      options,
    ),
};

describe.each(Object.keys(runs))("%s", (name) => {
  const folder = join(root, name.replace(/\W/g, ""));
  const base = join(folder, "base");

  test("goes on from the model itself: without a step it stays what it was, whatever the mixture", async () => {
    await runs[name]({ out: base, threads: 1, sampleEvery: 0 });
    await goOn(base, join(folder, "none"), 0);
    expect(await weightsOf(join(folder, "none"))).toEqual(await weightsOf(base));
  });
});

test.each([
  ["drifting", "copied"],
  ["flow (latent)", "last"],
])("%s stopped in a stage that is %s is resumed to the same bits, and gone on from in its turn", async (name, at) => {
  const folder = join(root, name.replace(/\W/g, ""));
  const base = join(folder, "base");
  await goOn(base, join(folder, "on"), 2);
  const after = await weightsOf(join(folder, "on"));
  expect(after).not.toEqual(await weightsOf(base));

  const out = join(folder, "stopped");
  const controller = new AbortController();
  const { status } = await goOn(base, out, 2, {
    signal: controller.signal,
    onProgress: (event) => {
      if (event.type === "step" && (event.steps === 2) === (at === "last")) controller.abort();
    },
  });
  expect(status).toBe("interrupted");
  await goOn(base, out, 2, { resume: true });
  expect(await weightsOf(out)).toEqual(after);

  await goOn(out, join(folder, "again"), 0);
  expect(await weightsOf(join(folder, "again"))).toEqual(after);
});

test("a flow learns latent vectors of the scale that its model decodes, not of the new mixture's", async () => {
  const base = join(root, "flowlatent", "base");
  const { weights } = await readModel(base, () => methodOf("flow")!.architecture);
  const { shape, data: scale } = weights["toImages.scale"];
  const wider = { ...weights, "toImages.scale": { shape, data: scale.map((value) => 100 * value) } };
  const lossOf = async (name: string, from: typeof weights) => {
    const out = join(root, "flowlatent", name);
    await goOn(base, out, 1, { from: { run: base, weights: from } });
    const rows = readFileSync(join(out, "metrics.jsonl"), "utf8").trim().split("\n");
    return JSON.parse(rows[rows.length - 1]).loss as number;
  };
  // A hundredth of the vectors: what is left of the velocity is the noise
  expect(await lossOf("wider", wider)).toBeLessThan(0.8 * (await lossOf("as it is", weights)));
});

test("without the checkpoints of the run it is said what is missing", async () => {
  const { weights } = await readModel(join(root, "drifting/base"), () => methodOf("drifting")!.architecture);
  const { settings } = (await readConfig(join(root, "drifting/base"))) as { settings: object };
  const from = { run: join(root, "nowhere"), weights };
  await expect(
    methodOf("drifting")!.train(data, settings, { out: join(root, "lost"), threads: 1, from }),
  ).rejects.toThrow(/nowhere has no finished stage "mae"/);
});
