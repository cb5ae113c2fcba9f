import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { splitText } from "../../src/data/split-text.js";
import { fromFloat16, loadSafetensors, toFloat16 } from "../../src/io/index.js";
import { loadModel } from "../../src/methods/load.js";
import { methods } from "../../src/methods/registry.js";

const out = join(mkdtempSync(join(tmpdir(), "snapshot-")), "my run");
afterAll(() => rmSync(join(out, ".."), { recursive: true, force: true }));

test("a stopped run says so; it is loaded as it is, with its average, until it is finished", async () => {
  const parts = splitText("the cat sat on the mat. ".repeat(200), { lines: false, name: "cats" });
  const dataset = { id: "cats", kind: "text", licence: "", attribution: "", ...parts } as const;
  const network = { kind: "transformer", width: 16, heads: 2, blocks: 1, condition: 16, tied: false };
  const preset = methods.discrete.settings("tiny", dataset) as { training: object };
  const settings = { ...preset, network, length: 16, training: { ...preset.training, steps: 8, batch: 8 } };
  const stop = new AbortController();
  const options = { out, threads: 1, sampleEvery: 0 };
  const stopped = await methods.discrete.train(dataset, settings, {
    ...options,
    signal: stop.signal,
    onProgress: (event) => void (event.type === "step" && event.step === 5 && stop.abort()),
  });
  expect(stopped).toMatchObject({ status: "interrupted", step: 5 });

  const message =
    /my run is a run that has not finished: it stands at step 5, in the stage "discrete"\. Go on with: fewstep train discrete --resume '.*my run'\. .*checkpoint: true/;
  await expect(loadModel(out)).rejects.toThrow(message);
  await using model = await loadModel(out, { checkpoint: true, threads: 1 });
  expect(model.config.training).toMatchObject({ steps: 5, stage: "discrete" });
  expect((await model.sample({ count: 2, steps: 2 })).count).toBe(2);

  const flat = async (path: string, wanted = /./) =>
    Object.entries((await loadSafetensors(path)).tensors).flatMap(([name, { data }]) =>
      wanted.test(name) ? Array.from(data as Float32Array) : [],
    );
  const average = await flat(stopped.checkpoint!, /^ema\/.*average/);
  expect(average.length).toBeGreaterThan(100);
  const halves = fromFloat16(toFloat16(Float32Array.from(average)));
  expect(await flat(join(out, "snapshot/model.safetensors"))).toEqual(Array.from(halves));

  const finished = await methods.discrete.train(dataset, settings, { ...options, resume: true });
  expect(finished).toMatchObject({ status: "finished", step: 8 });
  expect(existsSync(join(out, "snapshot"))).toBe(false);
  expect(readdirSync(out)).toContain("model");
  await (await loadModel(out, { threads: 1 })).release();
  await expect(loadModel(out, { checkpoint: true })).rejects.toThrow(
    /no run that was stopped; leave out the checkpoint/,
  );
});
