import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { applyOverrides } from "../../src/cli/overrides.js";
import { valueAt } from "../../src/io/faults.js";
import { presets, trainFlow } from "../../src/methods/flow/index.js";
import { methods } from "../../src/methods/registry.js";
import { colours } from "../methods/pictures.js";
import { inProcess } from "./in-process.js";

const root = mkdtempSync(join(tmpdir(), "fewstep-overrides-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const run = inProcess(join(root, "cache"));
const [base, out] = [join(root, "flow"), join(root, "out")];

beforeAll(() =>
  trainFlow(
    colours(),
    {
      ...presets.tiny,
      generator: { hidden: 16, blocks: 1, condition: 8 },
      flow: { ...presets.tiny.flow, batch: 8, steps: 1 },
    },
    { out: base, threads: 1, sampleEvery: 0, onProgress: () => {} },
  ),
);

test("a setting is given once", () => {
  expect(() => applyOverrides({ seed: 0, a: { b: 1 } }, ["a.b=2", "seed=1", "a.b=3"])).toThrow(
    /--set a.b is given twice/,
  );
  expect(applyOverrides({ seed: 0, a: { b: 1 } }, ["a.b=2", "seed=1"])).toEqual({ seed: 1, a: { b: 2 } });
});

describe("settings of what is left out are refused", () => {
  const begun = ["from=x", "frechetStage.steps=3"];
  test.each([
    ["drifting", "tiny", begun, "latentStage.steps=9", true],
    ["drifting", "tiny", begun, "autoencoder.lr=0.1", true],
    ["drifting", "tiny", begun, "guidance.max=3", true],
    ["drifting", "tiny", begun, "features.steps=9", false], // the Fréchet stage looks through it
    ["drifting", "tiny", ["frechetStage.steps=3"], "jointStage.steps=9", false],
    ["drifting", "tiny", [], "frechetStage.lr=0.1", true],
    ["discrete", "pixels", [], "curriculum.tau=0.1", true],
    ["flow", "tiny-joint", ["autoencoderFrom=x"], "autoencoder.steps=9", true],
    ["flow", "tiny-joint", ["autoencoderFrom=x"], "jointStage.lr=0.1", false],
    ["flow", "tiny", [], "features.steps=9", true],
    ["sphere", "tiny", ["featuresFrom=x"], "features.batch=9", true],
    ["sphere", "tiny", [], "features.batch=9", false],
    ["sphere", "tiny", [], "matching.boundary=70", true],
    ["sphere", "tiny", ["matching.weight=0.01"], "matching.boundary=70", false],
    ["sphere", "tiny", [], "frechetStage.lr=0.1", true],
    ["sphere", "tiny", begun, "training.lr=0.1", true],
    ["sphere", "tiny", begun, "featuresFrom=x", false],
    ["vision-language", "tiny", [], "reinforcement.lr=0.1", true],
    ["vision-language", "tiny", ["reinforcement.steps=8"], "reinforcement.lr=0.1", false],
  ])("train %s --preset %s --set %j and %s", async (method, preset, others, setting, refused) => {
    const args = ["train", method, "--data", join(root, "nowhere"), "--preset", preset, "--out", out];
    const { code, stderr } = await run([...args, "--set", ...others, setting]);
    const [path] = setting.split("=");
    expect(code).toBe(2);
    // Where the settings may be, the data are not
    if (refused)
      expect(stderr).toContain(`--set ${path} has no effect: with these settings what it is for is left out`);
    else expect(stderr).toContain("nowhere");
    expect(existsSync(out)).toBe(false);
  });

  test.each(["from=x", "autoencoderFrom=null", "jointStage.lr=0.1", "generator.hidden=32", "space=pixel"])(
    "improve --set %s",
    async (setting) => {
      const { code, stderr } = await run(["improve", base, "--out", out, "--set", setting]);
      const [path] = setting.split("=");
      expect([code, stderr]).toEqual([
        2,
        expect.stringContaining(`--set ${path} has no effect: what it is for is taken`),
      ]);
      expect(stderr).toContain(base);
    },
  );
});

test("settings without effect are settings", () => {
  for (const [name, method] of Object.entries(methods))
    for (const continued of [false, true]) {
      const presets = Object.values(method.presets);
      for (const path of presets.flatMap((preset) => method.idle(preset, continued))) {
        const has = presets.some((preset) => valueAt(preset, path.split(".")) !== undefined);
        expect(has, `${name}: ${path}`).toBe(true);
      }
    }
});
