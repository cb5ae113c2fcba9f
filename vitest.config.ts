import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

const source = (path: string) => fileURLToPath(new URL(`src/${path}`, import.meta.url));

/** Files that take half a minute and more; they begin first, so that none of them is left alone at the end. */
const LONG = /runtime\/devices|studio\/|packaging\/|methods\/(determinism|discrete\/train)/;

class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const long = ({ moduleId }: TestSpecification) => Number(LONG.test(moduleId));
    return sorted.toSorted((a, b) => long(b) - long(a));
  }
}

// Files run three at a time, on the two cores that the suite is meant for, since many wait for browsers and processes. Each
// runtime has one thread where a test asks for no number: threads that wait for each other spin, and two files with two each
// took up to three times as long.
export default defineConfig({
  // The studio's engines import the package as pages do; here from its source
  resolve: {
    alias: {
      "fewstep/browser": source("browser.ts"),
      "fewstep/core": source("core.ts"),
      "fewstep/metrics": source("metrics/index.ts"),
      "fewstep/training": source("training.ts"),
    },
  },
  test: {
    include: ["test/**/*.test.ts"],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    pool: "forks",
    maxWorkers: 3,
    sequence: { sequencer: LongFirst },
    env: { FEWSTEP_THREADS: "1" },
  },
});
