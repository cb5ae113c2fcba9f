import { expect, test } from "vitest";
import { classChoices } from "../../studio/src/lib/classes.js";

test("classes that belong to another stand in its group, by their own name; the others stand alone", () => {
  expect(classChoices(["Shirt", "Food & Drink / food-fruit", "A / b / c"])).toEqual([
    { value: "0", label: "Shirt" },
    { value: "1", label: "food-fruit", group: "Food & Drink" },
    { value: "2", label: "b / c", group: "A" },
  ]);
});
