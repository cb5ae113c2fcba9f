import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readCheckpoint } from "../../src/train/index.js";
import { command } from "./command.js";
import { lines, mpirun, noMpi, processOf } from "./mpi.js";

const root = mkdtempSync(join(tmpdir(), "fewstep-mpi-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const main = resolve(import.meta.dirname, "../../dist/cli/main.js");
const alone = command(join(root, "cache"));
const text = (word: string) => Array.from({ length: 600 }, (_, i) => `the ${word} ${i % 7} sat on ${i % 5}\n`).join("");

const training = (out: string, steps: number, ...more: string[]) => [
  ...["train", "language-model", "--data", join(root, "a", "text.txt"), "--threads", "1"],
  ...["--out", join(root, out), ...more],
  ...["--set", "length=16", "width=16", "heads=2", "blocks=1", "batch=7", `steps=${steps}`],
];
const ranks = (count: number, args: string[]) => ["-n", String(count), process.execPath, main, ...args];
const metrics = (out: string): { step: number; loss: number; norm: number }[] =>
  readFileSync(join(root, out, "metrics.jsonl"), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
const STEPS = 120;

if (noMpi) console.warn(`Training in several processes is not tested: ${noMpi}`);

// Ranks that wait for each other take long where other programs hold the cores
describe.skipIf(noMpi !== null)("training under mpirun", { timeout: 600_000 }, () => {
  beforeAll(() => {
    for (const [folder, word] of Object.entries({ a: "cat", b: "dog" })) {
      mkdirSync(join(root, folder));
      writeFileSync(join(root, folder, "text.txt"), text(word));
    }
  });

  test("two ranks train what one trains, and only the first speaks", async () => {
    const one = await alone(training("one", STEPS));
    expect(one.code, one.stderr).toBe(0);
    const two = await mpirun(ranks(2, training("two", STEPS, "--json")));
    expect(two.code, two.stderr).toBe(0);
    expect(two.stderr.match(/Training on the device "cpu", 1 thread of .* in each of 2 ranks\./g)).toHaveLength(1);
    expect(JSON.parse(two.stdout)).toMatchObject({ status: "finished", step: STEPS });
    const [a, b] = [metrics("one"), metrics("two")];
    expect(b).toHaveLength(STEPS);
    for (const [i, { loss, norm }] of a.slice(0, 20).entries()) {
      expect(Math.abs(b[i].loss - loss)).toBeLessThan(1e-5);
      expect(Math.abs(b[i].norm - norm)).toBeLessThan(1e-5);
    }
    const config = JSON.parse(readFileSync(join(root, "two", "model", "config.json"), "utf8"));
    expect(config.training).toMatchObject({ ranks: 2, threads: 1 });
  });

  test("SIGTERM to one rank saves in all; the same command goes on with three", async () => {
    const args = training("stopped", STEPS, "--resume", "auto");
    const stopped = await mpirun(ranks(2, args), async ({ pid }) => {
      await lines(join(root, "stopped", "metrics.jsonl"), 3);
      process.kill(processOf(pid!, 1), "SIGTERM");
    });
    expect(stopped.code, stopped.stderr).toBe(0);
    const [, step] = /Stopped at step (\d+), saved/.exec(stopped.stderr) ?? [];
    expect(Number(step)).toBeLessThan(STEPS);
    const resumed = await mpirun(ranks(3, args));
    expect(resumed.code, resumed.stderr).toBe(0);
    expect(resumed.stderr).toContain(`Resuming at step ${step}`);
    const [a, b] = [metrics("one"), metrics("stopped")];
    expect(b.map(({ step }) => step)).toEqual(a.map(({ step }) => step));
    for (const [i, { loss }] of a.entries()) expect(Math.abs(b[i].loss - loss)).toBeLessThan(1e-3);
  });

  test("a lost rank ends the others, and what is written is whole", async () => {
    const lost = await mpirun(ranks(2, training("lost", 100_000)), async ({ pid }) => {
      await lines(join(root, "lost", "metrics.jsonl"), 3);
      process.kill(processOf(pid!, 1), "SIGUSR1");
      // What it saved is there, and the run goes on
    });
    expect(lost.code, lost.stderr).toBe(0);
    const args = training("lost", 100_000, "--resume", "auto");
    const before = metrics("lost").length;
    const killed = await mpirun(ranks(2, args), async ({ pid }) => {
      await lines(join(root, "lost", "metrics.jsonl"), before + 3);
      process.kill(processOf(pid!, 1), "SIGKILL");
    });
    expect(killed.code).not.toBe(0);
    expect(killed.stderr).toMatch(/rank 1 .*(signal 9|Killed)|KILLED BY SIGNAL: 9/);
    const folder = join(root, "lost", "checkpoints");
    expect(readdirSync(folder)).toHaveLength(1);
    expect((await readCheckpoint(join(folder, readdirSync(folder)[0]))).position.step).toBe(before);
    expect(metrics("lost").length).toBeGreaterThan(before);
  });

  test("ranks that read other data, or hold other numbers, are told so and end", async () => {
    const args = [process.execPath, main, ...training("data", 5).with(3, "text.txt")];
    const rank = (folder: string) => ["-n", "1", "-wdir", join(root, folder), ...args];
    const other = await mpirun([...rank("a"), ":", ...rank("b")]);
    expect(other.code).toBe(1);
    expect(other.stderr).toContain("Settings or data of rank 1 are not those of rank 0.");
    expect(readdirSync(root)).not.toContain("data");
    const asked = (steps: number) => ranks(1, training("asked", steps));
    const otherwise = await mpirun([...asked(4), ":", ...asked(5)]);
    expect(otherwise.code).toBe(2);
    expect(otherwise.stderr).toContain("Settings or data of rank 1 are not those of rank 0.");
    expect(readdirSync(root)).not.toContain("asked");
    const script = resolve(import.meta.dirname, "../train/fixtures/apart.ts");
    const apart = await mpirun(["-n", "2", process.execPath, "--import", "tsx", script]);
    expect(apart.code, apart.stderr).toBe(0);
    const { said, ...rest } = JSON.parse(apart.stdout);
    expect(said).toMatch(
      /^RunError: After step 4 of the stage "apart" rank 1 no longer has the parameters that rank 0/,
    );
    expect(rest).toMatchObject({ bytes: [1, 2, 3], most: [1, 0] });
  });

  test("wrong use is said once; commands that divide nothing are refused; without a library nothing is trained", async () => {
    const once = await mpirun(ranks(2, ["train", "language-model"]));
    expect(once.code).toBe(2);
    expect(once.stderr.match(/fewstep: Say where the run goes/g)).toHaveLength(1);
    const models = await mpirun(ranks(2, ["models"]));
    expect([models.code, models.stdout]).toEqual([2, ""]);
    expect(models.stderr.match(/fewstep: 2 processes were started together .*"models" is not divided/g)).toHaveLength(
      1,
    );
    const without = await mpirun([
      "-n",
      "2",
      "env",
      "FEWSTEP_MPI=/nowhere.so",
      ...ranks(2, training("no", 5)).slice(2),
    ]);
    expect(without.code).toBe(1);
    expect(without.stderr).toMatch(/no MPI library was found \(looked for \/nowhere\.so\)/);
    expect(readdirSync(root)).not.toContain("no");
  });
});
