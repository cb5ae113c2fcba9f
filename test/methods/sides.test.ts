import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { methods } from "../../src/methods/registry.js";
import { shapes } from "./pictures.js";

test.each([
  ["drifting", "tiny", 30, /are 30×30, .* multiples of 4: take --size 28 or 32/],
  ["flow", "tiny", 30, /multiples of 4: take --size 28 or 32/],
  ["flow", "tiny-latent", 13, /multiples of 4: take --size 12 or 16/],
  ["sphere", "tiny", 15, /multiples of 4: take --size 12 or 16/],
  ["sphere", "paper-large", 30, /multiples of 8: take --size 24 or 32/],
  ["discrete", "pixels", 30, /multiples of 4: take --size 28 or 32/],
] as const)("%s, preset %s, says which sizes it takes instead of %i", async (name, preset, size, message) => {
  const dataset = shapes({ count: 4, size });
  const out = await mkdtemp(join(tmpdir(), "sides-"));
  const method = methods[name];
  await expect(method.train(dataset, method.settings(preset, dataset), { out })).rejects.toThrow(message);
  await expect(method.train(dataset, method.settings(preset, dataset), { out })).rejects.toThrow(
    expect.objectContaining({ name: "SettingsError" }),
  );
});
