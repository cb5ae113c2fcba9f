import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { TrainOptions } from "../../src/train/index.js";
import { driftingToTheEnd, smallRuns } from "./small-runs.js";

const root = mkdtempSync(join(tmpdir(), "fewstep-determinism-"));
// A program that is not told its number of threads would take it from here, and fails
beforeAll(() => void vi.stubEnv("FEWSTEP_THREADS", "what training was asked for"));
afterAll(() => {
  vi.unstubAllEnvs();
  rmSync(root, { recursive: true, force: true });
});

// Two threads that wait for each other take long where other programs hold the cores
describe.each(Object.entries({ ...smallRuns, drifting: driftingToTheEnd }))(
  "on two threads, %s",
  { timeout: 600_000 },
  (method, train) => {
    const quiet = { threads: 2, sampleEvery: 0, onProgress: () => {} };
    const weights = (run: string) => readFileSync(join(root, method, run, "model", "model.safetensors"));
    /** What each step reported, without how fast it was. */
    const history = (run: string) =>
      readFileSync(join(root, method, run, "metrics.jsonl"), "utf8")
        .trim()
        .split("\n")
        .map((line) => ({ ...JSON.parse(line), seconds: 0, imagesPerSecond: 0 }));

    // A third time in one go would say no more than the run that is stopped and resumed
    test("ends with the same bits twice, whether it draws samples or not", async () => {
      for (const [run, sampleEvery] of Object.entries({ first: 4, second: 0 }))
        expect((await train({ ...quiet, out: join(root, method, run), sampleEvery })).status).toBe("finished");
      expect(history("second")).toEqual(history("first"));
      expect(weights("second").equals(weights("first"))).toBe(true);
    });

    test("ends with the same bits when it is stopped after every four steps and resumed", async () => {
      const out = join(root, method, "stopped");
      let stops = 0;
      for (let steps = 0; ; stops++, steps = 0) {
        const stop = new AbortController();
        const onProgress: TrainOptions["onProgress"] = ({ type }) => {
          if (type === "step" && ++steps === 4) stop.abort();
        };
        const { status } = await train({ ...quiet, out, resume: stops > 0, signal: stop.signal, onProgress });
        if (status === "finished") break;
        expect(stops).toBeLessThan(10);
      }
      expect(stops).toBeGreaterThan(0);
      expect(history("stopped")).toEqual(history("first"));
      expect(weights("stopped").equals(weights("first"))).toBe(true);
    });
  },
);
