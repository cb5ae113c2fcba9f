import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { fromFloat16, toFloat16 } from "../../src/io/index.js";

const golden: { float32Bits: number[]; float16Bits: number[] } = JSON.parse(
  readFileSync(new URL("../goldens/io/io.json", import.meta.url), "utf8"),
);

test("float32 to float16 rounds as NumPy does: ties to even, subnormals, overflow", () => {
  const values = new Float32Array(Uint32Array.from(golden.float32Bits).buffer);
  expect([...toFloat16(values)]).toEqual(golden.float16Bits);
});

test("every float16 survives the way to float32 and back", () => {
  const all = Uint16Array.from({ length: 65536 }, (_, i) => i);
  const back = toFloat16(fromFloat16(all));
  const isNaN16 = (half: number) => (half & 0x7fff) > 0x7c00;
  expect(all.every((half, i) => (isNaN16(half) ? isNaN16(back[i]) : back[i] === half))).toBe(true);
  expect(fromFloat16(Uint16Array.of(0x3c00, 0xc000, 0x7bff, 0x0001, 0x7c00))).toEqual(
    Float32Array.of(1, -2, 65504, 2 ** -24, Number.POSITIVE_INFINITY),
  );
});
