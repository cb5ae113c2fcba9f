import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, watch } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Random } from "../../src/random/index.js";
import { readMetrics } from "../../src/train/index.js";

const root = mkdtempSync(join(tmpdir(), "fewstep-train-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

// Built once: each of the many processes would read and translate the sources anew. It lies where it finds packages.
const script = fileURLToPath(new URL(`../../.cache/train-points-${process.pid}.mjs`, import.meta.url));
beforeAll(async () => {
  const entryPoints = [fileURLToPath(new URL("fixtures/train-points.ts", import.meta.url))];
  await build({ entryPoints, outfile: script, bundle: true, platform: "node", format: "esm", packages: "external" });
});
afterAll(() => rmSync(script, { force: true }));
const steps = [60, 100] as const;
const total = steps[0] + steps[1];
const points = { steps, width: 128 };

interface Outcome {
  code: number | null;
  signal: NodeJS.Signals | null;
  output: string;
  errors: string;
}

/** Runs the training script; `meddle` gets the process once it trains. */
async function train(
  run: object,
  meddle?: (child: ChildProcess) => void,
  { limitBlocks = 0, options = {} } = {},
): Promise<Outcome> {
  const node = [process.execPath, script, JSON.stringify({ points: { ...points, ...options }, run })];
  const [command, ...args] = limitBlocks ? ["sh", "-c", `ulimit -f ${limitBlocks}; exec "$@"`, "sh", ...node] : node;
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] });
  let [output, errors] = ["", ""];
  child.stdout.on("data", (text) => {
    if (output === "") meddle?.(child);
    output += text;
  });
  child.stderr.on("data", (text) => {
    errors += text;
  });
  return await new Promise((resolve) => child.on("close", (code, signal) => resolve({ code, signal, output, errors })));
}

const finalWeights = (out: string) =>
  createHash("sha256")
    .update(readFileSync(join(out, "final.safetensors")))
    .digest("hex");
const leftovers = (out: string) =>
  existsSync(join(out, "checkpoints")) ? readdirSync(join(out, "checkpoints")).filter((f) => f.endsWith(".tmp")) : [];

async function losses(out: string) {
  const rows: string[] = [];
  for await (const { step, stage, loss } of readMetrics(join(out, "metrics.jsonl")))
    rows.push(`${step} ${stage} ${loss}`);
  return rows;
}

let uninterrupted: Promise<{ weights: string; losses: string[] }> | undefined;
function reference() {
  uninterrupted ??= (async () => {
    const out = join(root, "reference");
    const { code, errors } = await train({ out, config: {}, checkpointEvery: 50 });
    expect({ code, errors }).toEqual({ code: 0, errors: "" });
    return { weights: finalWeights(out), losses: await losses(out) };
  })();
  return uninterrupted;
}

test("killed at random points and in the middle of writes, then resumed: the same bits as without interruption", async () => {
  const expected = await reference();
  expect(expected.losses).toHaveLength(total);
  const out = join(root, "killed");
  const run = { out, config: {}, checkpointEvery: 1, sampleEvery: 20, keep: 2 };
  const random = new Random(Date.now());
  let [kills, inWrites] = [0, 0];
  for (let attempt = 0; ; attempt++) {
    const before = existsSync(join(out, "metrics.jsonl")) ? (await losses(out)).length : 0;
    const outcome = await train(
      { ...run, resume: attempt > 0 },
      async (child) => {
        if (kills === 8) return;
        await setTimeout(random.uniform() * 250);
        // Every other kill waits for a checkpoint to be under way.
        if (attempt % 2 === 0) return void child.kill("SIGKILL");
        mkdirSync(join(out, "checkpoints"), { recursive: true });
        const watcher = watch(join(out, "checkpoints"), (_, name) => name?.endsWith(".tmp") && child.kill("SIGKILL"));
        child.once("close", () => watcher.close());
      },
      { options: { pause: 5 } },
    );
    expect(outcome.errors).toBe("");
    if (outcome.signal === null) break;
    expect(outcome.signal).toBe("SIGKILL");
    kills++;
    if (leftovers(out).length > 0) inWrites++;
    // A checkpoint at every step: no more than the step that was under way is lost.
    expect((await losses(out)).length).toBeGreaterThanOrEqual(before - 1);
  }
  console.log(`${kills} kills, ${inWrites} of them in the middle of a checkpoint`);
  expect(kills).toBeGreaterThan(1);
  expect(inWrites).toBeGreaterThan(0);
  expect(finalWeights(out)).toBe(expected.weights);
  expect(await losses(out)).toEqual(expected.losses);
  expect(leftovers(out)).toEqual([]);
});

test("SIGINT finishes the step, saves and exits 0; resuming gives the same bits", async () => {
  const expected = await reference();
  const out = join(root, "interrupted");
  const run = { out, config: {} };
  const first = await train(run, (child) => child.kill("SIGINT"), { options: { pause: 5 } });
  expect({ code: first.code, signal: first.signal }).toEqual({ code: 0, signal: null });
  expect(first.output.trimEnd().split("\n").at(-1)).toBe("interrupted");
  expect(first.errors).toContain("saving");
  const made = (await losses(out)).length;
  expect(made).toBeLessThan(total);
  expect(readdirSync(join(out, "checkpoints")).some((f) => Number.parseInt(f, 10) === made)).toBe(true);
  const second = await train({ ...run, resume: true });
  expect(second.output.split("\n")[0]).toBe(String(made + 1));
  expect(second.code).toBe(0);
  expect(finalWeights(out)).toBe(expected.weights);
});

test.skipIf(process.platform === "win32")(
  "a full disk stops the run with a clear error and leaves the earlier checkpoint whole",
  async () => {
    const expected = await reference();
    const out = join(root, "full");
    await train({ out, config: {}, checkpointEvery: 10 }, (child) => child.kill("SIGINT"), { options: { pause: 5 } });
    const files = () =>
      readdirSync(join(out, "checkpoints")).map((f) => `${f} ${statSync(join(out, "checkpoints", f)).size}`);
    const before = files();
    // Files of at most 64 blocks (of 512 or 1024 bytes): a checkpoint of 280 kB fails half-way.
    const run = { out, config: {}, checkpointEvery: 10, resume: true };
    const { code, errors } = await train(run, undefined, { limitBlocks: 64 });
    expect(code).toBe(1);
    expect(errors).toMatch(/The disk is full \(Could not write .*checkpoints.*safetensors/);
    expect(files()).toEqual(before);
    expect((await train({ out, config: {}, resume: true })).code).toBe(0);
    expect(finalWeights(out)).toBe(expected.weights);
  },
);

test("a second SIGINT ends the process at once", async () => {
  const interrupt = (child: ChildProcess) => {
    child.kill("SIGINT");
    child.stderr!.once("data", async () => {
      await setTimeout(600);
      child.kill("SIGINT");
    });
  };
  const { code, output } = await train({ out: join(root, "twice"), config: {} }, interrupt, {
    options: { pause: 4000 },
  });
  expect(code).toBe(130);
  expect(output).not.toContain("interrupted");
});
