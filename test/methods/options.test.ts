import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { smallRuns } from "./small-runs.js";

const root = mkdtempSync(join(tmpdir(), "fewstep-options-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

test.each(Object.entries(smallRuns))(
  "%s refuses options of a run that it has not, and writes nothing",
  async (_, train) => {
    const out = join(root, "run");
    const run = (given: object) => train({ out, device: "cpu", ...given } as never);
    await expect(run({ plase: "device" })).rejects.toThrow(/takes no "plase"; did you mean "place"/);
    await expect(run({ place: "gpu" })).rejects.toThrow('place must be "host" or "device", got "gpu"');
    await expect(run({ name: "" })).rejects.toThrow('name must be a text that is not empty, got ""');
    await expect(run({ resume: "yes" })).rejects.toThrow('resume must be true or false, got "yes"');
    await expect(run({ signal: 5 })).rejects.toThrow("signal must be an AbortSignal, got 5");
    expect(readdirSync(root)).toEqual([]);
  },
);
