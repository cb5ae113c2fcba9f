import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { afterAll, expect, test } from "vitest";
import { command } from "./command.js";

const root = mkdtempSync(join(tmpdir(), "cli-outlive-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const fewstep = command(join(root, "cache"));
const text = join(root, "text.txt");
writeFileSync(text, "a quick brown fox jumps over the lazy dog ".repeat(400));

/**
 * Trains on two threads; a step takes milliseconds, or about a second where `slow`. `meddle` gets the process once it
 * trains.
 */
function train(
  out: string,
  meddle: (child: ChildProcess) => void,
  { steps = 100_000, json = false, slow = false } = {},
) {
  let meddled = false;
  const size = slow ? [128, 128, 128] : [32, 32, 8];
  const settings = ["length", "network.width", "training.batch"].map((name, i) => `${name}=${size[i]}`);
  const run = ["train", "discrete", "--data", text, "--out", out, "--threads", "2", "--set", ...settings];
  return fewstep([...run, `training.steps=${steps}`, ...(json ? ["--json"] : [])], (child, stderr) => {
    if (meddled || !/discrete \d/.test(stderr)) return;
    meddled = true;
    meddle(child);
  });
}

const saved = (out: string) => readdirSync(join(out, "checkpoints")).filter((name) => name.endsWith(".safetensors"));

test("a reader of stdout and stderr that goes away does not end training", async () => {
  const out = join(root, "pipe");
  const { code } = await train(
    out,
    (child) => {
      child.stderr!.destroy();
      child.stdout!.destroy();
    },
    { steps: 60, json: true },
  );
  expect(code).toBe(0);
  expect(existsSync(join(out, "model/model.safetensors"))).toBe(true);
});

test("with nobody reading, Ctrl-C still saves", async () => {
  const out = join(root, "deaf");
  const { code } = await train(out, async (child) => {
    child.stderr!.destroy();
    await setTimeout(100);
    child.kill("SIGINT");
  });
  expect(code).toBe(0);
  expect(saved(out)).toHaveLength(1);
});

test("a terminal that is closed, which sends SIGHUP twice: saved, as after SIGTERM", async () => {
  const out = join(root, "hangup");
  const { code, stderr } = await train(out, (child) => {
    child.kill("SIGHUP");
    child.kill("SIGHUP");
  });
  expect(stderr).toMatch(/Stopped at step \d+, saved/);
  expect(code).toBe(0);
  expect(saved(out)).toHaveLength(1);
});

test.each([0, 1])("a second Ctrl-C while the runtime computes ends with 130 (attempt %i)", async (attempt) => {
  const out = join(root, `twice-${attempt}`);
  const twice = async (child: ChildProcess) => {
    await setTimeout(300); // in the middle of the next step
    child.kill("SIGINT");
    child.stderr!.once("data", async () => {
      child.kill("SIGSTOP"); // lest the step ends before the second one
      await setTimeout(600);
      child.kill("SIGINT");
      child.kill("SIGCONT");
    });
  };
  const { code, signal, stderr } = await train(out, twice, { slow: true });
  expect(stderr).not.toContain("terminate called");
  expect(stderr).not.toContain("fewstep:");
  // Where the step takes longer than five seconds the system ends the process: shells report that as 130.
  expect(code === 130 || signal === "SIGINT", `${code} ${signal}`).toBe(true);
});

test("output that nobody reads ends quietly", async () => {
  for (const args of [["models"], ["models", "--json"], ["--help"]]) {
    const main = join(import.meta.dirname, "../../dist/cli/main.js");
    const child = spawn(process.execPath, [main, ...args]);
    child.stdout.destroy();
    let errors = "";
    child.stderr.on("data", (chunk) => (errors += chunk));
    const code = await new Promise((done) => child.on("close", done));
    expect({ args, code, errors }).toEqual({ args, code: 0, errors: "" });
  }
});

test.skipIf(!existsSync("/dev/full"))("output that a full disk does not take is a failure", async () => {
  const main = join(import.meta.dirname, "../../dist/cli/main.js");
  const child = spawn("sh", ["-c", `"$0" "$1" models --json > /dev/full`, process.execPath, main]);
  let errors = "";
  child.stderr.on("data", (chunk) => (errors += chunk));
  expect(await new Promise((done) => child.on("close", done))).toBe(1);
  expect(errors).toMatch(/^fewstep: the output could not be written \(ENOSPC.*\)\.\n$/);
});
