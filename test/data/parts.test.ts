import { expect, test } from "vitest";
import { checkLabels, type Part, withSplit } from "../../src/data/parts.js";

/** Images of 1 × 2 pixels that say which they are: 2·i and 2·i + 1; their classes are i mod 3. */
const part = (count: number, change: Partial<Part> = {}): Part => ({
  ...{ height: 1, width: 2, channels: 1, count },
  pixels: Uint8Array.from({ length: 2 * count }, (_, i) => i),
  labels: Uint16Array.from({ length: count }, (_, i) => i % 3),
  ...change,
});

test.each(["train", "test"] as const)("of a %s part alone some are set aside, images with their labels", (name) => {
  for (const [count, held, labels] of [
    [2, 1, null], // a tenth of all, at least one
    [14, 1, null],
    [15, 2, null],
    [100, 10, null],
    [14, 2, undefined], // of classes of 5, 5 and 4: one of five or more
    [15, 3, undefined],
    [100, 9, undefined], // a tenth of each
  ] as const) {
    const all = part(count, labels === null ? { labels } : {});
    const { train, test } = withSplit({ [name]: all }, "data");
    expect([train.count, test.count]).toEqual([count - held, held]);
    const rows = [train, test].map((split) =>
      Array.from({ length: split.count }, (_, i) => {
        const [first, second] = split.pixels.subarray(2 * i, 2 * i + 2);
        expect(second).toBe(first + 1);
        expect(split.labels?.[i] ?? null).toBe(labels === null ? null : (first / 2) % 3);
        return first / 2;
      }),
    );
    expect(rows[0]).toEqual(rows[0].toSorted((a, b) => a - b));
    expect(rows.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, i) => i));
    expect(withSplit({ [name]: all }, "data").test).toEqual(test);
  }
});

test("two parts stay as they are; classes without names are numbered up to the largest of either", () => {
  const labels = Uint16Array.of(0, 4);
  const set = withSplit({ train: part(5), test: part(2, { labels }) }, "data");
  expect([set.train.count, set.test.count]).toEqual([5, 2]);
  expect(set.classNames).toEqual(["0", "1", "2", "3", "4"]);
  expect(withSplit({ train: part(5), test: part(2) }, "data", ["a", "b", "c"]).classNames).toEqual(["a", "b", "c"]);
  const bare = withSplit({ train: part(5, { labels: null }), test: part(2, { labels: null }) }, "data", ["a"]);
  expect([bare.classNames, bare.train.labels, bare.test.labels]).toEqual([null, null, null]);
});

test("what is no data set is refused", () => {
  const refused: [Parameters<typeof withSplit>[0], RegExp][] = [
    [{}, /data has no images/],
    [{ train: part(0), test: part(2) }, /data has no images/],
    [{ train: part(1) }, /data has one image; at least two/],
    [{ test: part(1) }, /data has one image; at least two/],
    [{ train: part(3) }, /data has one image of each class; at least two of some class/],
    [{ train: part(2), test: part(2, { height: 2 }) }, /differ in size or channels/],
    [{ train: part(2), test: part(2, { width: 1 }) }, /differ in size or channels/],
    [{ train: part(2), test: part(2, { channels: 3 }) }, /differ in size or channels/],
    [{ train: part(2), test: part(2, { labels: null }) }, /only one of train and test has labels/],
    [{ train: part(2, { labels: null }), test: part(2) }, /only one of train and test has labels/],
  ];
  for (const [parts, message] of refused) expect(() => withSplit(parts, "data")).toThrow(message);
  expect(() => withSplit({ train: part(5), test: part(2) }, "data", ["a", "b"])).toThrow(
    "data: train image 2 has label 2, but there are 2 classes (labels 0 to 1).",
  );
  expect(() => checkLabels({ train: part(2), test: part(5) }, ["a", "b"], "data")).toThrow("test image 2 has label 2");
});
