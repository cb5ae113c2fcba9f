import { defineConfig } from "vitest/config";

/** What vitest knows of a file of tests, a group in it or a test. */
interface Task {
  type: "suite" | "test";
  name: string;
  mode: string;
  tasks?: Task[];
  result?: { state: string; errors?: unknown[] };
}
const first = (task: Task): Task | undefined => (task.type === "test" ? task : task.tasks?.map(first).find(Boolean));

/** A file that fails as a whole, while it loads or before its first test, runs none: it fails in Stryker's eyes too. */
function failWhole(file: Task): void {
  if (file.result?.state !== "fail" || !file.result.errors?.length) return;
  const failed = first(file) ?? { type: "test", name: "loads", mode: "run", file, meta: {} };
  if (!first(file)) file.tasks!.push(failed as Task);
  Object.assign(failed, { mode: "run", result: { ...file.result, state: "fail" } });
}

// Which tests judge a part stands here and not in Stryker's `testFiles`: with that, a mutant in code that runs while a
// module loads is only switched on afterwards, and is never noticed.
export default defineConfig({
  test: {
    include: process.env.MUTATE_TESTS?.split(","),
    testTimeout: 1_200_000,
    hookTimeout: 1_200_000,
    reporters: [
      { onTestRunEnd: (files) => files.forEach((file) => void failWhole((file as never as { task: Task }).task)) },
    ],
  },
});
