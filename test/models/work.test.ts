import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { writeKinds } from "../../scripts/torture/kinds.js";
import type { ImageDataset, ImageSplit } from "../../src/data/index.js";
import { ClassifierModel } from "../../src/judges/classifier/model.js";
import { evaluateModel, measureReference, nearestTraining } from "../../src/judges/images/index.js";
import { LanguageModel } from "../../src/judges/language-model/model.js";
import { loadModel } from "../../src/methods/load.js";
import { interpolate, loadSphere, morph, type SphereModel, vary } from "../../src/methods/sphere/index.js";
import type { AnyGenerator, ImageGenerator } from "../../src/models/generator.js";
import { Random } from "../../src/random/index.js";
import { compile, resolveRuntime } from "../../src/runtime/index.js";

const root = mkdtempSync(join(tmpdir(), "work-"));
beforeAll(() => writeKinds(root));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const kinds = ["drifting", "sphere-conv", "flow-pixel", "discrete-text", "discrete-image"];
const options = { device: "cpu", threads: 1 } as const;
const few = (model: AnyGenerator, count: number) => ({ count, ...("steps" in model.options.shape && { steps: 2 }) });

/** How many sessions the native runtime has made and freed since. */
async function sessions() {
  const { ort } = await resolveRuntime("cpu");
  const counts = { made: 0, freed: 0 };
  const { create } = ort.InferenceSession;
  const counting = async (...args: never[]) => {
    const session = await (create as (...args: never[]) => ReturnType<typeof create>).apply(ort.InferenceSession, args);
    counts.made++;
    const release = session.release.bind(session);
    session.release = async () => {
      await release();
      counts.freed++;
    };
    return session;
  };
  (ort.InferenceSession as { create: unknown }).create = counting;
  const restore = () => void ((ort.InferenceSession as { create: unknown }).create = create);
  return { counts, restore };
}

describe.each(kinds)("%s", (name) => {
  test("a signal ends what is drawn, before it begins and in between, with its own reason", async () => {
    await using model = await loadModel(join(root, name), options);
    const mine = new Error("enough");
    await expect(model.sample(few(model, 2), { signal: AbortSignal.abort(mine) })).rejects.toBe(mine);
    const controller = new AbortController();
    const batches: number[] = [];
    const drawing = model.sample(few(model, 300), {
      signal: controller.signal,
      onProgress: (done) => {
        batches.push(done);
        if (batches.length === 2) controller.abort(mine);
      },
    });
    await expect(drawing).rejects.toBe(mine);
    expect(batches).toEqual([64, 128]);
    const stream = model.stream(few(model, 2), { signal: controller.signal });
    await expect(stream.next()).rejects.toBe(mine);
    expect((await model.sample(few(model, 2))).count).toBe(2); // the model can be used as before
  });

  test("a release ends what is drawn in plain words and leaves no session; the model can be used again", async () => {
    const { counts, restore } = await sessions();
    try {
      const model = await loadModel(join(root, name), options);
      let released: Promise<void> | undefined;
      const drawing = model.sample(few(model, 300), { onProgress: () => void (released ??= model.release()) });
      await expect(drawing).rejects.toMatchObject({
        name: "AbortError",
        message: `${model.config.name} was released while it was at work.`,
      });
      await released;
      const starting = model.sample(few(model, 2)).catch((error: Error) => error.name);
      await new Promise((resolve) => setImmediate(resolve)); // its first session is being made
      await model.release();
      expect(counts.freed).toBe(counts.made);
      expect(await starting).toBe("AbortError");
      expect(counts.freed).toBe(counts.made);
      const stream = model.stream(few(model, 2));
      await stream.next();
      await model.release();
      await expect(stream.next()).rejects.toThrow(/was released while/);
      expect(counts.made).toBeGreaterThan(0);
      expect(counts.freed).toBe(counts.made);
      expect((await model.sample(few(model, 2))).count).toBe(2);
      await Promise.all([model.release(), model.release()]);
      expect(counts.freed).toBe(counts.made);
    } finally {
      restore();
    }
  });

  test.each([
    [{ signl: 1 }, /no "signl"; did you mean "signal"/],
    [{ signal: 3 }, /signal must be an AbortSignal, got 3/],
    [{ onProgress: 3 }, /onProgress must be a function, got 3/],
    [null, /an object, got null/],
    [{ noise: new Float32Array(3), given: new Int32Array(3) }, /takes no "(noise|given)"/],
  ])("a context of %o is refused", async (context, message) => {
    await using model = await loadModel(join(root, name), options);
    await expect(model.sample(few(model, 2), context as never)).rejects.toThrow(message);
  });
});

