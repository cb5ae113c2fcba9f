import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { writeKinds } from "../../scripts/torture/kinds.js";
import { OptionError } from "../../src/io/wrong-use.js";
import { loadModel } from "../../src/methods/load.js";
import { NoSuchModel } from "../../src/models/location.js";
import { createGenerator } from "../../src/web/create.js";
import type { AnyWebGenerator, DrawnStep, DrawnTexts, WebGenerator } from "../../src/web/generator.js";
import { openGenerator } from "../../src/web/local.js";
import type { Channel } from "../../src/web/messages.js";
import type { Pictures } from "../../src/web/pictures.js";
import { remoteGenerator } from "../../src/web/remote.js";
import { serve } from "../../src/web/serve.js";

const root = mkdtempSync(join(tmpdir(), "web-"));
const place = (name: string) => join(root, name);
const made: AnyWebGenerator[] = [];
const failing = new AbortController();
beforeAll(() => writeKinds(root));
afterAll(async () => {
  for (const generator of made) await generator.dispose();
  rmSync(root, { recursive: true, force: true });
});

/** A generator behind a channel, as one in a worker is. */
async function remote(name: string, options = {}, failed = new AbortController().signal): Promise<AnyWebGenerator> {
  const { port1, port2 } = new MessageChannel();
  serve(port2 as Channel);
  port2.start();
  port1.start();
  const end = () => port1.close();
  return remoteGenerator(
    { channel: port1 as Channel, failed, end },
    place(name),
    { device: "wasm", ...options },
    undefined,
  );
}
const local = (name: string) => openGenerator(place(name), { device: "wasm" });
const kinds = { remote, local };
async function open<K extends "image" | "text">(how: keyof typeof kinds, name: string) {
  const generator = await kinds[how](name);
  made.push(generator);
  return generator as unknown as WebGenerator<K>;
}
const pixels = (drawn: Pictures) => drawn.images.pixels;
const steps = async (stream: AsyncIterable<DrawnStep>) => {
  const all: DrawnStep[] = [];
  for await (const step of stream) all.push(step);
  return all;
};

describe.each(["local", "remote"] as const)("a generator that is %s", (how) => {
  test("says what it is, and draws what its model draws", async () => {
    const model = await loadModel(place("drifting"), { kind: "image", device: "wasm" });
    const generator = await open<"image">(how, "drifting");
    expect(generator).toMatchObject({
      ...{ kind: "image", method: "drifting", name: "drifting", device: "wasm", text: null, worker: how === "remote" },
      image: { height: 8, width: 8, channels: 1 },
      options: { guidance: { type: "number", minimum: 1, maximum: 4, preset: 1 } },
    });
    expect(generator.threads).toBeGreaterThan(0);
    expect(generator.edits).toEqual({}); // those of drifting models need exemplars
    const options = { count: 3, label: 1, seed: 5, guidance: 2 };
    expect(await generator.cost(options)).toBe(1);
    const drawn = await generator.sample(options);
    const images = await model.sample(options);
    expect(pixels(drawn)).toEqual(images.pixels);
    expect(drawn.labels).toEqual(images.labels);
    const noise = await generator.noise(options);
    expect(noise).toEqual(model.drawNoise(options));
    expect(pixels(await generator.sample({ ...options, seed: 9, style: [0, 1] }, { noise }))).toEqual(
      (await model.sample({ ...options, seed: 9, style: [0, 1] }, { noise })).pixels,
    );
    const mixture = Float32Array.of(0, 1, 0, 1, 0, 1);
    expect(pixels(await generator.sample({ ...options, label: undefined }, { mixture }))).toEqual(images.pixels);
    await model.release();
  });

  test("streams text step by step, with its pieces and what each step changed", async () => {
    const generator = await open<"text">(how, "discrete-text");
    const options = { steps: 4, seed: 1 };
    const told: number[][] = [];
    const all = await steps(generator.stream(options, { onProgress: (...progress) => void told.push(progress) }));
    expect(all.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5]);
    expect(told).toEqual([1, 2, 3, 4, 5].map((done) => [done, 5]));
    const texts = await generator.sample(options);
    for (const { output, changes, first } of all) {
      const { strings, pieces, tokens } = output as DrawnTexts;
      expect(pieces.map((own) => own.join(""))).toEqual(strings);
      expect(tokens).toHaveLength(6);
      expect(changes).toHaveLength(6);
      expect(first).toBe(0);
    }
    expect((all[4].output as DrawnTexts).strings).toEqual(texts.strings);
    const given = Int32Array.of(2, -1, -1, -1, -1, -1);
    const filled = await generator.sample({ steps: 2, seed: 1 }, { given });
    expect(filled.tokens[0]).toBe(2);
    expect(await generator.tokens(filled.strings[0])).toEqual(filled.tokens);
    await expect(generator.noise()).rejects.toThrow(/begins with tokens/);
  });

  test("takes a framework's reactive options", async () => {
    const generator = await open<"image">(how, "drifting");
    const reactive = <T extends object>(value: T) => new Proxy(value, {});
    const options = reactive({ count: 2, label: reactive([1, 0]), seed: 4 });
    expect((await generator.sample(options)).labels).toEqual(Int32Array.of(1, 0));
    expect(await generator.cost(options)).toBe(1);
    expect(await generator.noise(options)).toHaveLength(8);
    expect(await steps(generator.stream(reactive({ seed: 4 })))).toHaveLength(1);
  });

  test("edits pictures", async () => {
    const generator = await open<"image">(how, "sphere-conv");
    const pictures = await generator.sample({ count: 2, seed: 1 });
    expect(Object.keys(generator.edits)).toContain("vary");
    expect(Object.keys(generator.edits)).not.toContain("encode");
    const edited = await generator.edit("vary", { pictures }, { angle: 20, count: 3 });
    expect(edited.count).toBe(6);
    expect(new Set(Array.from(edited.images, (one) => String(one.pixels))).size).toBe(6);
    await expect(generator.edit("varry", { pictures })).rejects.toThrow(/takes no "varry"; did you mean "vary"/);
    await expect(generator.edit("vary", {})).rejects.toThrow(/vary needs pictures/);
  });

  test("refuses what cannot be with an error of its class, and works on", async () => {
    const generator = await open<"image">(how, "drifting");
    for (const refused of [
      () => generator.sample({ guidance: 9 }),
      () => generator.cost({ steps: 2 }),
      () => generator.sample({}, { given: new Int32Array(1) }),
      () => generator.sample({}, { noise: new Float32Array(1) }),
      () => generator.sample({}, { signals: 1 } as object),
      () => steps(generator.stream({ label: "none" })),
      () => generator.tokens("a"),
      () => generator.edit("vary", {}),
    ]) {
      const error = await refused().catch((error: unknown) => error);
      expect(error).toBeInstanceOf(OptionError);
      expect(error).toMatchObject({ name: "OptionError", wrongUse: true });
    }
    expect((await generator.sample()).count).toBe(1);
  });

  test("an abort ends what is drawn or waits, with its reason; the rest goes on", async () => {
    const generator = await open<"image">(how, "flow-pixel");
    const controller = new AbortController();
    const reason = new Error("enough");
    const long = generator.sample(
      { steps: 1000 },
      { signal: controller.signal, onProgress: (done) => done === 2 && controller.abort(reason) },
    );
    const waiting = generator.sample({ steps: 1000 }, { signal: controller.signal });
    const next = generator.sample({ steps: 1 });
    await expect(long).rejects.toBe(reason);
    await expect(waiting).rejects.toBe(reason);
    expect((await next).count).toBe(1);
  });

  test("leaving a stream ends it, and other things may be done between its steps", async () => {
    const generator = await open<"image">(how, "flow-pixel");
    let seen = 0;
    for await (const { step, output } of generator.stream({ steps: 100 })) {
      expect(output.count).toBe(1);
      seen = step;
      if (step === 1) await generator.sample({ steps: 1 });
      if (step === 2) break;
    }
    expect(seen).toBe(2);
    expect((await generator.sample({ steps: 1 })).count).toBe(1);
  });

  test("disposing ends what is drawn, and later calls", async () => {
    const generator = await open<"image">(how, "flow-pixel");
    const drawing = generator.sample({ steps: 1000 });
    await generator.sample({ steps: 1 }, { signal: AbortSignal.abort("at once") }).catch(() => undefined);
    const ended = expect(drawing).rejects.toMatchObject({ name: "AbortError", message: /disposed/ });
    await generator.dispose();
    await ended;
    await expect(generator.sample()).rejects.toMatchObject({ name: "AbortError" });
  });
});

