import { describe, expect, test } from "vitest";
import { sphereEdits } from "../../src/methods/sphere/edits.js";
import { optionInfos } from "../../src/models/options.js";
import { readOption } from "../../studio/src/lib/options.js";
import { fromText, toText } from "../../studio/src/pages/edit/keep.js";
import {
  backgroundOf,
  composed,
  coverLine,
  coverRectangle,
  fromHex,
  inverted,
  middleOf,
  outline,
  painted,
  selected,
  toGrey,
  toHex,
} from "../../studio/src/pages/edit/pixels.js";
import { begun, done, redone, undone } from "../../studio/src/pages/edit/undo.js";

const flat = (width: number, height: number, grey: number) => ({
  width,
  height,
  data: Uint8ClampedArray.from({ length: 4 * width * height }, (_, i) => (i % 4 === 3 ? 255 : grey)),
});

describe("undo", () => {
  test("goes back and forth; something new drops what was undone", () => {
    const abc = done(done(begun("a"), "b"), "c");
    const back = undone(undone(abc));
    expect(back.present).toBe("a");
    expect(undone(back)).toBe(back);
    expect(redone(back).present).toBe("b");
    expect(redone(redone(back))).toEqual(abc);
    expect(redone(abc)).toBe(abc);
    const other = done(redone(back), "d");
    expect([other.past, other.present, other.future]).toEqual([["a", "b"], "d", []]);
  });

  test("keeps 200 steps", () => {
    let state = begun(0);
    for (let i = 1; i <= 300; i++) state = done(state, i);
    expect(state.past.length).toBe(200);
    expect(state.past[0]).toBe(100);
  });
});

describe("strokes", () => {
  test("a dot covers the pixels within its radius, its edge in part", () => {
    const coverage = new Float32Array(25);
    coverLine(coverage, 5, { x: 2.5, y: 2.5 }, { x: 2.5, y: 2.5 }, 1);
    expect(coverage[12]).toBe(1);
    expect(coverage[11]).toBeCloseTo(0.5);
    expect(coverage[6]).toBeCloseTo(1.5 - Math.SQRT2);
    expect(coverage[10]).toBe(0);
  });

  test("a line covers what lies between its ends, and nothing outside the picture breaks it", () => {
    const coverage = new Float32Array(5 * 3);
    coverLine(coverage, 5, { x: -3, y: 1.5 }, { x: 9, y: 1.5 }, 0.5);
    expect([...coverage]).toEqual([0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0]);
  });

  test("of one stroke do not add up where they cross", () => {
    const coverage = new Float32Array(9);
    for (let i = 0; i < 3; i++) coverLine(coverage, 3, { x: 0.5, y: 0.5 }, { x: 0.5, y: 0.5 }, 0.25);
    expect(coverage[0]).toBeCloseTo(0.75);
    expect(painted(flat(3, 3, 0), coverage, [200, 100, 0]).slice(0, 4)).toEqual(Uint8ClampedArray.of(150, 75, 0, 255));
  });

  test("rectangles are whole pixels, from any corner, cut at the edge", () => {
    const coverage = new Float32Array(16);
    coverRectangle(coverage, 4, { x: 9, y: 2.9 }, { x: 2.1, y: 1.2 });
    expect([...coverage]).toEqual([0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 1, 1, 0, 0, 0, 0]);
  });
});

describe("selections", () => {
  const left = Float32Array.of(1, 0.4, 0, 0.5);

  test("grow and shrink; an empty one is none", () => {
    const some = selected(null, left, true)!;
    expect([...some]).toEqual([1, 0, 0, 1]);
    expect(selected(some, Float32Array.of(1, 0, 0, 1), false)).toBeNull();
    expect([...selected(some, Float32Array.of(0, 0, 1, 0), true)!]).toEqual([1, 0, 1, 1]);
    expect([...inverted(some)!]).toEqual([0, 1, 1, 0]);
    expect(inverted(Uint8Array.of(1, 1))).toBeNull();
    expect(inverted(null)).toBeNull();
  });

  test("outside it the picture stays to the byte; without one all is taken", () => {
    const [base, over] = [flat(2, 1, 10), flat(2, 1, 200)];
    expect(composed(base, over, Uint8Array.of(0, 1))).toEqual(
      Uint8ClampedArray.of(10, 10, 10, 255, 200, 200, 200, 255),
    );
    expect(composed(base, over, null)).toEqual(over.data);
    expect(() => composed(base, flat(1, 1, 0), null)).toThrow("2×1 and 1×1");
  });
});

