import { readFileSync } from "node:fs";
import { mkdtemp, readdir, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { decodeSafetensors, encodeSafetensors, loadSafetensors, saveSafetensors } from "../../src/io/index.js";

const golden: { file: string; tensors: Record<string, { shape: number[]; values: (number | string)[] }> } = JSON.parse(
  readFileSync(new URL("../goldens/io/io.json", import.meta.url), "utf8"),
);

test("reads a file written by the reference implementation", () => {
  const { tensors, metadata } = decodeSafetensors(Buffer.from(golden.file, "base64"));
  expect(metadata).toEqual({ kind: "golden" });
  expect(Object.keys(tensors).sort()).toEqual(Object.keys(golden.tensors).sort());
  for (const [name, { shape, values }] of Object.entries(golden.tensors)) {
    expect(tensors[name].shape).toEqual(shape);
    const isLong = tensors[name].dtype === "I64";
    expect(
      Array.from<number | bigint, number | string>(tensors[name].data, (v) => (isLong ? String(v) : Number(v))),
    ).toEqual(values);
  }
  expect(tensors.half.data).toBeInstanceOf(Float32Array);
});

const mixed = {
  byte: { shape: [3], data: Uint8Array.of(1, 2, 255) },
  w: { shape: [2, 2], data: Float32Array.of(1.5, -0.25, Number.NaN, 3e38) },
  long: { shape: [1], data: BigInt64Array.of(-(2n ** 60n)) },
  int: { shape: [2], data: Int32Array.of(-5, 7) },
  double: { shape: [], data: Float64Array.of(Math.PI) },
  none: { shape: [0], data: new Float32Array() },
  __proto: { shape: [1], data: Float32Array.of(9) },
};

test("a round trip keeps every type, shape and bit, also from an unaligned buffer", () => {
  const bytes = encodeSafetensors(mixed, { metadata: { step: "7" } });
  const shifted = new Uint8Array(bytes.length + 3).subarray(3);
  shifted.set(bytes);
  const { tensors, metadata } = decodeSafetensors(shifted);
  expect(metadata).toEqual({ step: "7" });
  for (const [name, { shape, data }] of Object.entries(mixed)) {
    expect(tensors[name].shape).toEqual(shape);
    expect(tensors[name].data).toEqual(data);
  }
  expect(new DataView(bytes.buffer).getUint32(0, true) % 8).toBe(0);
});

test("float16 storage halves the data and reads back as float32", () => {
  const data = Float32Array.of(1, 0.5, -3.140625, 1e-5);
  const { tensors } = decodeSafetensors(encodeSafetensors({ w: { shape: [4], data } }, { dtype: "float16" }));
  expect(tensors.w.dtype).toBe("F16");
  expect(tensors.w.data).toEqual(Float32Array.of(1, 0.5, -3.140625, 168 * 2 ** -24));
  const large = { w: { shape: [1], data: Float32Array.of(70000) } };
  expect(() => encodeSafetensors(large, { dtype: "float16" })).toThrow(/"w": 70000 does not fit float16/);
});

test("bfloat16 from elsewhere is widened", () => {
  const { tensors } = decodeSafetensors(
    file('{"w":{"dtype":"BF16","shape":[2],"data_offsets":[0,4]}}', Uint8Array.of(0x80, 0x3f, 0x00, 0xc0)),
  );
  expect(tensors.w.data).toEqual(Float32Array.of(1, -2));
});

function file(header: string, data = new Uint8Array(), claimed = header.length): Uint8Array {
  const bytes = new Uint8Array(8 + header.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(claimed), true);
  bytes.set(new TextEncoder().encode(header), 8);
  bytes.set(data, 8 + header.length);
  return bytes;
}

const four = new Uint8Array(4);
const one = (entry: string, data = four) => file(`{"w":${entry}}`, data);

test.each([
  ["empty", new Uint8Array(), /0 bytes/],
  ["huge header", file("{}", four, 2 ** 40), /claims 1099511627776 bytes/],
  ["header beyond the file", file("{}", four, 1000), /claims 1000 bytes, but the file has 14/],
  ["not JSON", file("{nope}"), /not JSON/],
  ["not an object", file("[1]"), /not a JSON object/],
  ["metadata of numbers", file('{"__metadata__":{"a":1}}'), /metadata/],
  ["unknown dtype", one('{"dtype":"Q4","shape":[1],"data_offsets":[0,4]}'), /dtype "Q4"/],
  ["inherited dtype", one('{"dtype":"toString","shape":[1],"data_offsets":[0,4]}'), /dtype "toString"/],
  ["negative length", one('{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}'), /shape \[-1\]/],
  ["overflowing shape", one('{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,4]}'), /shape/],
  ["offsets of another size", one('{"dtype":"F32","shape":[2],"data_offsets":[0,4]}'), /needs 8 bytes.*give 4/],
  ["reversed offsets", one('{"dtype":"F32","shape":[1],"data_offsets":[4,0]}'), /data_offsets/],
  ["beyond the end", one('{"dtype":"F32","shape":[2],"data_offsets":[0,8]}'), /need 8 bytes, but 4.*truncated/],
  ["bytes left over", one('{"dtype":"U8","shape":[2],"data_offsets":[0,2]}'), /2 bytes after the last tensor/],
  ["gap", one('{"dtype":"U8","shape":[2],"data_offsets":[2,4]}'), /gap/],
  [
    "overlap",
    file(
      '{"a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},"b":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}}',
      four,
    ),
    /"b" overlaps/,
  ],
])("a broken file is refused with the reason: %s", (_, bytes, reason) => {
  expect(() => decodeSafetensors(bytes)).toThrow(reason);
});

test("bad tensors are refused before anything is written", async () => {
  const folder = await mkdtemp(join(tmpdir(), "safetensors-"));
  const path = join(folder, "model.safetensors");
  await saveSafetensors(path, mixed, { metadata: { step: "1" } });
  const before = await readFile(path);
  await expect(saveSafetensors(path, { w: { shape: [3], data: new Float32Array(2) } })).rejects.toThrow(
    /\[3\] does not fit 2/,
  );
  expect(await readFile(path)).toEqual(before);
  expect(await readdir(folder)).toEqual(["model.safetensors"]);
  expect((await loadSafetensors(path)).tensors.w.data).toEqual(mixed.w.data);
  await writeFile(path, before.subarray(0, before.length - 5));
  await expect(loadSafetensors(path)).rejects.toThrow(/model\.safetensors: .*truncated/);
});

test("a file that cannot be read is named, with the reason in words", async () => {
  const folder = await mkdtemp(join(tmpdir(), "safetensors-"));
  await expect(loadSafetensors(folder)).rejects.toThrow(`${folder} cannot be read: it is a folder.`);
  const none = join(folder, "none.safetensors");
  await expect(loadSafetensors(none)).rejects.toThrow(
    expect.objectContaining({ message: `${none} cannot be read: it does not exist.`, code: "ENOENT" }),
  );
});
