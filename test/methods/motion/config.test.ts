import { expect, test } from "vitest";
import { draws } from "../../../src/methods/load.js";
import { motionArchitecture } from "../../../src/methods/motion/index.js";
import { describedNetwork } from "../../../src/models/architecture.js";
import { imageSize, type ModelConfig } from "../../../src/models/files.js";
import * as nn from "../../../src/nn/index.js";

const network = {
  fps: 20,
  features: 203,
  codec: { width: 8, latent: 4, depth: 2 },
  text: { words: ["walks"], buckets: 4, length: 6, width: 8, heads: 2, blocks: 1 },
  network: { width: 16, heads: 2, blocks: 2, hidden: 16, block: 3, window: 8, attention: "causal" },
};
const config = { format: 1, method: "motion", name: "m", motion: { fps: 20 }, classNames: null, network, training: {} };
const described = (change: object) =>
  describedNetwork(motionArchitecture, { ...config, ...change } as ModelConfig, "config.json");

test("a description says what a model draws, and its network is rebuilt from it", () => {
  expect(draws(config as ModelConfig)).toBe("motion");
  expect(nn.countParameters(described({}).net)).toBeGreaterThan(10_000);
  expect(() => imageSize(config as ModelConfig)).toThrow("m draws motions, not images.");
});

test.each([
  [{ motion: { fps: 30 } }, "motion has 30 frames a second, but 20 in network; they must agree"],
  [{ motion: undefined }, "motion has no frames a second, but 20 in network; they must agree"],
  [
    { text: { tokenizer: {}, lines: false } },
    "text is there beside motion; a model is one of images, of text, of motion or of gestures",
  ],
  [{ classNames: ["walk"] }, "classNames has 1 names, but the network has 0 classes"],
  [
    { network: { ...network, network: { ...network.network, heads: 3 } } },
    "heads must divide width into an even number",
  ],
  [{ network: { ...network, text: { ...network.text, words: ["Walks!"] } } }, "network.text.words"],
  [{ network: { ...network, network: { ...network.network, window: 4096, block: 64 } } }, "more than 268435456"],
] as const)("one that is not sound is refused: %o", (change, message) => {
  expect(() => described(change)).toThrow(message);
});
