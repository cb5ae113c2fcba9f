import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** What every campaign is given. The same seed gives the same choices; what the machine makes of them may differ. */
export interface CampaignOptions {
  seed: number;
  log(line: string): void;
  /** No new try is begun after this moment, in milliseconds of `Date.now()`. */
  until?: number;
}

export const timeLeft = ({ until = Number.POSITIVE_INFINITY }: CampaignOptions): boolean => Date.now() < until;

/** Runs `body` with a fresh folder, which is removed afterwards unless `body` says that it holds evidence. */
export async function inFolder<T extends { failures: string[] }>(
  name: string,
  log: CampaignOptions["log"],
  body: (folder: string) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), `fewstep-${name}-`));
  const result = await body(folder);
  if (result.failures.length === 0) rmSync(folder, { recursive: true, force: true });
  else log(`What the failures left is in ${folder}.`);
  return result;
}
