// npm run mutate -- [paths] [--all]: changes the source piece by piece and lists the changes that no test notices.
import { existsSync, statSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { parseArgs } from "node:util";
import { Stryker } from "@stryker-mutator/core";

const usage = `npm run mutate -- [folders or files under src] [--all]
  Without a path: src/methods, src/judges, src/metrics, src/data. A file may name lines: src/metrics/kid.ts:10-20.
  Every part is judged by the tests that mirror it (src/metrics by test/metrics); --all: by every test that imports it.
  Results are kept in .cache/mutation, so that a second run only tries what has changed; --fresh: from the beginning.`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    all: { type: "boolean", default: false },
    fresh: { type: "boolean", default: false },
    help: { type: "boolean", short: "h", default: false },
  },
});
const parts = positionals.length > 0 ? positionals : ["methods", "judges", "metrics", "data"].map((f) => `src/${f}`);

/** The part without its line numbers. */
const place = (part: string) => relative(".", part.replace(/:[\d:-]+$/, ""));

/** The tests that mirror a place in src: those of its own name, or else of the folder around it. */
function testsOf(at: string): string {
  const mirrored = join("test", relative("src", at)).replace(/\.ts$/, "");
  if (existsSync(`${mirrored}.test.ts`)) return `${mirrored}.test.ts`;
  if (existsSync(mirrored) && statSync(mirrored).isDirectory()) return join(mirrored, "**/*.test.ts");
  return testsOf(dirname(at));
}

/** Mutates one part and prints what survived. */
async function mutate(part: string): Promise<void> {
  const at = place(part);
  const tests = values.all ? "test/**/*.test.ts" : testsOf(at);
  const folder = statSync(at).isDirectory();
  console.log(`${part}, judged by ${tests}`);
  const mutants = await new Stryker({
    mutate: [folder ? `${at}/**/*.ts` : part],
    testFiles: [tests],
    testRunner: "vitest",
    plugins: ["@stryker-mutator/vitest-runner"],
    // Texts of messages are not what the tests are about, and most settings are texts and numbers
    mutator: { excludedMutations: ["StringLiteral"] },
    ignorePatterns: ["/dist", "/docs", "/out", "/runs", "/.cache", "/bench", "/examples", "*.log"],
    concurrency: 2,
    coverageAnalysis: "perTest",
    timeoutMS: 30_000,
    incremental: true,
    incrementalFile: `.cache/mutation/${at.replaceAll("/", "-")}${values.all ? "-all" : ""}.json`,
    force: values.fresh,
    reporters: process.stdout.isTTY ? ["progress"] : ["progress-append-only"],
    logLevel: "warn" as never,
    allowConsoleColors: false,
    tempDirName: ".cache/stryker",
    vitest: { related: true, configFile: "vitest.config.ts" },
  } as never).runMutationTest();
  report(mutants.filter(({ fileName }) => folder || relative(".", fileName) === at));
}

type Mutants = Awaited<ReturnType<Stryker["runMutationTest"]>>;
const noticed = (status: string | undefined) => status === "Killed" || status === "Timeout";
const missed = (status: string | undefined) => status === "Survived" || status === "NoCoverage";

/** One line for each change that no test noticed, then the share that was noticed, by file. */
function report(mutants: Mutants): void {
  const files = new Map<string, Mutants>();
  for (const mutant of mutants) {
    const file = relative(".", mutant.fileName);
    files.set(file, [...(files.get(file) ?? []), mutant]);
  }
  for (const [file, found] of files)
    for (const { location, replacement, mutatorName, status } of found)
      if (missed(status)) {
        const { line, column } = location.start;
        const shown = replacement.replace(/\s+/g, " ");
        const why = status === "NoCoverage" ? " (no test runs it)" : "";
        console.log(`${file}:${line}:${column} ${mutatorName} → ${shown.slice(0, 100)}${why}`);
      }
  for (const [file, found] of [...files, ["all", mutants] as const]) {
    const killed = found.filter(({ status }) => noticed(status)).length;
    const total = killed + found.filter(({ status }) => missed(status)).length;
    if (total > 0) console.log(`${`${((100 * killed) / total).toFixed(1)} %`.padStart(8)} ${killed}/${total} ${file}`);
  }
}

if (values.help) console.log(usage);
else {
  const missing = positionals.find((part) => !existsSync(place(part)));
  if (missing !== undefined) {
    console.error(`There is no ${missing}.\n${usage}`);
    process.exit(2);
  }
  for (const part of parts.filter((part) => existsSync(place(part)))) await mutate(part);
}
