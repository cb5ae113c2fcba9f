import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ImageDataset, splitText, type TextDataset } from "../../../src/data/index.js";
import { gather } from "../../../src/data/tokens/sequences.js";
import { textSequences } from "../../../src/data/tokens/text-sequences.js";
import type { Texts } from "../../../src/media/texts.js";
import { maskedNelbo, uniformNelbo } from "../../../src/methods/discrete/objective.js";
import { corrupt } from "../../../src/methods/discrete/process.js";
import { type DiscreteSettings, presets } from "../../../src/methods/discrete/settings.js";
import type { TextModel } from "../../../src/methods/discrete/text-model.js";
import { trainDiscrete } from "../../../src/methods/discrete/train.js";
import { loadModel, loadTextModel } from "../../../src/methods/load.js";
import type { TextGenerator } from "../../../src/models/generator.js";
import { Random } from "../../../src/random/index.js";
import { RATE, chain as text } from "../chain.js";

const micro: DiscreteSettings = {
  ...presets.tiny,
  length: 16,
  network: { kind: "transformer", width: 32, heads: 2, blocks: 2, condition: 32, tied: false },
  training: { ...presets.tiny.training, batch: 64, steps: 300, lr: 2e-3, emaDecay: 0.95 },
};

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "fewstep-discrete-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const run = (name: string) => join(folder, name);
const quiet = { sampleEvery: 0, onProgress: () => {} };

/**
 * The bound of 64 test sequences in nats per token and its standard error, in float64 from the network's logits alone.
 */
async function bound(generator: TextGenerator): Promise<{ nats: number; error: number }> {
  const model = generator as TextModel;
  const { test } = await textSequences(text, { tokens: micro.tokens, length: 16 }, model.tokenizer);
  const { process } = model;
  const loss = process.kind === "uniform" ? uniformNelbo : maskedNelbo.bind(null, process);
  const [count, draws, K] = [64, 40, process.tokens];
  const clean = gather(
    test,
    Int32Array.from({ length: count }, (_, i) => i),
  );
  const denoise = model.denoiser(count);
  const random = new Random(1, "bound");
  const means: number[] = [];
  for (let draw = 0; draw < draws; draw++) {
    const times = Array.from(random.permutation(count), (i) => 1e-3 + (0.999 * (i + random.uniform())) / count);
    const alphas = times.map((t) => 1 - 0.999 * t);
    const noisy = corrupt(process, clean, alphas, random);
    const logits = (await denoise(
      noisy,
      Float32Array.from(alphas, (alpha) => -Math.log(alpha)),
    )) as Float32Array;
    let sum = 0;
    clean.forEach((token, i) => {
      const e = Float64Array.from(logits.subarray(i * K, (i + 1) * K), Math.exp);
      const x = e.map((v) => v / e.reduce((a, b) => a + b));
      sum += loss({ clean: token, noisy: noisy[i], x, alpha: alphas[Math.floor(i / 16)], dAlpha: -0.999 });
    });
    means.push(sum / clean.length);
  }
  const nats = means.reduce((a, b) => a + b) / draws;
  return { nats, error: Math.sqrt(means.reduce((s, v) => s + (v - nats) ** 2, 0) / (draws * (draws - 1))) };
}

