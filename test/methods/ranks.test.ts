import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import type { RunResult, TrainOptions } from "../../src/train/index.js";
import { ranksTogether } from "../fixtures/ranks.js";
import { smallRuns } from "./small-runs.js";

const root = mkdtempSync(join(tmpdir(), "fewstep-ranks-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const history = (out: string): Record<string, number | string>[] =>
  readFileSync(join(out, "metrics.jsonl"), "utf8")
    .trim()
    .split("\n")
    .map((line) => ({ ...JSON.parse(line), seconds: 0, imagesPerSecond: 0 }));

/** The largest difference of two histories, each number by its size. */
function apart(a: ReturnType<typeof history>, b: ReturnType<typeof history>): number {
  expect(b.length).toBe(a.length);
  return Math.max(
    ...a.flatMap((row, i) => {
      expect(Object.keys(b[i])).toEqual(Object.keys(row));
      return Object.entries(row).map(([name, value]) => {
        const other = b[i][name];
        if (typeof value !== "number" || typeof other !== "number") return value === other ? 0 : Number.NaN;
        return Math.abs(value - other) / Math.max(1, Math.abs(value));
      });
    }),
  );
}

describe.each(Object.entries(smallRuns))("%s", { timeout: 600_000 }, (method, train) => {
  const quiet = { threads: 1, sampleEvery: 0 };
  const run = async (size: number): Promise<{ out: string; results: RunResult[]; said: string[] }> => {
    const out = join(root, `${method}-${size}`);
    const said: string[] = [];
    const onProgress: TrainOptions["onProgress"] = (event) => event.type === "warning" && said.push(event.message);
    if (size === 1) return { out, results: [await train({ ...quiet, out, onProgress })], said };
    const { all } = ranksTogether(size);
    const results = await Promise.all(all.map((ranks) => train({ ...quiet, out, ranks, onProgress })));
    return { out, results, said };
  };

  // Groups of drifting are classes, of which these pictures have two
  const size = method === "drifting" || method === "flow" ? 2 : 3;

  test(`one rank and ${size} train the same, step by step`, async () => {
    const [one, more] = [await run(1), await run(size)];
    for (const { status } of more.results) expect(status).toBe("finished");
    expect(more.said).toEqual([]);
    // A step is the same within 1e-6 or so; over stages, of which each begins with what the last one ended with, it adds up
    expect(apart(history(one.out), history(more.out))).toBeLessThan(1e-4);
  });
});
