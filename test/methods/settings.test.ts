import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import type { z } from "zod";
import { classifierSettings } from "../../src/judges/classifier/settings.js";
import { languageModelSettings } from "../../src/judges/language-model/settings.js";
import { motionJudgeSettings } from "../../src/judges/motion/settings.js";
import { discreteSettings } from "../../src/methods/discrete/settings.js";
import { driftingSettings } from "../../src/methods/drifting/settings.js";
import { dyadicSettings } from "../../src/methods/dyadic/settings.js";
import { flowSettings } from "../../src/methods/flow/settings.js";
import { motionSettings } from "../../src/methods/motion/settings.js";
import { methods } from "../../src/methods/registry.js";
import { sphereSettings } from "../../src/methods/sphere/settings.js";
import { visionLanguageSettings } from "../../src/methods/vision-language/settings.js";
import { parseSettings, SettingsError } from "../../src/train/settings.js";
import { shapes } from "./pictures.js";

const root = mkdtempSync(join(tmpdir(), "settings-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const schemas: Record<string, z.ZodType> = {
  drifting: driftingSettings,
  sphere: sphereSettings,
  discrete: discreteSettings,
  flow: flowSettings,
  motion: motionSettings,
  dyadic: dyadicSettings,
  "vision-language": visionLanguageSettings,
  "language-model": languageModelSettings,
  classifier: classifierSettings,
  "motion-judge": motionJudgeSettings,
};
const presets = Object.entries(schemas).flatMap(([method, schema]) =>
  Object.entries(methods[method].presets).map(([preset, settings]) => ({ method, preset, schema, settings })),
);

/** The paths of all numbers. */
function numbers(value: unknown, path: string[] = []): string[][] {
  if (typeof value === "number") return [path];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => numbers(inner, [...path, key]));
}
function changed(settings: unknown, path: string[], value: unknown): unknown {
  const copy = structuredClone(settings) as any;
  path.slice(0, -1).reduce((at, key) => at[key], copy)[path.at(-1)!] = value;
  return copy;
}
const refuses = (schema: z.ZodType, settings: unknown) => {
  try {
    parseSettings(schema, settings);
    return null;
  } catch (error) {
    expect(error).toBeInstanceOf(SettingsError);
    return (error as Error).message;
  }
};

test("every method's schema is checked", () => {
  expect(Object.keys(schemas).sort()).toEqual(Object.keys(methods).sort());
});

/** What may be null: there is no such input, or it is as large as another number. */
const mayBeNull = /^(sampleAngle|noise\.trainAngle)$/;
test.each(presets)(
  "$method $preset is itself; no number of it may be negative, missing or a word",
  ({ schema, settings }) => {
    expect(parseSettings(schema, settings)).toEqual(settings);
    for (const path of numbers(settings)) {
      const name = path.join(".");
      for (const value of [-4, "many", null]) {
        if (name === "seed" && value === -4) continue;
        if (mayBeNull.test(name) && value === null) continue;
        const message = refuses(schema, changed(settings, path, value));
        expect(message, `${name}=${value}`).toContain(`${name} is ${JSON.stringify(value)} (`);
        expect(message).toMatch(/^These settings cannot be: .*\.$/);
      }
    }
  },
);

/** What may be 0: there are no such steps, blocks, noises or terms then. */
const mayBeZero =
  /(^|\.)(seed|steps|warmSteps|warmup|count|unconditional|rounds|shift|blocks|mixer|encoderBlocks|decoderBlocks|perceptual|latentNoise|noise|none|labelDropout|weightDecay|smoothing|textDropout|wordDropout|kl|root|align|share|emaDecay|encoderLr|maxAngle|sampleAngle|trainAngle|delta|velocity|commitment|dropout|atoms|activeAtoms|gain|decay|meanDecay|plain|anneal|first|last)$|(^|\.)drop\.|^(weights|mixture|reinforcement\.band)\.|^matching\.(weight|from)$/;
test.each(presets)("$method $preset: no size, batch or rate may be 0", ({ schema, settings }) => {
  for (const path of numbers(settings)) {
    const name = path.join(".");
    if (mayBeZero.test(name)) continue;
    expect(refuses(schema, changed(settings, path, 0)), `${name}=0`).toContain(`${name} is 0 (`);
  }
});

test("settings that contradict each other, and unions, are told by their paths", () => {
  const { tiny } = methods.discrete.presets as any;
  const low = { ...tiny, curriculum: { ...tiny.curriculum, low: 0.9, high: 0.1 } };
  expect(refuses(discreteSettings, low)).toMatch(/curriculum is \{.*\} \(low must be below high\)/);
  const width = { ...tiny, network: { kind: "unet", hidden: -1, blocks: 2 } };
  expect(refuses(discreteSettings, width)).toContain("network.hidden is -1 (");
  for (const nothing of [null, 7, "x", []]) expect(refuses(discreteSettings, nothing)).toMatch(/all of them is/);
  expect(refuses(discreteSettings, {})).toContain("tokens is missing (");
});

const run = (method: string, settings: object, name: string) =>
  methods[method].train(shapes({ count: 40 }) as never, settings as never, {
    out: join(root, name),
    threads: 1,
    sampleEvery: 0,
    onProgress: () => {},
  });

test("where nothing is to be trained, nothing fails: no steps, no blocks, no noise", async () => {
  const features = { task: "classifier", width: 8, blocks: [1], stemStride: 2, batch: 8, steps: 0, lr: 1e-3 };
  const autoencoder = {
    latent: 4,
    encoder: [4, 4],
    hidden: 8,
    decoder: [4, 4, 4],
    batch: 8,
    steps: 0,
    warmSteps: 0,
    perceptual: 0,
    latentNoise: 0,
    lr: 1e-3,
  };
  const generator = { hidden: 8, blocks: 0, condition: 8, styles: { count: 0, size: 1 } };
  const stage = { samples: 2, groups: 2, steps: 0, lr: 1e-3, emaDecay: 0 };
  const drifting: object = {
    ...(methods.drifting.presets.tiny as object),
    features,
    autoencoder,
    generator,
    latentStage: stage,
    jointStage: stage,
    guidance: null,
  };
  expect(await run("drifting", drifting, "nothing")).toMatchObject({ status: "finished", step: 0 });
  const steps = { ...drifting, latentStage: { ...stage, steps: 2 }, jointStage: { ...stage, steps: 2 } };
  expect(await run("drifting", steps, "least")).toMatchObject({ status: "finished", step: 4 });
  const { tiny } = methods.sphere.presets as any;
  const { latent, encoder, hidden, decoder } = autoencoder;
  const sizes = { latent, encoder, hidden, decoder };
  const network = { ...tiny.network, ...sizes, trunk: 8, condition: 8, encoderBlocks: 0, decoderBlocks: 0 };
  const training = { ...tiny.training, batch: 8, steps: 2, warmup: 0, emaDecay: 0, encoderLr: 0 };
  const sphere = { ...tiny, features, network, training };
  expect(await run("sphere", sphere, "sphere")).toMatchObject({ status: "finished", step: 2 });
});
