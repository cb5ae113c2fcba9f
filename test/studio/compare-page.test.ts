import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { dataOf, evaluationWith, figureOf } from "../../studio/src/lib/cards.js";
import { changesOf, shippedName, whichOf } from "../../studio/src/lib/changes.js";
import { classesOf, groupsOf, median } from "../../studio/src/pages/compare/groups.js";
import { linearScale, logScale } from "../../studio/src/pages/compare/scale.js";

const card = (name: string) => JSON.parse(readFileSync(`models/${name}/metrics.json`, "utf8"));

describe("models of one data set", () => {
  const image = { height: 28, width: 28, channels: 1 };
  const classNames = ["a", "b"];

  test("are those whose cards name it; a model without a card joins its like", () => {
    const entries = [
      { name: "one", classNames, image, metrics: [{ nfe: 1, data: "letters", metrics: [] }] },
      { name: "mine", classNames, image },
      { name: "two", classNames, image, metrics: [{ nfe: 4, data: "letters", metrics: [] }] },
      { name: "free", classNames: null, image, metrics: null },
    ];
    const names = groupsOf(entries).map(({ name, entries: own }) => [name, own.map((one) => one.name)]);
    expect(names).toEqual([
      ["letters", ["one", "mine", "two"]],
      ["no classes, 28×28", ["free"]],
    ]);
  });

  test("have the classes that any of them has, each once", () => {
    const [none, ab, bc] = [null, ["a", "b"], ["b", "c"]].map((classNames) => ({ classNames }));
    expect(classesOf([none, ab, bc])).toEqual(["a", "b", "c"]);
    expect(classesOf([none])).toBeNull();
  });

  test("the shipped cards tell their data, and figures by evaluations", () => {
    for (const name of ["drifting-fashion", "sphere-fashion", "flow-fashion"])
      expect(dataOf(card(name)), name).toBe("fashion-mnist");
    const four = evaluationWith(card("sphere-fashion"), 7)!;
    expect(figureOf(four, "Fréchet distance on classifier")!.value).toBeCloseTo(9.76, 1);
    expect(evaluationWith(card("sphere-fashion"), 6)).toBeUndefined();
  });
});

describe("a newer list of the models", () => {
  const [a, b] = [
    { name: "a", version: "1" },
    { name: "b", version: "1" },
  ];
  const mine = { name: "a (yours)", files: {} };

  test("keeps a model in use as it was loaded, and says that it has changed", () => {
    const now = [
      { name: "a", version: "2" },
      { name: "b", version: "2" },
      { name: "c", version: "1" },
    ];
    const { list, changed } = changesOf([mine, a, b], now, new Set(["a"]));
    expect(list).toEqual([mine, a, now[1], now[2]]);
    expect(list![1]).toBe(a);
    expect(changed).toEqual([now[0]]);
  });

  test("changes nothing where nothing has changed, but for the model in use", () => {
    expect(changesOf([mine, a], [{ ...a }], new Set(["a"]))).toEqual({ list: null, changed: [] });
    expect(changesOf([a], [{ name: "a", version: "2" }], new Set(["a"])).list).toBeNull();
    expect(changesOf([a, b], [{ ...a }], new Set()).list).toEqual([a]);
  });

  test("two models of one name are told apart", () => {
    const all = [{ name: "a" }, { name: "a@shipped", shipped: true }, { name: "b" }];
    expect(whichOf(all[0], all)).toBe("the one of a folder that is served; 2 are called a");
    expect(whichOf(all[1], all)).toBe("the shipped one; 2 are called a");
    expect(whichOf(all[2], all)).toBeNull();
    expect([shippedName("a@shipped"), shippedName("a@b")]).toEqual(["a", "a@b"]);
  });
});

describe("scales", () => {
  test("logarithmic ones are round and hold all values", () => {
    const { ticks, at } = logScale([0.5247, 124]);
    expect(ticks).toEqual([1, 10, 100]);
    expect(at(0.2)).toBeCloseTo(0);
    expect(at(200)).toBeCloseTo(1);
    expect(at(Math.sqrt(0.2 * 200))).toBeCloseTo(0.5);
    expect(logScale([3, 4]).ticks).toEqual([2, 5]);
    expect(logScale([]).ticks.length).toBeGreaterThan(1);
    expect(logScale([0, -1, 3]).at(3)).toBeGreaterThan(0);
  });

  test("linear ones go in round steps", () => {
    const { ticks, at } = linearScale([0.741, 0.965]);
    expect(ticks).toEqual([0.7, 0.8, 0.9, 1]);
    expect(at(0.85)).toBeCloseTo(0.5);
    expect(linearScale([2, 2]).at(2)).toBeCloseTo(0.5);
    expect(linearScale([]).at(0.5)).toBeCloseTo(0.5);
  });

  test("the median of times", () => {
    expect(median([5, 1, 9])).toBe(5);
    expect(median([4, 2])).toBe(3);
    expect(median([])).toBeNaN();
  });
});
