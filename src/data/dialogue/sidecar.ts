import { readFile } from "node:fs/promises";
import { extname } from "node:path";
import { z } from "zod";
import { faults } from "../../io/faults.js";
import { reading } from "../../io/reading.js";
import { RELATIONS, TRAITS } from "../dialogue-dataset.js";
import { rows } from "../motion/captions.js";

const person = z.strictObject({
  id: z.string().min(1).optional(),
  traits: z.strictObject(Object.fromEntries(TRAITS.map((trait) => [trait, z.number().min(-10).max(10)]))).optional(),
});
const told = z.strictObject({
  relation: z.enum(RELATIONS).optional(),
  a: person.optional(),
  b: person.optional(),
});

/** What a sidecar says of a dialogue. */
export type Told = z.infer<typeof told>;

export const SIDECARS = ["dialogues.json", "dialogues.csv"];

const COLUMNS = [
  "name",
  "relation",
  ...["a", "b"].flatMap((side) => [side, ...TRAITS.map((trait) => `${side}_${trait}`)]),
];

/**
 * Reads dialogues.json, `{ "name": { "relation": "friend", "a": { "id": "ann", "traits": { "extraversion": 0.4, … } } } }`,
 * or dialogues.csv with the columns name, relation, a, b, a_extraversion, …; traits are z-scores.
 * @throws with the place where it is broken
 */
export async function readDialogueSidecar(path: string): Promise<Map<string, Told>> {
  const text = await reading(path, () => readFile(path, "utf8"));
  const entries = extname(path) === ".json" ? Object.entries(parsed(text, path)) : [...table(text, path)];
  return new Map(
    entries.map(([name, value]) => {
      const found = told.safeParse(value);
      if (!found.success) throw new Error(`${path}, ${name}: ${faults(found.error, value)}.`);
      return [name, found.data];
    }),
  );
}

function parsed(text: string, path: string): object {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Error(`${path} is no JSON: ${(error as Error).message}.`);
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  throw new Error(`${path} must be an object with what is known of each dialogue by its name.`);
}

function* table(text: string, path: string): Generator<[string, unknown]> {
  let header: string[] | undefined;
  for (const { line, cells } of rows(text, ",")) {
    if (!header) {
      header = cells.map((cell) => cell.trim());
      const odd = header.find((column) => !COLUMNS.includes(column));
      if (odd !== undefined || !header.includes("name"))
        throw new Error(
          `${path}: ${odd === undefined ? "there is no column name" : `the column "${odd}" is unknown`}; columns are ${COLUMNS.join(", ")}.`,
        );
      continue;
    }
    const cell = (column: string): string | undefined => cells[header!.indexOf(column)]?.trim() || undefined;
    const name = cell("name");
    if (name === undefined) throw new Error(`${path}, line ${line}: there is no name.`);
    const one = (side: string) => {
      const traits = Object.fromEntries(
        TRAITS.flatMap((trait) => {
          const value = cell(`${side}_${trait}`);
          return value === undefined ? [] : [[trait, Number(value)]];
        }),
      );
      return { ...(cell(side) && { id: cell(side) }), ...(Object.keys(traits).length > 0 && { traits }) };
    };
    yield [name, { ...(cell("relation") && { relation: cell("relation") }), a: one("a"), b: one("b") }];
  }
}

/** A person's z-scores in the order of TRAITS; null where they are not told. */
export const traitsOf = (traits: NonNullable<Told["a"]>["traits"]): Float32Array | null =>
  traits ? Float32Array.from(TRAITS, (trait) => traits[trait]) : null;
