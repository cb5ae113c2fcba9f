import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { SKILLS } from "../../../data/scenes/index.js";
import { WrongUse } from "../../../io/wrong-use.js";

/** What an endpoint is asked; kept in the folder, and the same when it is gone on with. */
const planSchema = z.object({
  format: z.literal(1),
  address: z.url(),
  model: z.string(),
  /** A JSONL file of one's own, with the checksum of it and its pictures; null: questions about scenes. */
  questions: z.object({ path: z.string(), sha256: z.string() }).nullable(),
  /** Of scenes: which skills are asked for, how many questions of each, and which. */
  skills: z.array(z.enum(SKILLS)).min(1).nullable(),
  count: z.int().positive().nullable(),
  seed: z.int().nonnegative(),
  temperature: z.number(),
  maxTokens: z.int().positive(),
});
export type EndpointPlan = z.infer<typeof planSchema>;

export const PLAN = "endpoint.json";
export const LEDGER = "ledger.jsonl";
/** What stands in folders of other kinds. */
const OTHERS = ["config.json", "checkpoints", "improve.json"];

/** @throws WrongUse where a folder holds something already */
export function requireFresh(out: string): void {
  if (existsSync(join(out, PLAN)))
    throw new WrongUse(`${out} already holds a diagnosis. Go on with it by --resume ${out}, or choose another folder.`);
  const other = OTHERS.find((name) => existsSync(join(out, name)));
  if (other) throw new WrongUse(`${out} already holds a run, a model or an improvement; choose another folder.`);
}

/** The plan of a folder. @throws WrongUse where there is none; Error where it is damaged */
export async function readPlan(out: string): Promise<EndpointPlan> {
  const path = join(out, PLAN);
  const text = await readFile(path, "utf8").catch(() => null);
  if (text === null) throw new WrongUse(`There is no diagnosis of an endpoint in ${out}: it has no ${PLAN}.`);
  try {
    return planSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new Error(`${path} is damaged, or of another version. Begin anew in another folder.`, { cause });
  }
}