test("a program is not freed in the middle of a run", async () => {
  const program = compile({ x: [200, 200] }, ({ x }) => ({ y: x.matmul(x).matmul(x).sum() }), options);
  await program.start();
  const running = program.run({ x: new Float32Array(40_000) });
  await program.release();
  expect((await running).y).toEqual(Float32Array.of(0));
});

describe("edits", () => {
  const edits: Record<string, (model: SphereModel, signal: AbortSignal) => Promise<unknown>> = {
    encode: async (model, signal) => model.encode(await model.sample({ count: 2 }), { signal }),
    decode: async (model, signal) => model.decode(new Float32Array(model.latent).fill(1), { signal }),
    reconstruct: async (model, signal) => model.reconstruct(await model.sample({ count: 2 }), { signal }),
    vary: async (model, signal) => vary(model, await model.sample({ count: 2 }), { signal }),
    morph: async (model, signal) => morph(model, await model.sample({ count: 2 }), { label: 1, signal }),
    interpolate: async (model, signal) =>
      interpolate(model, await model.sample({ count: 1 }), await model.sample({ count: 1, seed: 1 }), { signal }),
  };
  test.each(Object.entries(edits))("%s follows its signal", async (_, edit) => {
    await using model = await loadSphere(join(root, "sphere-conv"), options);
    const mine = new Error("enough");
    await expect(edit(model, AbortSignal.abort(mine))).rejects.toBe(mine);
    await edit(model, new AbortController().signal);
  });

  test.each([
    ["vary", (model, x) => vary(model, x, { angles: 3 } as never), /vary takes no "angles"; did you mean "angle"/],
    ["vary", (model, x) => vary(model, x, { steps: 0 }), /steps must be a whole number from 1 to 64, got 0/],
    ["morph", (model, x) => morph(model, x, { label: 1, strenght: 1 } as never), /did you mean "strength"/],
    ["morph", (model, x) => morph(model, x, undefined as never), /morph needs a label/],
    ["refine", (model, x) => model.refine(x, { guidence: 2 } as never), /did you mean "guidance"/],
    ["refine", (model, x) => model.refine(x, { seed: 0.5 }), /seed must be a whole number, got 0.5/],
    ["refine", (model, x) => model.refine(x, null as never), /an object, got null/],
    ["encode", (model, x) => model.encode(x, { guidance: 2 } as never), /encode of .* takes no "guidance"/],
    ["encode", (model) => model.encode(new Float32Array(64) as never), /Images are needed/],
    ["reconstruct", (model, x) => model.reconstruct(x, { steps: 2 } as never), /takes no "steps"/],
  ] as [string, (model: SphereModel, x: Awaited<ReturnType<SphereModel["sample"]>>) => Promise<unknown>, RegExp][])(
    "%s refuses what it cannot do: %o",
    async (_, edit, message) => {
      await using model = await loadSphere(join(root, "sphere-conv"), options);
      const x = await model.sample({ count: 1 });
      await expect(edit(model, x)).rejects.toThrow(message);
    },
  );

  test("edited pictures carry the class that they were given", async () => {
    await using model = await loadSphere(join(root, "sphere-conv"), options);
    const x = await model.sample({ count: 2, label: 0 });
    expect((await morph(model, x, { label: 1 })).labels).toEqual(Int32Array.of(1, 1));
    expect((await vary(model, x, { label: 1 })).labels).toEqual(Int32Array.of(1, 1));
    expect((await model.reconstruct(x)).labels).toEqual(Int32Array.of(0, 0));
    expect((await model.decode(await model.encode(x), { label: [1, 0] })).labels).toEqual(Int32Array.of(1, 0));
  });
});

