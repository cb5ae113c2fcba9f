import { expect, test } from "vitest";
import { answersOf } from "../../../../src/data/scenes/index.js";
import { answerParts, readChoice, sameAnswer } from "../../../../src/loops/diagnostic/endpoint/understand.js";

const numbers = answersOf("count");
const places = answersOf("position");
const yesNo = ["yes", "no"];

test.each([
  ["3", numbers, "3"],
  ["Three.", numbers, "3"],
  ["**3**", numbers, "3"],
  ["There are three red circles.", numbers, "3"],
  ["I see 2 and 1 more, so the answer is 3.", numbers, "3"],
  ["2 + 1 = 3, so \\boxed{3}", numbers, "3"],
  ["<think>maybe 5 or 6</think>\n4", numbers, "4"],
  ["<think>it may be 5", numbers, null],
  ["Looking closely: 2 here.\n\nAnswer: 4", numbers, "4"],
  ["3 or 4", numbers, null],
  ["12", numbers, null],
  ["", numbers, null],
  ["The center", places, "centre"],
  ["At the top-left of the picture", places, "top left"],
  ["top", places, null],
  ["Yes, it is.", yesNo, "yes"],
  ["No", yesNo, "no"],
  ["I do not know", yesNo, null],
  ["yes and no", yesNo, null],
  ["It is a Red Circle", answersOf("odd"), "red circle"],
  [">", ["<", ">", "="], ">"],
  ["the sign is <", ["<", ">", "="], "<"],
  ["😢", ["😀", "😢"], "😢"],
  ["+", ["+", "-"], "+"],
  ["C++", ["C", "C++", "C#"], "C++"],
  ["It is C#.", ["C", "C++", "C#"], "C#"],
  ["A-", ["A", "A-"], "A-"],
])("%j is the choice %j", (said, choices, meant) => {
  expect(readChoice(said, choices)).toBe(meant);
});

test.each([
  ["Paris", ["paris"], true],
  ["The answer is Paris.", ["Paris"], true],
  ["London", ["Paris"], false],
  ["Paris or London", ["Paris"], false],
  ["the Eiffel Tower", ["Eiffel tower", "La tour Eiffel"], true],
  ["1,200", ["1200"], true],
  ["$1200.00", ["1200"], true],
  ["42 km", ["42"], true],
  ["42.5", ["42"], false],
  ["I count four of them.", ["4"], true],
  ["3 of 4", ["4"], false],
  ["1,200,000 people", ["1200000"], true],
  ["12/4", ["12"], false],
  ["H2O", ["2"], false],
  ["-3", ["3"], false],
  ["-3", ["-3"], true],
  ["B", ["B"], true],
  ["(B) a cat", ["B"], true],
  ["B. a cat", ["B"], true],
  ["A cat", ["B"], false],
  ["\\boxed{\\text{seven}}", ["7"], true],
  ["", ["no"], false],
  ["😢", ["😀"], false],
  ["😀", ["😀"], true],
  ["x > y", ["x < y"], false],
  ["C++", ["C#"], false],
  ["C++", ["C"], false],
  ["की", ["कि"], false],
  ["cafe\u0301", ["café"], true],
  ["\u22121", ["-1"], true],
  ["\u22121", ["1"], false],
  ["A-", ["A"], false],
  ["The answer is 4.\nI counted 5 shelves.", ["5"], false],
  ["\\boxed{4}\n5", ["5"], false],
  ["\\boxed{4}\n5", ["4"], true],
  ["The answer is Paris.\nLondon", ["London"], false],
  ["Option B", ["B"], true],
  ["It is B.", ["B"], true],
  ["b", ["B"], true],
  ["I believe it is B", ["B"], true],
  ["A brown dog", ["A"], false],
  ["It is A.", ["A"], true],
  ["B or C", ["B"], false],
])("%j is %j: %j", (said, right, same) => {
  expect(sameAnswer(said, right)).toBe(same);
});

test("what is marked as the answer comes before the last line, and that before all", () => {
  expect(answerParts("I think.\nSo the answer is 4\nHope it helps")[0]).toBe("4");
  expect(answerParts("one\ntwo")).toEqual(["two", "one\ntwo"]);
});
