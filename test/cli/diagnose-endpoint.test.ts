import type { ChildProcess } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { sceneImages } from "../../src/data/scenes/index.js";
import { requireEmpty } from "../../src/loops/diagnostic/export/index.js";
import { writeModel } from "../../src/models/files.js";
import { chanceOf, type FakeEndpoint, fakeEndpoint, probeScenes, TOKENS } from "../loops/diagnostic/endpoint/server.js";
import { madeModel } from "../methods/vision-language/made.js";
import { command } from "./command.js";
import { inProcess } from "./in-process.js";

const root = mkdtempSync(join(tmpdir(), "fewstep-diagnose-endpoint-"));
const cache = join(root, "cache");
const fewstep = inProcess(cache);
const servers: FakeEndpoint[] = [];
afterAll(() => rmSync(root, { recursive: true, force: true }));
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const one of servers.splice(0)) await one.close();
});
const SKILLS = ["colour", "count"] as const;
const known = probeScenes(SKILLS, 20);
const serve = async (options: Parameters<typeof fakeEndpoint>[0] = {}) => {
  const one = await fakeEndpoint({ known, ...options });
  servers.push(one);
  return one;
};
/** Sees red as blue. */
const says = (right: string) => (right === "red" ? "blue" : right);
const args = (url: string, out: string, ...more: string[]) => [
  ...["diagnose", url, "--model", "seen", "--skills", SKILLS.join(","), "--count", "20", "--out", out, ...more],
];
const json = (path: string) => JSON.parse(readFileSync(path, "utf8"));

test("an endpoint is diagnosed as a table and as JSON, with a report, a ledger, and lessons for a trainer", async () => {
  const token = "sk-nobody-may-see-this";
  vi.stubEnv("FEWSTEP_API_KEY", token);
  const server = await serve({ says });
  const [out, lessons] = [join(root, "seen"), join(root, "lessons")];
  const run = await fewstep(args(server.url, out, "--export", lessons, "--for", "ms-swift", "--items", "20"));
  expect(run.code, run.stderr).toBe(0);
  expect(run.stdout).toMatch(/colour.*\n.*count/s);
  expect(run.stderr).toContain(
    `seen at ${server.url} is asked: Questions about made pictures (20 questions of 2 skills each)`,
  );
  expect(run.stderr).toContain("with a token. Nothing else is sent.");
  expect(run.stderr).toContain(
    `Train with: cd ${lessons} && ROOT_IMAGE_DIR=. swift rlhf --rlhf_type grpo --model seen`,
  );
  const told = json(join(out, "diagnosis.json"));
  expect(told.skills.map(({ skill }: { skill: string }) => skill)).toEqual(["colour", "count"]);
  expect(told.skills[1].accuracy).toBe(1);
  expect(told.failures[0]).toMatchObject({ skill: "colour", answer: "red", said: "blue", cause: "perception" });
  expect(told.spent).toMatchObject({ calls: server.seen.length, unanswered: 0 });
  expect(server.seen.every(({ authorization }) => authorization === `Bearer ${token}`)).toBe(true);
  expect(readdirSync(out).sort()).toEqual(["diagnosis.json", "endpoint.json", "ledger.jsonl", "report.html"]);
  const everything = [run.stdout, run.stderr, ...readdirSync(out).map((name) => readFileSync(join(out, name), "utf8"))];
  expect(everything.filter((text) => text.includes(token))).toEqual([]);
  expect(readFileSync(join(out, "report.html"), "utf8")).toMatch(/It is red, not blue \(perception\).*What it took/s);
  expect(readFileSync(join(lessons, "train.jsonl"), "utf8").trimEnd().split("\n")).toHaveLength(20);

  const calls = server.seen.length;
  const again = await fewstep(["diagnose", "--resume", out, "--json"]);
  expect([again.code, JSON.parse(again.stdout)]).toEqual([0, told]);
  expect(server.seen.length).toBe(calls);
});

