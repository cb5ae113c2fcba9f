import { defineConfig } from "vitest/config";

// Files run two at a time: the suite is meant for two cores, and each native session uses up to two threads.
export default defineConfig({
  test: { include: ["test/**/*.test.ts"], testTimeout: 120_000, hookTimeout: 120_000, pool: "forks", maxWorkers: 2 },
});