for (const process of ["uniform", "masked"] as const)
  test(`${process} noise: training lowers the bound towards the data's entropy; samples follow the chain`, async () => {
    const out = run(process);
    const { status } = await trainDiscrete(text, { ...micro, process }, { out, ...quiet, sampleEvery: 200 });
    expect(status).toBe("finished");
    expect((await readdir(join(out, "samples"))).every((f) => f.endsWith(".txt"))).toBe(true);
    expect(await readFile(join(out, "report.html"), "utf8")).toContain("<pre>");
    const model = await loadTextModel(out);
    try {
      const { nats, error } = await bound(model);
      // An untrained network has log 5; the first letter of a window is not known either
      const entropy = (15 * RATE + Math.log(5)) / 16;
      expect(nats).toBeGreaterThan(entropy - 3 * error);
      expect(Math.log(5) - nats).toBeGreaterThan(0.75 * (Math.log(5) - entropy));
      expect(error).toBeLessThan(0.03);
      const steps = { steps: 32, count: 64 };
      const follows = ({ strings }: Texts) => {
        const pairs = strings.flatMap((t) => [...t].slice(1).map((c, i) => `${t[i]}${c}`));
        const allowed = (p: string) => [1, 3].includes(("abcd ".indexOf(p[1]) - "abcd ".indexOf(p[0]) + 5) % 5);
        return pairs.filter(allowed).length / pairs.length;
      };
      for (const sampler of ["ancestral", "cap", "rescale", "loop"] as const)
        expect(follows(await model.sample({ ...steps, sampler }))).toBeGreaterThan(0.65);
      expect(await model.sample({ count: 2, seed: 3 })).toEqual(await model.sample({ count: 2, seed: 3 }));
      const [continued] = await model.sample({ prompt: "ab", steps: 8 });
      expect(continued.startsWith("ab")).toBe(true);
      const [filled] = await model.sample({ template: "ab__a___________", steps: 8 });
      expect(filled).toMatch(/^ab[abcd ]{2}a[abcd ]{11}$/);
      const fresh = model.sample({ prompt: "ab".repeat(9) });
      await expect(fresh).rejects.toThrow("The prompt has 18 tokens, the sequence 16");
      await expect(model.sample({ prompt: "xyz" })).rejects.toThrow('The character "x" is not in');
      await expect(model.sample({ sampler: "cap", kappa: 0.5 })).rejects.toThrow("takes no kappa; set eta");
      await expect(model.sample({ sampler: "constant", kappa: 1.5 })).rejects.toThrow(
        "kappa must be a number in [0, 1], got 1.5",
      );
      await expect(loadModel(out, { kind: "image" })).rejects.toThrow("draws texts, not images");
    } finally {
      await model.release();
    }
  });

test("a resumed run, curriculum, discrete steps and distillation, ends bit-identically", async () => {
  const settings: DiscreteSettings = {
    ...micro,
    distillation: { rounds: 2, steps: 4, delta: 1 / 8, lr: 1e-3 },
    training: { ...micro.training, steps: 8, batch: 4 },
  };
  const weights = (out: string) => readFile(join(out, "model", "model.safetensors"));
  await trainDiscrete(text, settings, { out: run("whole"), ...quiet });
  // In one run: at the curriculum's first steps and its others, in the first round and in the second
  const out = run("parts");
  for (const stopAt of [3, 6, 10, 13]) {
    const stop = new AbortController();
    const options = {
      out,
      sampleEvery: 0,
      resume: stopAt > 3,
      signal: stop.signal,
      onProgress: (event: { type: string; step?: number }) => {
        if (event.type === "step" && event.step === stopAt) stop.abort();
      },
    };
    expect((await trainDiscrete(text, settings, options)).status).toBe("interrupted");
  }
  expect((await trainDiscrete(text, settings, { out, ...quiet, resume: true })).status).toBe("finished");
  expect((await weights(out)).equals(await weights(run("whole")))).toBe(true);
});

test("training can begin with another model's weights, of the same shape", async () => {
  const settings = { ...micro, training: { ...micro.training, steps: 3, batch: 4 } };
  await trainDiscrete(text, settings, { out: run("first"), ...quiet });
  const distil = {
    ...settings,
    from: run("first"),
    training: { ...settings.training, steps: 0 },
    distillation: { rounds: 1, steps: 2, delta: 1 / 8, lr: 1e-9 },
  };
  await trainDiscrete(text, distil, { out: run("second"), ...quiet });
  const [first, second] = await Promise.all(["first", "second"].map((name) => loadTextModel(run(name))));
  const [a, b] = await Promise.all([first, second].map((model) => bound(model)));
  expect(b.nats).toBeCloseTo(a.nats, 3);
  await first.release();
  await second.release();
  const wider = { ...distil, network: { ...micro.network, width: 64 } as DiscreteSettings["network"] };
  await expect(trainDiscrete(text, wider, { out: run("third"), ...quiet })).rejects.toThrow("has another shape");
});

