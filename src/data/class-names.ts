/** Stands between a class's name and what it belongs to, as in "Food & Drink / food-fruit". */
export const BELONGS = " / ";

/** What classes belong to, by their names: each once, in the order of the classes. */
export const upperNames = (names: readonly string[]): string[] => [
  ...new Set(
    names.flatMap((name) => {
      const parts = name.split(BELONGS);
      return parts.slice(1).map((_, i) => parts.slice(0, i + 1).join(BELONGS));
    }),
  ),
];

/** Whether a class of this name belongs to what `upper` names. */
export const belongsTo = (name: string, upper: string): boolean => name.startsWith(upper + BELONGS);