describe("pictures", () => {
  test("come back from the storage with their selection; others are none", () => {
    const picture = { ...flat(2, 2, 7) };
    picture.data[5] = 99;
    const text = toText(picture, Uint8Array.of(0, 1, 0, 0));
    expect(fromText(text, 2, 2)).toEqual({ data: picture.data, selection: Uint8Array.of(0, 1, 0, 0) });
    expect(fromText(toText(picture, null), 2, 2)?.selection).toBeNull();
    for (const other of [null, "", "{}", "[]", text.slice(3), JSON.stringify({ width: 2, height: 2, rgb: "AA==" })])
      expect(fromText(other, 2, 2)).toBeNull();
    expect(fromText(text, 1, 4)).toBeNull();
  });

  test("are cut to their middle in the model's proportions", () => {
    expect(middleOf(100, 50, 1)).toEqual({ x: 25, y: 0, width: 50, height: 50 });
    expect(middleOf(30, 90, 2)).toEqual({ x: 0, y: 37.5, width: 30, height: 15 });
  });

  test("have the background of their corners", () => {
    expect(backgroundOf([flat(2, 2, 0), flat(2, 2, 250), flat(2, 2, 250)])).toEqual([250, 250, 250]);
    expect(backgroundOf([])).toEqual([0, 0, 0]);
  });

  test("become grey by the eye's weights", () => {
    const data = Uint8ClampedArray.of(255, 0, 0, 255, 0, 255, 0, 255, 0, 0, 255, 9);
    toGrey(data);
    expect([...data]).toEqual([76, 76, 76, 255, 150, 150, 150, 255, 29, 29, 29, 9]);
  });

  test("colours as hexadecimal digits and back", () => {
    expect(toHex([255, 8, 0])).toBe("#ff0800");
    expect(fromHex("#ff0800")).toEqual([255, 8, 0]);
    expect(fromHex("red")).toBeNull();
  });
});

describe("forms of edits", () => {
  const { morph, vary, crossover } = sphereEdits();

  test("know which options have to be given", () => {
    expect(optionInfos(morph.options).label.required).toBe(true);
    for (const { label, steps, seed } of [optionInfos(vary.options), optionInfos(crossover.options)])
      for (const option of [label, steps, seed]) expect(option).not.toHaveProperty("required");
  });

  test("read options of a URL within their bounds; what is none of them leaves the preset", () => {
    const { angle, steps } = optionInfos(vary.options);
    const { split, labels } = { ...optionInfos(crossover.options), ...optionInfos(sphereEdits().interpolate.options) };
    expect(readOption(angle, "40.5")).toBe(40.5);
    expect(readOption(angle, "400")).toBe(90);
    expect(readOption(steps, "2.6")).toBe(3);
    expect(readOption(split, "diagonal")).toBe("diagonal");
    for (const [option, text] of [
      [split, "sideways"],
      [angle, "wide"],
      [angle, ""],
      [angle, undefined],
      [labels, "a,b"],
    ] as const)
      expect(readOption(option, text)).toBeUndefined();
  });
});

test("the edge of a selection runs around each of its parts", () => {
  expect(outline(null, 2)).toBe("");
  const path = outline(Uint8Array.of(0, 0, 0, 0, 1, 1, 0, 0, 0), 3);
  expect(path.match(/h1/g)?.length).toBe(4);
  expect(path.match(/v1/g)?.length).toBe(2);
  expect(path).toContain("M1,1h1");
});
