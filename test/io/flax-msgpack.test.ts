import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { loadFlaxMsgpack } from "../../src/io/flax-msgpack.js";

const folder = mkdtempSync(join(tmpdir(), "flax-msgpack-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("reads a tree that Flax has written", async () => {
  const tensors = await loadFlaxMsgpack("test/goldens/drifting-official/tree.msgpack");
  expect(Object.keys(tensors).sort()).toEqual(["a.brain", "a.half", "a.none", "large", "scalar"]);
  const { "a.brain": brain, "a.half": half, "a.none": none, large, scalar } = tensors;
  expect(half).toEqual({
    dtype: "F16",
    shape: [2, 3],
    data: Float32Array.of(-0.8017578125, -1.32421875, -0.2484130859375, 0.42041015625, 1.1357421875, 0.10968017578125),
  });
  expect(brain).toEqual({
    dtype: "BF16",
    shape: [5],
    data: Float32Array.of(-0.55078125, -0.78515625, 0.75, 1.6328125, 0.2734375),
  });
  expect(none).toEqual({ dtype: "F32", shape: [0, 4], data: new Float32Array() });
  expect(scalar).toEqual({ dtype: "F32", shape: [], data: Float32Array.of(2.5) });
  expect(large).toEqual({ dtype: "F32", shape: [17_000], data: Float32Array.from({ length: 17_000 }, (_, i) => i) });
});

const text = (name: string) => [0xa0 + name.length, ...Buffer.from(name)];
/** {"w": an array}, whose extension holds these bytes. */
const tree = (...held: number[]) => [0x81, ...text("w"), 0xc7, held.length, 1, ...held];
/** What Flax writes for zeros of a shape of one axis, with so many bytes. */
const zeros = (size: number, type: string, bytes: number) => [
  ...[0x93, 0x91, size, ...text(type), 0xc4, bytes],
  ...new Array<number>(bytes).fill(0),
];

describe("refuses, naming the file and the tensor,", () => {
  const reading = (...bytes: number[]) => {
    const path = join(folder, "w.msgpack");
    writeFileSync(path, Uint8Array.from(bytes));
    return loadFlaxMsgpack(path);
  };

  test("nothing of a sound file", async () => {
    const { w } = await reading(...tree(...zeros(2, "float32", 8)));
    expect(w).toEqual({ dtype: "F32", shape: [2], data: new Float32Array(2) });
  });

  test.each([
    ["other than arrays", [0x81, ...text("w"), 0xc3], '"w" is no array of Flax\'s, nor a tree of them.'],
    ["another extension", [0x81, ...text("w"), 0xd4, 3, 0], '"w" is no array'],
    ["no tree", [0x07], "It is no array"],
    ["another type", tree(...zeros(2, "int32", 8)), '"w" is of "int32"; weights are float32, float16, bfloat16.'],
    ["another length", tree(...zeros(3, "float32", 8)), '"w" has 8 bytes, and [3] of float32 are 12'],
    ["a file cut short", tree(...zeros(2, "float32", 8)).slice(0, -3), "ends within a value, 3 bytes early"],
    [
      "a length beyond the file",
      [0x81, ...text("w"), 0xc9, 255, 255, 255, 255, 1, 0x93, 0x90, ...text("float32"), 0xc6, 255, 255, 255, 255],
      "ends within a value",
    ],
    ["what follows", [...tree(...zeros(1, "float32", 4)), 1], "1 bytes are left"],
    [
      "a name twice",
      [0x82, ...tree(...zeros(1, "float32", 4)).slice(1), ...tree(...zeros(1, "float32", 4)).slice(1)],
      '"w" is there twice',
    ],
    ["a name that is none", [0x81, 0x01, 0x80], "it has integer where text is wanted"],
    ["a deep tree", new Array(99).fill([0x81, ...text("w")]).flat(), "more than 32 deep"],
    ["a huge number", tree(0x93, 0x91, 0xcf, 255, 255, 255, 255, 255, 255, 255, 255), "a number beyond"],
  ])("%s", async (_, bytes, message) => {
    await expect(reading(...bytes)).rejects.toThrow(message);
    await expect(reading(...bytes)).rejects.toThrow("w.msgpack: ");
  });
});
