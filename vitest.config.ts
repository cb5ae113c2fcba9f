import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const source = (path: string) => fileURLToPath(new URL(`src/${path}`, import.meta.url));

// Files run two at a time: the suite is meant for two cores, and each native session uses up to two threads.
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
  test: { include: ["test/**/*.test.ts"], testTimeout: 120_000, hookTimeout: 120_000, pool: "forks", maxWorkers: 2 },
});
