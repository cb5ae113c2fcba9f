import { expect, test } from "vitest";
import { ClassStream, type ImageSplit, IndexStream, toFloat } from "../../src/data/index.js";
import { Random } from "../../src/random/index.js";

const sorted = (values: Iterable<number>) => [...values].sort((a, b) => a - b);
const range = (count: number) => Array.from({ length: count }, (_, i) => i);

test("toFloat turns bytes [N, H, W, C] into floats [n, C, H, W] in [-1, 1]", () => {
  const split: ImageSplit = { count: 2, pixels: Uint8Array.from(range(24), (i) => i * 10), labels: null, channels: 3 };
  const out = toFloat(split, [1]);
  expect([...out]).toEqual(
    [120, 150, 180, 210, 130, 160, 190, 220, 140, 170, 200, 230].map((v) => Math.fround(v / 127.5 - 1)),
  );
  expect(toFloat({ ...split, channels: undefined }, [1])).toEqual(out);
  expect(toFloat({ ...split, pixels: Uint8Array.of(0, 255), channels: 1 }, [1, 0, 1])).toEqual(
    Float32Array.of(1, -1, 1),
  );
});

test("toFloat writes into a given buffer and refuses bad lengths, indices and unknown layouts", () => {
  const split: ImageSplit = { count: 2, pixels: new Uint8Array(8), labels: null };
  const out = new Float32Array(4);
  expect(toFloat(split, [0], out)).toBe(out);
  expect(() => toFloat(split, [0, 1], out)).toThrow(/need 8 values, "out" has 4/);
  expect(() => toFloat(split, [2])).toThrow(/no image 2/);
  expect(() => toFloat({ count: 1, pixels: new Uint8Array(6), labels: null }, [0])).toThrow(/not square/);
});

test("each epoch holds every index once, in a new order, across batch borders", () => {
  const stream = new IndexStream(10, new Random(1));
  const drawn = [...stream.next(7), ...stream.next(7), ...stream.next(6)];
  expect(sorted(drawn.slice(0, 10))).toEqual(range(10));
  expect(sorted(drawn.slice(10))).toEqual(range(10));
  expect(drawn.slice(0, 10)).not.toEqual(drawn.slice(10));
  expect([...new IndexStream(10, new Random(1)).next(20)]).toEqual(drawn);
  expect([...new IndexStream(10, new Random(2)).next(20)]).not.toEqual(drawn);
});

test.each([0, 3, 10, 13, 20, 47])("a stream resumed from JSON after %i indices continues exactly", (drawn) => {
  const stream = new IndexStream(10, new Random(5));
  stream.next(drawn);
  const resumed = new IndexStream(10, new Random(5));
  resumed.load(JSON.parse(JSON.stringify(stream.state())));
  expect(resumed.next(25)).toEqual(stream.next(25));
});

test("a stream refuses data or a state that do not fit", () => {
  expect(() => new IndexStream(0, new Random(1))).toThrow(/got 0/);
  const stream = new IndexStream(5, new Random(1));
  expect(() => stream.load({ epoch: 0, position: 6 })).toThrow(/beyond the 5/);
  for (const [epoch, position] of [
    [-1, 0],
    [0.5, 0],
    [0, -1],
    [0, 1.5],
  ])
    expect(() => stream.load({ epoch, position })).toThrow(
      `no position in a stream: epoch ${epoch}, position ${position}`,
    );
});

const labels = [0, 1, 0, 1, 0, 2, 2, 2, 2, 0];
const rowsOf = (c: number) => range(10).filter((i) => labels[i] === c);

test("class batches are grouped by class and go through each class without replacement", () => {
  const stream = new ClassStream(labels, 3, new Random(3));
  const batch = stream.perClass(2);
  expect([...batch].map((i) => labels[i])).toEqual([0, 0, 1, 1, 2, 2]);
  const more = stream.next([0, 2], 2);
  expect(sorted([...batch.subarray(0, 2), ...more.subarray(0, 2)])).toEqual(rowsOf(0));
  expect(sorted([...batch.subarray(4, 6), ...more.subarray(2, 4)])).toEqual(rowsOf(2));
  expect([...stream.next([1, 1], 1)].map((i) => labels[i])).toEqual([1, 1]);
});

test("class streams resume exactly and notice changed data", () => {
  const stream = new ClassStream(labels, 4, new Random(3));
  stream.next([0, 1, 0, 2], 3);
  const resumed = new ClassStream(labels, 4, new Random(3));
  resumed.load(JSON.parse(JSON.stringify(stream.state())));
  expect(resumed.next([0, 1, 2], 7)).toEqual(stream.next([0, 1, 2], 7));
  expect(() => stream.next([3], 1)).toThrow(/Class 3 has no items/);
  expect(() => new ClassStream(labels, 3, new Random(3)).load(stream.state())).toThrow(/4 classes, the data 3/);
  expect(() => new ClassStream([...labels, 3], 4, new Random(3)).load(stream.state())).toThrow(/Class 3/);
  expect(() => new ClassStream(labels, 2, new Random(3))).toThrow(/label 2/);
});
