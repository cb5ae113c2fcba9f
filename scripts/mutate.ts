// npm run mutate -- [paths] [--sample n --seed s] [--all]: changes the source piece by piece and lists the changes that
// no test notices.
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { parseArgs } from "node:util";
import { Stryker } from "@stryker-mutator/core";
import { wilson } from "../src/metrics/wilson.js";
import { mutator, only, sample } from "./mutate/sample.js";

const usage = `npm run mutate -- [folders or files under src] [--sample n] [--seed s] [--all] [--fresh]
  Without a path: src/methods, src/judges, src/metrics, src/data. A file may name lines: src/metrics/kid.ts:10-20.
  Every part is judged by the tests that mirror it (src/metrics by test/metrics); --all: by every test that imports it.
  --sample tries only so many changes of each path, chosen by --seed and spread over its files.
  Results are kept in .cache/mutation, so that a second run only tries what has changed; --fresh: from the beginning.`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    all: { type: "boolean", default: false },
    fresh: { type: "boolean", default: false },
    help: { type: "boolean", short: "h", default: false },
    sample: { type: "string" },
    seed: { type: "string" },
  },
});
const parts = positionals.length > 0 ? positionals : ["methods", "judges", "metrics", "data"].map((f) => `src/${f}`);

/** The part without its line numbers. */
const place = (part: string) => relative(".", part.replace(/:[\d:-]+$/, ""));
const isFolder = (path: string) => existsSync(path) && statSync(path).isDirectory();

/** The files of a place. */
const filesOf = (at: string): string[] =>
  isFolder(at)
    ? readdirSync(at, { recursive: true, encoding: "utf8" })
        .filter((name) => name.endsWith(".ts"))
        .map((name) => join(at, name))
        .sort()
    : [at];

/** The tests that mirror a place in src: those of its own name, or else of the folder around it. */
function testsOf(at: string): string {
  const mirrored = join("test", relative("src", at)).replace(/\.ts$/, "");
  if (existsSync(`${mirrored}.test.ts`)) return `${mirrored}.test.ts`;
  if (isFolder(mirrored)) return join(mirrored, "**/*.test.ts");
  return testsOf(dirname(at));
}

/** The source files that import one. */
const importersOf = (file: string): string[] =>
  filesOf("src").filter((other) =>
    Array.from(readFileSync(other, "utf8").matchAll(/"(\.[^"]+)\.js"/g), ([, path]) =>
      join(dirname(other), `${path}.ts`),
    ).includes(file),
  );

/**
 * The tests of a file's own name; without them those of its folder that name it or its exports, or else of any folder;
 * without these the tests of the files that import it.
 */
function closestTests(file: string): string[] {
  const tests = testsOf(file);
  const folder = tests.replace(/\/\*\*.*$/, "");
  if (folder === tests) return [tests];
  const exported = readFileSync(file, "utf8").matchAll(/^export (?:async )?(?:const|class|function\*?) (\w+)/gm);
  const names = Array.from(exported, ([, name]) => `\\b${name}\\b`);
  const named = new RegExp([`/${relative("src", file).replace(/\.ts$/, "\\.js")}"`, ...names].join("|"));
  const naming = (place: string) =>
    filesOf(place).filter((test) => test.endsWith(".test.ts") && named.test(readFileSync(test, "utf8")));
  const close = [naming(folder), naming("test")].find((found) => found.length > 0);
  return close ?? [...new Set(importersOf(file).flatMap(closestTests))].sort();
}

type Mutants = Awaited<ReturnType<Stryker["runMutationTest"]>>;

/** Mutates `what`, judged by `tests`; the results are kept under `name`. */
async function run(what: string[], tests: string, name: string): Promise<Mutants> {
  process.env.MUTATE_TESTS = tests;
  return await new Stryker({
    mutate: what,
    testRunner: "vitest",
    plugins: ["@stryker-mutator/vitest-runner"],
    mutator,
    ignorePatterns: ["/dist", "/docs", "/out", "/runs", "/.cache", "/bench", "/examples", "*.log"],
    concurrency: 1,
    coverageAnalysis: "perTest",
    // Generous, because a machine that others use is slow at times; loops without an end are counted and found at once
    dryRunTimeoutMinutes: 60,
    timeoutMS: 60_000,
    timeoutFactor: 3,
    incremental: true,
    incrementalFile: `.cache/mutation/${name.replaceAll(/[^\w.-]/g, "-")}.json`,
    force: values.fresh,
    reporters: process.stdout.isTTY ? ["progress"] : ["dots"],
    logLevel: "warn" as never,
    warnings: { slow: false },
    allowConsoleColors: false,
    tempDirName: ".cache/stryker",
    vitest: { related: true, configFile: "scripts/mutate/vitest.config.ts" },
  } as never).runMutationTest();
}