describe("loading", () => {
  test.each([
    [{ devise: "cpu" }, /no "devise"; did you mean "device"/],
    [{ device: "gpu" }, /no device "gpu"; choose "auto"/],
    [{ threads: 0 }, /threads must be a whole number of at least 1, got 0/],
    [{ worker: "yes" }, /worker must be true, false or "auto", got "yes"/],
    [{ attempts: 1.5 }, /attempts must be a whole number/],
    [{ timeout: -1 }, /timeout must be a number above 0, got -1/],
    [{ signal: 1 }, /signal must be an AbortSignal/],
    [{ kind: "sound" }, /kind must be "image", "text", "motion" or "gesture", got "sound"/],
    [null, /an object, got null/],
  ])("options %o are refused", async (given, message) => {
    await expect(loadModel(join(root, "drifting"), given as never)).rejects.toThrow(message);
  });

  test("a worker is taken where one can be started", async () => {
    await using model = await loadModel(join(root, "drifting"), { ...options, worker: "auto" });
    await using alone = await loadModel(join(root, "drifting"), options);
    expect((await model.sample({ seed: 4 })).count).toBe((await alone.sample({ seed: 4 })).count);
  });

  test("every loader checks them, wants a location, and follows a signal", async () => {
    const judges: [string, (location: never, options: never) => Promise<unknown>][] = [
      ["drifting", loadModel],
      ["sphere-conv", loadSphere],
      ["classifier", ClassifierModel.load],
      ["language-model", LanguageModel.load],
    ];
    const mine = new Error("enough");
    for (const [name, load] of judges) {
      const place = join(root, name) as never;
      await expect(load(place, { trheads: 1 } as never), name).rejects.toThrow(/did you mean "threads"/);
      await expect(load(null as never, {} as never), name).rejects.toThrow(/name, folder or URL.*got null/);
      await expect(load(place, { signal: AbortSignal.abort(mine) } as never), name).rejects.toBe(mine);
    }
  });
});

describe("evaluation", () => {
  const split = (count: number, seed: number): ImageSplit => {
    const random = new Random(seed);
    const pixels = Uint8Array.from({ length: count * 64 }, () => random.integer(256));
    return { count, pixels, labels: Uint16Array.from({ length: count }, (_, i) => i % 2), channels: 1 };
  };
  const about = { id: "noise", kind: "images", licence: "none needed", attribution: "drawn by the test" } as const;
  const dataset: ImageDataset = {
    ...about,
    ...{ height: 8, width: 8, channels: 1, classNames: ["a", "b"], train: split(60, 1), test: split(20, 2) },
  };
  const open = async () => (await loadModel(join(root, "drifting"), options)) as ImageGenerator;

  test("follows a signal in each of its parts", async () => {
    await using model = await open();
    const mine = new Error("enough");
    const signal = AbortSignal.abort(mine);
    await expect(measureReference(dataset, null, { signal })).rejects.toBe(mine);
    const reference = await measureReference(dataset, null);
    await expect(evaluateModel(model, reference, { signal })).rejects.toBe(mine);
    await expect(nearestTraining(await model.sample({ count: 2 }), reference, { signal })).rejects.toBe(mine);
    const controller = new AbortController();
    setTimeout(() => controller.abort(mine)); // while it measures
    const sample = { count: 200 };
    await expect(evaluateModel(model, reference, { sample, signal: controller.signal })).rejects.toBe(mine);
  });

  test.each([
    [{ sampel: {} }, /no "sampel"; did you mean "sample"/],
    [{ metrics: ["fid"] }, /no metric "fid"; choose of frechet/],
    [{ metrics: "frechet" }, /metrics must be a list/],
    [{ resamples: 1 }, /resamples must be 0 or a whole number of at least 2, got 1/],
    [{ sample: { count: 1 } }, /count must be a whole number of at least 2 to be measured, got 1/],
    [{ sample: { temperature: 1 } }, /takes no "temperature"/],
    [null, /an object, got null/],
  ])("options %o are refused", async (given, message) => {
    await using model = await open();
    const reference = await measureReference(dataset, null);
    await expect(evaluateModel(model, reference, given as never)).rejects.toThrow(message);
  });
});
