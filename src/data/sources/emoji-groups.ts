import { BELONGS } from "../class-names.js";

/** The categories of Unicode's list of emoji, in its order. */
export const CATEGORIES = [
  "Smileys & Emotion",
  "People & Body",
  "Animals & Nature",
  "Food & Drink",
  "Travel & Places",
  "Activities",
  "Objects",
  "Symbols",
  "Flags",
];

/** Groups of one to three emoji, with the group of the same category that they are counted to. */
const COUNTED_TO: Readonly<Record<string, string>> = {
  "animal-amphibian": "animal-reptile",
  currency: "math",
  "face-glasses": "face-hat",
  gender: "other-symbol",
  "hand-prop": "hands",
  hotel: "place-building",
  "monkey-face": "cat-face",
  "subdivision-flag": "country-flag",
};

/** The class of a group of a category: "Food & Drink / food-fruit". */
export const groupClass = (category: string, group: string): string =>
  category + BELONGS + (COUNTED_TO[group] ?? group);

/** Classes, each once: by category, then by group. */
export const inOrder = (classes: Iterable<string>): string[] => {
  const category = (name: string) => CATEGORIES.indexOf(name.split(BELONGS)[0]);
  return [...new Set(classes)].sort((a, b) => category(a) - category(b) || (a < b ? -1 : 1));
};
