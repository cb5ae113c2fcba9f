import { expect, test } from "vitest";
import { type BlockType, fromBlocks, inBlocks, weightShapes } from "../../src/io/blocks.js";
import { decodeSafetensors, encodeSafetensors, type TensorRecord } from "../../src/io/safetensors.js";
import golden from "../goldens/blocks/blocks.json" with { type: "json" };

const { shape } = golden;
const weights = () => ({
  "net.weight": { shape: [...shape], data: Float32Array.from(golden.data) },
  "net.bias": { shape: [3], data: Float32Array.of(1, -2, 0.5) },
});
const stored = (tensors: Record<string, TensorRecord>) =>
  decodeSafetensors(encodeSafetensors(tensors, { dtype: "float16" })).tensors;
const entriesOf = (tensors: Record<string, TensorRecord>) =>
  Object.entries(stored(tensors)).map(([name, { dtype, shape }]) => ({ name, dtype, shape }));

test.each(["int8", "int4"] as const)("%s: the numbers, the scales and what comes back are NumPy's", (type) => {
  const tensors = inBlocks(weights(), type);
  const { whole, scales, back } = golden[type];
  const { data } = tensors["net.weight"];
  const found =
    type === "int8" ? [...data] : Array.from(data as Uint8Array, (b) => [(b & 15) - 8, (b >> 4) - 8]).flat();
  expect(found).toEqual(whole);
  expect([...tensors["net.weight.scales"].data]).toEqual(scales);
  const { "net.weight": weight, "net.bias": bias } = fromBlocks(stored(tensors));
  expect(weight.shape).toEqual(shape);
  expect([...weight.data]).toEqual(back.map(Math.fround));
  expect([...bias.data]).toEqual([1, -2, 0.5]); // of one axis: as it was
});

test("a file's names and shapes are those of the weights", () => {
  for (const type of ["int8", "int4"] as const)
    expect(weightShapes(entriesOf(inBlocks(weights(), type)))).toEqual({
      "net.weight": { shape },
      "net.bias": { shape: [3] },
    });
});

test("int4 leaves a tensor whose last axis is odd to int8, and small ones alone", () => {
  const odd = {
    w: { shape: [100, 11], data: new Float32Array(1100).fill(0.25) },
    s: { shape: [4, 4], data: new Float32Array(16) },
  };
  const { w, s } = inBlocks(odd, "int4");
  expect([w.data.constructor, s.data.constructor]).toEqual([Int8Array, Float32Array]);
});

test("a parameter that is called scales is a parameter", () => {
  const floats = {
    w: { shape: [2], data: Float32Array.of(1, 2) },
    "w.scales": { shape: [1], data: Float32Array.of(3) },
  };
  expect(Object.keys(fromBlocks(stored(floats)))).toEqual(["w", "w.scales"]);
});

test.each<[string, (tensors: Record<string, TensorRecord>) => void, RegExp]>([
  ["scales are missing", (t) => delete t["net.weight.scales"], /"net\.weight" is I8, and weights are floats/],
  [
    "scales are too few",
    (t) => (t["net.weight.scales"] = { shape: [2], data: Float32Array.of(1, 1) }),
    /is F16 \[2\]; .* need F16 \[49\]/,
  ],
])("%s: the file is refused before its numbers are read", (_, break_, message) => {
  const tensors = inBlocks(weights(), "int8");
  break_(tensors);
  expect(() => weightShapes(entriesOf(tensors))).toThrow(message);
});

test.each([Number.NaN, Number.POSITIVE_INFINITY])("%s among the weights is refused", (value) => {
  const broken = weights();
  broken["net.weight"].data[77] = value;
  for (const type of ["int8", "int4"] as BlockType[])
    expect(() => inBlocks(broken, type)).toThrow('Tensor "net.weight" has numbers that are not finite');
});
