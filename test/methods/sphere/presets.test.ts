import { describe, expect, test } from "vitest";
import {
  forData,
  latentLength,
  presets,
  sphereNetwork,
  sphereSettings,
  withoutNoise,
} from "../../../src/methods/sphere/index.js";
import { countParameters } from "../../../src/nn/index.js";

const images = (side: number) => ({ height: side, width: side, channels: 3 as const });

test.each(Object.entries(presets))("the preset %s is valid", (_, preset) => {
  expect(sphereSettings.parse(preset)).toEqual(preset);
  expect(sphereSettings.safeParse(withoutNoise(preset)).success).toBe(true);
});

describe("25: networks of the published size, counted without being made", () => {
  const large = presets["paper-large"].network;
  const wide = { ...large, channels: 128 } as typeof large;
  test.each([
    ["Animal-Faces, unconditional", wide, 256, 0, 642e6],
    ["Oxford-Flowers", wide, 256, 102, 949e6],
    ["ImageNet", large, 256, 1000, 950e6],
    ["ImageNet, the largest", presets["paper-xlarge"].network, 256, 1000, 1.39e9],
    ["CIFAR-10, small", presets["paper-small"].network, 32, 10, 80e6],
    ["CIFAR-10, base", presets["paper-base"].network, 32, 10, 263e6],
  ])("%s", (_, body, side, classes, expected) => {
    const count = countParameters(sphereNetwork({ image: images(side), classes, body: body as never }));
    const tokens = body.kind === "vit" ? (side / body.patch) ** 2 : 0;
    const tables = body.kind === "vit" && side === 256 ? 2 * tokens * body.width : 0; // the published counts hold the position tables
    expect(Math.abs((count + tables) / expected - 1)).toBeLessThan(0.005);
  });
  test("latents have the published lengths", () => {
    const length = (body: unknown, side: number) => latentLength({ image: images(side), body: body as never });
    expect(length(large, 256)).toBe(65_536);
    expect(length(wide, 256)).toBe(131_072);
    expect(length(presets["paper-base"].network, 32)).toBe(2048);
  });
});

test("colour widens the convolutional networks only", () => {
  const { tiny, "vit-32-nano": nano } = presets;
  expect(forData(tiny, { channels: 3 }).network).toMatchObject({ latent: 256, decoder: [64, 48, 16] });
  expect(forData(tiny, { channels: 1 })).toBe(tiny);
  expect(forData(nano, { channels: 3 })).toBe(nano);
});