test("a process that is killed at any moment goes on; nothing is lost, and only calls under way are made again", async () => {
  const behave = (item: string, attempt: number) =>
    attempt < 3 && chanceOf(item, attempt) < 0.3
      ? ({ kind: "status", status: 500, after: "0" } as const)
      : ({ kind: "answer" } as const);
  const clean = await serve({ says, behave });
  const undisturbed = join(root, "undisturbed");
  const run = command(cache);
  expect((await run(args(clean.url, undisturbed))).code).toBe(0);

  let [child, due]: [ChildProcess | null, number] = [null, 0];
  const server = await serve({
    ...{ says, behave, delay: 20 },
    onRequest: (seen) => {
      if (child && seen.length >= due) child.kill("SIGKILL");
    },
  });
  const out = join(root, "killed");
  let given = args(server.url, out, "--concurrency", "3");
  for (const more of [7, 12, 9]) {
    due = server.seen.length + more;
    const { signal } = await run(given, (one) => (child = one));
    expect(signal).toBe("SIGKILL");
    given = ["diagnose", "--resume", out, "--concurrency", "3"];
  }
  child = null;
  const last = await run(given);
  expect(last.code, last.stderr).toBe(0);
  const { spent, ...found } = json(join(out, "diagnosis.json"));
  const { spent: first, ...expected } = json(join(undisturbed, "diagnosis.json"));
  expect(found).toEqual(expected);
  expect(spent.items).toBe(first.items);
  expect(spent).toMatchObject({ answered: spent.items, unanswered: 0 });
  expect(spent.lost).toBeGreaterThan(0);
  expect(spent.lost).toBeLessThanOrEqual(3 * 3);
  // Every request was in the ledger before it came; what was not settled is what was under way
  expect(server.seen.length).toBeLessThanOrEqual(spent.calls);
  expect(spent.calls - server.seen.length).toBeLessThanOrEqual(spent.lost);
  const failed = (spent.failed.status ?? 0) + (spent.failed.connection ?? 0);
  expect(spent.calls).toBe(spent.answered + failed + spent.lost);
  expect(spent.tokens).toEqual({ in: TOKENS.in * spent.answered, out: TOKENS.out * spent.answered });
  const times = new Map<string, number>();
  for (const { item, behaviour } of server.seen)
    if (behaviour === "answer") times.set(item, (times.get(item) ?? 0) + 1);
  const twice = [...times.values()].reduce((sum, n) => sum + n - 1, 0);
  expect(twice).toBeLessThanOrEqual(spent.lost);
});

test("Ctrl-C waits for what is under way, and says how to go on", async () => {
  let child: ChildProcess | null = null;
  const server = await serve({
    ...{ says, delay: 50 },
    onRequest: (seen) => {
      if (seen.length === 10) child?.kill("SIGINT");
    },
  });
  const out = join(root, "stopped");
  const { code, stderr } = await command(cache)(args(server.url, out), (one) => (child = one));
  expect([code, stderr]).toEqual([0, expect.stringContaining(`Go on with: fewstep diagnose --resume ${out}`)]);
  expect(stderr).toContain("Waiting for the calls under way");
  expect(stderr).not.toContain("Finishing this step");
  expect(existsSync(join(out, "diagnosis.json"))).toBe(false);
  const kinds = readFileSync(join(out, "ledger.jsonl"), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line).kind);
  expect(kinds.filter((kind) => kind === "reserved").length).toBe(kinds.filter((kind) => kind === "answered").length);
  expect(kinds.filter((kind) => kind === "answered").length).toBe(server.seen.length);
});

test("an endpoint that is not there fails with 1 and its reason, and is not taken for a bad model", async () => {
  const gone = await serve();
  const url = gone.url;
  await gone.close();
  const { code, stderr, stdout } = await fewstep(
    args(url, join(root, "gone"), "--attempts", "1", "--concurrency", "1"),
  );
  expect([code, stdout]).toEqual([1, ""]);
  expect(stderr).toMatch(/gave no answer to 20 questions in succession.*ECONNREFUSED/);
  expect(stderr).toContain(`go on with: fewstep diagnose --resume ${join(root, "gone")}`);
});