test("a model that is none is refused with an error of its class", async () => {
  await expect(remote("nothing")).rejects.toBeInstanceOf(NoSuchModel);
  await expect(remote("drifting", { kind: "text" })).rejects.toThrow(/draws images, not texts/);
});

test("a worker that fails ends all calls with its error", async () => {
  const generator = await remote("flow-pixel", {}, failing.signal);
  const drawing = generator.sample({ steps: 1000 });
  failing.abort(new Error("The generator's worker failed: out of memory."));
  await expect(drawing).rejects.toThrow("out of memory");
  await expect(generator.cost()).rejects.toThrow("out of memory");
});

test("a generator is made of files too, and in Node in its own thread", async () => {
  const [config, weights] = ["config.json", "model.safetensors"].map(
    (file) => new Blob([readFileSync(join(place("drifting"), file))]),
  );
  const files = { "config.json": config, "model.safetensors": weights };
  const generator = await createGenerator(files, { kind: "image", device: "wasm" });
  expect(generator.worker).toBe(false);
  expect(pixels(await generator.sample({ seed: 2 }))).toEqual(
    pixels((await (await open<"image">("local", "drifting")).sample({ seed: 2 })) as Pictures),
  );
  await generator.dispose();
  const cut = { ...files, "model.safetensors": weights.slice(0, -1) };
  await expect(createGenerator(cut)).rejects.toThrow(/model\.safetensors/);
});

test.each<[unknown, object, RegExp]>([
  ["", {}, /URL, or of its config.json and model.safetensors as blobs; got ""/],
  [{ "config.json": "text" }, {}, /got/],
  ["m", { threds: 1 }, /takes no "threds"; did you mean "threads"/],
  ["m", { device: "gpu" }, /no device "gpu"/],
  ["m", { threads: 0 }, /threads must be a whole number of at least 1, got 0/],
  ["m", { worker: "no" }, /worker must be true or false, got "no"/],
  ["m", { worker: true }, /no Web Workers here/],
  ["m", { kind: "sound" }, /kind must be "image", "text", "motion" or "gesture"/],
])("createGenerator(%o, %o) is refused", async (source, options, message) => {
  const refused = createGenerator(source as string, options);
  await expect(refused).rejects.toThrow(message);
  await expect(refused).rejects.toBeInstanceOf(OptionError);
});