const all = "test/**/*.test.ts";

/** Mutates one part and prints what survived. */
async function mutate(part: string): Promise<void> {
  const at = place(part);
  const tests = values.all ? all : testsOf(at);
  console.log(`${part}, judged by ${tests}`);
  only();
  const mutants = await run(isFolder(at) ? filesOf(at) : [part], tests, `${at}${values.all ? "-all" : ""}`);
  list(mutants.filter(({ fileName }) => isFolder(at) || relative(".", fileName) === at));
  score(mutants, true);
}

/** Mutates a sample of a place: files whose tests are the same go together. */
async function mutateSample(at: string, count: number, seed: number): Promise<void> {
  const { chosen, of } = await sample(filesOf(at), count, seed);
  console.log(`${at}: ${chosen.length} of ${of} changes, chosen by the seed ${seed}`);
  only(chosen);
  const groups = new Map<string, Set<string>>();
  for (const { fileName } of chosen) {
    const file = relative(".", fileName);
    const tests = values.all ? all : closestTests(file).join() || testsOf(dirname(file));
    groups.set(tests, (groups.get(tests) ?? new Set()).add(file));
  }
  const results: Mutants = [];
  for (const [tests, files] of groups) {
    console.log(`${[...files].join(" ")}, judged by ${tests}`);
    const key = createHash("sha256").update(tests).digest("hex").slice(0, 12);
    const mutants = (await run([...files], tests, `${at}-${count}-${seed}-${key}`)).filter(
      ({ fileName, status }) => files.has(relative(".", fileName)) && status !== "Ignored",
    );
    list(mutants);
    results.push(...mutants);
  }
  score(results, false);
}

const noticed = (status: string | undefined) => status === "Killed" || status === "Timeout";
const missed = (status: string | undefined) => status === "Survived" || status === "NoCoverage";

/** One line for each change that no test noticed. */
function list(mutants: Mutants): void {
  for (const { fileName, location, replacement, mutatorName, status, static: loads } of mutants) {
    if (status === "Killed" || status === "Ignored") continue;
    const where = `${relative(".", fileName)}:${location.start.line}:${location.start.column}`;
    const why = status === "NoCoverage" ? "no test runs it" : `${status}${loads ? ", runs when the module loads" : ""}`;
    console.log(`${where} ${mutatorName} → ${replacement.replace(/\s+/g, " ").slice(0, 100)} (${why})`);
  }
}

/** The share of the changes that was noticed, by file and in all; of a sample, with what it says about all changes. */
function score(mutants: Mutants, whole: boolean): void {
  const files = new Map<string, Mutants>();
  for (const mutant of mutants) {
    const file = relative(".", mutant.fileName);
    files.set(file, [...(files.get(file) ?? []), mutant]);
  }
  for (const [file, found] of [...files, ["all", mutants] as const]) {
    const killed = found.filter(({ status }) => noticed(status)).length;
    const total = killed + found.filter(({ status }) => missed(status)).length;
    if (total === 0) continue;
    const [low, high] = wilson(killed, total).map((share) => (100 * share).toFixed(0));
    const interval = whole || file !== "all" ? "" : ` (95 %: ${low} to ${high} %)`;
    console.log(`${`${((100 * killed) / total).toFixed(1)} %`.padStart(8)} ${killed}/${total} ${file}${interval}`);
  }
}

/** Wrong use. */
function refuse(what: string): never {
  console.error(`${what}\n${usage}`);
  process.exit(2);
}

const whole = (name: "sample" | "seed", least: number): number => {
  const value = Number(values[name]);
  if (!Number.isSafeInteger(value) || value < least || values[name] === "")
    refuse(`--${name} takes a whole number of at least ${least}, not ${values[name]}.`);
  return value;
};

if (values.help) console.log(usage);
else {
  const missing = positionals.find((part) => !existsSync(place(part)));
  if (missing !== undefined) refuse(`There is no ${missing}.`);
  if (values.sample === undefined) {
    if (values.seed !== undefined) refuse("--seed chooses a sample: give --sample too.");
    for (const part of parts) await mutate(part);
  } else {
    const lines = parts.find((part) => relative(".", part) !== place(part));
    if (lines !== undefined) refuse(`A sample is of whole files; ${lines} names lines.`);
    const count = whole("sample", 1);
    const seed = values.seed === undefined ? 1 : whole("seed", 0);
    for (const part of parts) await mutateSample(place(part), count, seed);
  }
}
