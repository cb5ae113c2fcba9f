import { expect, test } from "vitest";
import { resolveLabels } from "../../src/models/inputs.js";

const index = (label: string | number, names: readonly string[]) => resolveLabels(label, 1, names)[0];

test("a class is found by its exact name before all else", () => {
  expect(index("cat", ["Cat", "cat", "CAT"])).toBe(1);
  expect(index("CAT", ["Cat", "cat", "CAT"])).toBe(2);
  expect(() => index("cAt", ["Cat", "cat"])).toThrow(/"cAt" may be "Cat" or "cat"; give the exact name/);
  expect(index("CAT", ["dog", "Cat"])).toBe(1);
});

test("a number is a name before it is a place; where all names are numbers it is never a place", () => {
  const fromOne = ["1", "2", "3", "10"];
  expect(index("10", fromOne)).toBe(3);
  expect(index(2, fromOne)).toBe(1);
  expect(() => index("0", fromOne)).toThrow(/no class "0"; the model knows 1, 2, 3, 10\./);
  expect(() => index(4, fromOne)).toThrow(/no class "4"/);
  expect(index("1", ["boat", "2"])).toBe(1);
  expect(index("2", ["boat", "2"])).toBe(1);
  expect(() => index("2", ["boat", "car 23"])).toThrow(/no class "2"; the model knows 0 boat, 1 car 23/);
});

test("one text in two spellings is one name, on either side", () => {
  const [composed, decomposed] = ["caf\u00e9", "cafe\u0301"];
  expect(index(decomposed, ["tea", composed])).toBe(1);
  expect(index(composed, ["tea", decomposed])).toBe(1);
  expect(index(composed.toUpperCase(), ["tea", decomposed])).toBe(1);
});

test("a part of a name is enough where no other has it", () => {
  const names = ["ankle boot", "T-shirt", "shirt"];
  expect(index("BOOT", names)).toBe(0);
  expect(index("shirt", names)).toBe(2);
  expect(() => index("irt", names)).toThrow(/"irt" may be "T-shirt" or "shirt"/);
});

test("what classes belong to stands for them in turn, from the seed on", () => {
  const names = ["Food & Drink / drink", "Food & Drink / food", "Flags / flag", "Food"];
  const of = (label: Parameters<typeof resolveLabels>[0], count: number, seed?: number) => [
    ...resolveLabels(label, count, names, seed),
  ];
  expect(of("Food & Drink", 3)).toEqual([0, 1, 0]);
  expect(of("food & drink", 3, 5)).toEqual([1, 0, 1]);
  expect(of("food & drink", 2, -1)).toEqual([1, 0]);
  expect(of("Food", 2)).toEqual([3, 3]);
  expect(of("Flags", 1, 4)).toEqual([2]);
  expect(of(["Flags", "Food & Drink", "Food & Drink"], 3)).toEqual([2, 1, 0]);
  expect(of("Food & Drink / food", 2, 9)).toEqual([1, 1]);
  expect(() => of("Drink", 1)).toThrow(/may be/);
});

test("of many classes a message names what they belong to, or the first ones", () => {
  const kinds = ["Food & Drink", "Flags", "Food"];
  const many = kinds.flatMap((kind) => Array.from({ length: 30 }, (_, i) => `${kind} / kind-${i}`));
  const told = (label: string, names: readonly string[]) => {
    try {
      return String(index(label, names));
    } catch (error) {
      return (error as Error).message;
    }
  };
  expect(told("cat", many)).toBe(
    'There is no class "cat"; the model knows 90 classes, of "Food & Drink", "Flags", "Food", such as ' +
      "0 Food & Drink / kind-0.",
  );
  expect(told("Flags / kind-2", many)).toBe("32");
  expect(told("drink / kind-2", many)).toMatch(
    /^"drink \/ kind-2" may be .*; give the exact name or number of one, or "Food & Drink" for all of it: /,
  );
  expect(told("kind-1", many)).toMatch(/ or 13 more; give the exact name or number of one: 90 classes, of /);
  const thousand = Array.from({ length: 1000 }, (_, i) => `${i}`);
  expect(told("tench", thousand)).toMatch(/the model knows 1000 classes: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, … 999\.$/);
});