const own = join(root, "own");
beforeAll(async () => {
  mkdirSync(own);
  await sceneImages([known[0]]).save(join(own, "a.png"));
  const side = { width: 3000, height: 30, channels: 3 as const };
  const wide = sharp({ create: { ...side, background: "red" } });
  await wide
    .withExif({ IFD0: { ImageDescription: "taken at home" } })
    .jpeg()
    .toFile(join(own, "b.jpg"));
  writeFileSync(join(own, "c.png"), "no picture");
  const { config, parameters } = madeModel();
  await writeModel(join(root, "made"), { config, weights: parameters.toRecord() });
});
const questions = (name: string, ...lines: unknown[]) => {
  const path = join(own, name);
  writeFileSync(path, lines.map((line) => (typeof line === "string" ? line : JSON.stringify(line))).join("\n"));
  return path;
};
const ask = (url: string, path: string, out: string, ...more: string[]) =>
  fewstep(["diagnose", url, "--model", "seen", "--questions", path, "--out", join(root, out), ...more]);

test("questions of one's own are asked: accuracy by skill, and what is wrong; pictures are sent without their metadata", async () => {
  const server = await serve({
    says: (_, text) => {
      return text.startsWith("How many")
        ? "I count 4 of them"
        : text.startsWith("Which")
          ? "It is a dog"
          : "The answer is: Paris";
    },
  });
  const path = questions(
    "good.jsonl",
    { image: "a.png", question: "How many dots?", answer: 3, skill: "counting" },
    { image: "b.jpg", question: "How many dots?", answer: ["4", "four"], skill: "counting", id: "red one" },
    "",
    { image: "a.png", question: "Which animal?", answer: "cat", choices: ["cat", "dog"], skill: "animals" },
    { image: "a.png", question: "Where is it?", answer: "paris" },
  );
  const { code, stdout, stderr } = await ask(server.url, path, "mine", "--json");
  expect(code, stderr).toBe(0);
  const told = JSON.parse(stdout);
  const rows = Object.fromEntries(told.skills.map((one: any) => [one.skill, [one.right, one.n, one.causes]]));
  expect(rows).toEqual({
    counting: [1, 2, { format: 0, "off by one": 1, other: 0 }],
    animals: [0, 1, { format: 0, "off by one": 0, other: 1 }],
    all: [1, 1, { format: 0, "off by one": 0, other: 0 }],
  });
  expect(told.failures.map(({ id, said }: any) => [id, said])).toEqual([
    ["1", "I count 4 of them"],
    ["4", "dog"],
  ]);
  expect(server.seen.map(({ text }) => text)).toContain(
    "Which animal?\nAnswer with one of: cat, dog. Give the answer only.",
  );
  // The picture of 3000 × 30 pixels, scaled; the file's words are not in it
  const [large] = server.seen.filter(({ width }) => width === 2048);
  expect([large.height, large.picture.includes("taken at home")]).toEqual([20, false]);
  expect(readFileSync(join(own, "b.jpg")).includes("taken at home")).toBe(true);
  expect(readFileSync(join(root, "mine", "report.html"), "utf8")).toContain("Which animal? It is cat, not dog (other)");
});

test.each([
  ["no JSON", "{", "Line 2 of PATH: it is no JSON: {."],
  ["no answer", { image: "a.png", question: "?" }, "Line 2 of PATH: answer"],
  [
    "a key too many",
    { image: "a.png", question: "?", answer: "1", hint: "x" },
    'Line 2 of PATH: Unrecognized key: "hint"; it has image',
  ],
  ["no picture there", { image: "d.png", question: "?", answer: "1" }, 'Line 2 of PATH: there is no picture "d.png"'],
  [
    "an answer that is no choice",
    { image: "a.png", question: "?", answer: "1", choices: ["2", "3"] },
    "is not among its choices",
  ],
  ["an id twice", { image: "a.png", question: "?", answer: "1", id: "1" }, 'its id "1" is that of line 1'],
])("a file of questions with %s is wrong use, before anything is asked", async (_, line, message) => {
  const server = await serve();
  const path = questions("bad.jsonl", { image: "a.png", question: "?", answer: "1" }, line);
  const { code, stderr } = await ask(server.url, path, "bad");
  expect([code, stderr]).toEqual([2, expect.stringContaining(message.replace("PATH", path))]);
  expect([server.seen, existsSync(join(root, "bad"))]).toEqual([[], false]);
});

