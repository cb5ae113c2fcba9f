import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { writeFileAtomic } from "../io/atomic.js";

const schema = z.object({
  /** The stage's name. */
  stage: z.string(),
  /** Which of how many stages it is, from 1. */
  number: z.number().int().positive(),
  stages: z.number().int().positive(),
  /** Training steps of this stage. */
  steps: z.number().int().nonnegative(),
});
/** The stage that a run is in: what stage.json in its folder holds, so that others can say how far it is. */
export type StageFile = z.infer<typeof schema>;

const pathOf = (out: string) => join(out, "stage.json");

export const writeStage = (out: string, stage: StageFile): Promise<void> =>
  writeFileAtomic(pathOf(out), `${JSON.stringify(stage)}\n`);

/** Null of a run without one: its first stage has not begun, or an earlier version trained it. */
export async function readStage(out: string): Promise<StageFile | null> {
  const text = await readFile(pathOf(out), "utf8").catch(() => "null");
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    return null;
  }
}