test("lines and pixels train, and come back as lines and pictures", async () => {
  const names = ["anna", "bob", "carl", "dora", "emil"].flatMap((n) => ["", "a", "b", "c", "d"].map((s) => `${n}${s}`));
  const lines: TextDataset = { ...text, ...splitText(names.join("\n"), { lines: true, name: "names" }), id: "names" };
  const short = { ...micro, length: 8, training: { ...micro.training, steps: 30, batch: 8 } };
  await trainDiscrete(lines, short, { out: run("lines"), ...quiet });
  const model = await loadTextModel(run("lines"));
  expect(model.lines).toBe(true);
  for (const line of await model.sample({ count: 8, steps: 8 })) expect(line).not.toContain("\n");
  await model.release();
  await expect(trainDiscrete(lines, { ...short, length: 3 }, { out: run("short"), ...quiet })).rejects.toThrow(
    /\d+ of the 25 lines of "names" have more tokens than the length 3; the longest has 5: "[a-z]{5}"\. Leave them out or cut/,
  );

  // Two classes: bright above, or bright below. Pictures of 4 × 4 are told apart as those of 8 × 8, in less than half the time
  const size = 4;
  const image = (label: number) =>
    Array.from({ length: size * size }, (_, i) => (i < (size * size) / 2 === (label === 0) ? 250 : 5));
  const split = (count: number) => ({
    count,
    pixels: Uint8Array.from(Array.from({ length: count }, (_, i) => image(i % 2)).flat()),
    labels: Uint16Array.from({ length: count }, (_, i) => i % 2),
    channels: 1 as const,
  });
  const images: ImageDataset = {
    id: "halves",
    kind: "images",
    height: size,
    width: size,
    channels: 1,
    classNames: ["above", "below"],
    train: split(64),
    test: split(16),
    licence: "none",
    attribution: "generated",
  };
  await expect(trainDiscrete(images, micro, { out: run("wrong"), ...quiet })).rejects.toThrow("take the preset pixels");
  // Under uniform noise two levels tell the class only where hardly anything else is left: that takes larger batches
  for (const [process, levels, training] of [
    ["uniform", 2, { steps: 400, batch: 64, lr: 4e-3, labelDropout: 0 }],
    ["masked", 4, { steps: 200, batch: 16, lr: 1e-2 }],
    ["uniform", 256, { steps: 600, batch: 16, lr: 1e-2 }],
  ] as const) {
    const out = run(`pixels-${process}-${levels}`);
    const settings: DiscreteSettings = {
      ...presets.pixels,
      process,
      tokens: { kind: "pixels", levels },
      network: { kind: "unet", hidden: 32, blocks: 1, condition: 32 },
      training: { ...presets.pixels.training, emaDecay: 0.9, ...training },
    };
    await trainDiscrete(images, settings, { out, ...quiet });
    const drawn = await loadModel(out, { kind: "image" });
    const count = 16;
    const { pixels } = await drawn.sample({ count, label: "below", steps: 16, guidance: 2 });
    const half = (size * size) / 2;
    const mean = (from: number) => {
      const parts = Array.from({ length: count }, (_, i) =>
        pixels.slice((2 * i + from) * half, (2 * i + from + 1) * half),
      );
      return parts.flatMap((part) => [...part]).reduce((sum, v) => sum + v, 0) / (count * half);
    };
    // Without its class a model is at 0 in both halves
    expect(mean(1)).toBeGreaterThan(0.4);
    expect(mean(0)).toBeLessThan(-0.4);
    await drawn.release();
  }
});