test("a file that is no picture is found before anything is asked", async () => {
  const server = await serve();
  const path = questions("broken.jsonl", ...["a.png", "c.png"].map((image) => ({ image, question: "?", answer: "1" })));
  const { code, stderr } = await ask(server.url, path, "broken");
  expect([code, stderr]).toEqual([1, expect.stringContaining("c.png")]);
  expect(server.seen).toEqual([]);
});

test("lessons are exported for a model of one's own too", async () => {
  const out = join(root, "made-lessons");
  const { code, stderr } = await fewstep([
    ...["diagnose", join(root, "made"), "--count", "20", "--device", "cpu"],
    ...["--export", out, "--for", "verl", "--items", "12"],
  ]);
  expect(code, stderr).toBe(0);
  expect(stderr).toContain("actor_rollout_ref.model.path=<model>");
  expect(json(join(out, "train.json"))).toHaveLength(12);
});

test("an export does not take the place of the folder that the shell stands in", async () => {
  const before = process.cwd();
  const here = join(root, "here");
  mkdirSync(here);
  process.chdir(here);
  try {
    for (const folder of [".", here])
      await expect(requireEmpty(folder)).rejects.toThrow("is the folder that you are in");
    await requireEmpty("lessons");
  } finally {
    process.chdir(before);
  }
});

const local = "http://127.0.0.1:9/v1";
test.each([
  [[], "Say what to diagnose"],
  [[local], `Say which model of ${local} to ask: --model <name>`],
  [[local, "--model", "x"], "Say where answers, costs and the report go: --out <folder>"],
  [["https://example.org/v1", "--model", "x", "--out", "OUT"], "is not this machine. Questions about made pictures"],
  [
    ["http://me:pass@127.0.0.1:9/v1", "--model", "x", "--out", "OUT"],
    "An address with a user name or password is not asked",
  ],
  [[local, "--model", "x", "--out", "OUT", "--features", "classifier"], "--features would have no effect"],
  [[local, "--model", "x", "--out", "OUT", "--guidance", "2"], "--guidance would have no effect"],
  [[local, "--model", "x", "--out", "OUT", "--device", "cpu"], "--device would have no effect"],
  [[local, "--model", "x", "--out", "OUT", "--skills", "colors"], '--skills takes no "colors"; did you mean "colour"?'],
  [[local, "--model", "x", "--out", "OUT", "--questions", "none.jsonl"], 'There is no file "none.jsonl"'],
  [[local, "--model", "x", "--out", "OUT", "--for", "trl"], "Without --export <folder>, --for would have no effect"],
  [[local, "--model", "x", "--out", "OUT", "--export", "OUT"], "Say which trainer reads it: --for trl"],
  [[local, "--model", "x", "--out", "OUT", "--export", "OUT", "--for", "unsloth"], "Allowed choices are trl, ms-swift"],
  [
    [local, "--model", "x", "--out", "OUT", "--seed", "9000000"],
    "seed must be a whole number from 0 to 999999, got 9000000",
  ],
  [
    [local, "--model", "x", "--out", "OUT", "--export", "OUT", "--for", "trl", "--items", "9999999"],
    "--items must be at most 1000000",
  ],
  [["--resume", "OUT"], "There is no diagnosis of an endpoint in OUT"],
  [["--resume", "OUT", "--count", "20"], "leave out --count"],
  [["seer", "--model", "x"], "For a model that is no endpoint's, --model would have no effect"],
  [["drifting-fashion", "--export", "OUT", "--for", "trl"], "drifting-fashion answers no questions"],
])("diagnose %j is wrong use", async (given, message) => {
  const out = join(root, "never");
  const { code, stderr } = await fewstep(["diagnose", ...given.map((word) => (word === "OUT" ? out : word))]);
  expect([code, stderr]).toEqual([2, expect.stringContaining(message.replace("OUT", out))]);
  expect(existsSync(out)).toBe(false);
});
