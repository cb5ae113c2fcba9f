import { expect, test } from "vitest";
import { methods } from "../../src/methods/registry.js";
import { settingFields } from "../../src/models/settings-form.js";

const fields = (method: string, preset: string) =>
  settingFields(methods[method].schema, methods[method].presets[preset]);
const field = (method: string, preset: string, path: string) => fields(method, preset).find((one) => one.path === path);

test("nested settings become fields with bounds and the preset's value", () => {
  expect(field("sphere", "tiny", "training.steps")).toMatchObject({
    type: "integer",
    minimum: 0,
    value: 1500,
    range: "a whole number of at least 0",
  });
  expect(field("sphere", "tiny", "noise.hardCases")).toMatchObject({ choices: ["intended", "asReleased", "none"] });
  expect(field("sphere", "tiny", "noise.maxAngle")).toMatchObject({ range: '"auto" or a number in [0, 90]' });
  expect(field("flow", "tiny", "features.stemStride")).toMatchObject({ choices: ["1", "2"], value: 2 });
  expect(field("drifting", "tiny", "guidance.power")).toMatchObject({ type: "number", value: 3 });
  expect(field("sphere", "tiny", "network.encoder")?.range).toBe("a list of 2 whole numbers in [1, 65536]");
});

test("of several kinds of thing the fields are the preset's", () => {
  const network = (preset: string) =>
    fields("sphere", preset).flatMap(({ path }) => (path.startsWith("network.") ? [path.slice(8)] : []));
  expect(network("tiny")).toContain("trunk");
  expect(network("vit-64")).toEqual(expect.arrayContaining(["patch", "layers", "tokenNorm"]));
  expect(network("vit-64")).not.toContain("trunk");
  expect(network("vit-64")).not.toContain("kind");
});

test("every field of every preset can be set to what the preset has", () => {
  for (const { schema, presets, check } of Object.values(methods))
    for (const preset of Object.values(presets)) {
      const copy = structuredClone(preset) as Record<string, any>;
      const all = settingFields(schema, preset);
      expect(all.length).toBeGreaterThan(5);
      expect(new Set(all.map(({ path }) => path)).size).toBe(all.length);
      for (const { path, value } of all) {
        const keys = path.split(".");
        const owner = keys.slice(0, -1).reduce((at, key) => at[key], copy);
        expect(owner).toHaveProperty(keys.at(-1)!);
        owner[keys.at(-1)!] = value;
      }
      check(copy);
    }
});
