import { defineConfig } from "vitest/config";

// Which tests judge a part stands here and not in Stryker's `testFiles`: with that, a mutant in code that runs while a
// module loads is only switched on afterwards, and is never noticed.
export default defineConfig({
  test: { include: process.env.MUTATE_TESTS?.split(","), testTimeout: 1_200_000, hookTimeout: 1_200_000 },
});
