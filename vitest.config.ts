import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

const source = (path: string) => fileURLToPath(new URL(`src/${path}`, import.meta.url));

/** Files that take half a minute and more; they begin first, so that none of them is left alone at the end. */
const LONG = /runtime\/devices|studio\/|packaging\/|methods\/(determinism|discrete\/train)/;

/**
 * Files with a process of their own: of rooms that watch signals, register methods or ops, measure memory or start programs, and those
 * that change what others would see. All others share a process with those before them, which spares each the modules that they all import.
 */
const APART = [
  "test/*.test.ts",
  "test/{cli,loops,packaging,runtime,server,studio,tensor,torture,train}/**/*.test.ts",
  "test/methods/{determinism,discrete/train}.test.ts",
  "test/models/load.test.ts",
  "test/optim/kernels.test.ts",
];

/** Long files, then those apart, then those together, whose process would end at each of another kind. */
class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const place = ({ moduleId, project }: TestSpecification) =>
      LONG.test(moduleId) ? 0 : project.name === "apart" ? 1 : 2;
    return sorted.toSorted((a, b) => place(a) - place(b));
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
      "fewstep/page": source("page.ts"),
      "fewstep/scenes": source("scenes.ts"),
    },
  },
  test: {
    projects: [
      { extends: true, test: { name: "apart", include: APART } },
      { extends: true, test: { name: "together", include: ["test/**/*.test.ts"], exclude: APART, isolate: false } },
    ],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    pool: "forks",
    maxWorkers: 3,
    sequence: { sequencer: LongFirst },
    setupFiles: ["test/equality.ts"],
    env: { FEWSTEP_THREADS: "1" },
  },
});
