import { BELONGS } from "fewstep/page";

export interface ClassChoice {
  /** Its number in figures. */
  value: string;
  label: string;
  /** What it belongs to. */
  group?: string;
}

/** The classes of a model to choose from; "Food & Drink / food-fruit" is "food-fruit" in the group "Food & Drink". */
export const classChoices = (names: readonly string[]): ClassChoice[] =>
  names.map((name, i) => {
    const [value, at] = [String(i), name.indexOf(BELONGS)];
    return at < 0
      ? { value, label: name }
      : { value, label: name.slice(at + BELONGS.length), group: name.slice(0, at) };
  });
