import { appendFileSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { CurveReader } from "../../../src/server/runs/curves.js";
import { readLog } from "../../../src/server/runs/log.js";
import { fileOf, folderOf, requireName } from "../../../src/server/runs/names.js";
import { readJobs, writeJobs } from "../../../src/server/runs/queue-file.js";
import {
  checkArguments,
  improveArguments,
  resumeArguments,
  trainArguments,
  trainRequest,
} from "../../../src/server/runs/request.js";

const root = mkdtempSync(join(tmpdir(), "fewstep-runs-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const row = (step: number, stage: string, loss: number | null) =>
  `${JSON.stringify({ step, stage, loss, seconds: step / 10, imagesPerSecond: 50 })}\n`;

test("curves: long ones in at most 500 means, read on from where they were", async () => {
  const path = join(root, "metrics.jsonl");
  const reader = new CurveReader(path);
  await reader.refresh();
  expect(reader.reached).toBeNull();
  writeFileSync(path, Array.from({ length: 1200 }, (_, i) => row(i + 1, "a", i + 1)).join(""));
  await reader.refresh();
  const [a] = reader.curves;
  expect(a.steps.length).toBeLessThanOrEqual(500);
  expect([a.steps[0], a.values.loss[0]]).toEqual([4, 2.5]);
  expect([a.steps.at(-1), a.values.loss.at(-1)]).toEqual([1200, 1198.5]);
  appendFileSync(path, `${row(1201, "b", 7)}{"step":1202,"sta`);
  await reader.refresh();
  appendFileSync(path, `ge":"b","loss":null,"seconds":120.4,"imagesPerSecond":50}\n`);
  await Promise.all([reader.refresh(), reader.refresh()]);
  expect(reader.curves[1]).toMatchObject({ stage: "b", steps: [1201, 1202], values: { loss: [7, null] } });
  expect(reader.reached).toMatchObject({ step: 1202, stageStep: 2, stage: "b", seconds: 120.4 });
  expect(reader.reached?.secondsPerStep).toBeCloseTo(0.3, 5);
});

test("curves: a file that a resumed run has replaced is read anew", async () => {
  const path = join(root, "replaced.jsonl");
  writeFileSync(path, row(1, "a", 1) + row(2, "a", 2));
  const reader = new CurveReader(path);
  await reader.refresh();
  writeFileSync(`${path}.new`, row(1, "a", 5) + row(2, "a", 6) + row(3, "a", 7));
  renameSync(`${path}.new`, path);
  await reader.refresh();
  expect(reader.curves).toEqual([
    { stage: "a", steps: [1, 2, 3], values: { loss: [5, 6, 7], imagesPerSecond: [50, 50, 50] } },
  ]);
});

test("a log's last word is why a training failed; lines of progress are left out", async () => {
  const path = join(root, "x.log");
  writeFileSync(
    path,
    "pictures: 80 pictures.\nlatent 3/12 · loss 1.2 · 3 samples/s · 2 s left\nfewstep: The disk is full.\n",
  );
  expect(await readLog(path)).toMatchObject({
    lines: ["pictures: 80 pictures.", "fewstep: The disk is full."],
    error: "The disk is full.",
  });
  expect(await readLog(join(root, "none.log"))).toEqual({ lines: [], error: null, written: 0 });
});

test("names and files lead nowhere else", async () => {
  const runs = join(root, "runs");
  mkdirSync(join(runs, "mine", "samples"), { recursive: true });
  writeFileSync(join(root, "secret.png"), "secret");
  symlinkSync(join(root, "secret.png"), join(runs, "mine", "samples", "00000001-a.png"));
  symlinkSync(root, join(runs, "link"));
  expect(await folderOf(runs, "mine")).toBe(join(runs, "mine"));
  for (const name of ["..", ".", "", "link", "mine/samples", "mine\\samples", ".studio", "mine\0", "/tmp"])
    expect(await folderOf(runs, name), name).toBeNull();
  expect(await fileOf(join(runs, "mine"), "samples", "00000001-a.png")).toBeNull();
  expect(await fileOf(join(runs, "mine"), "..", "..", "secret.png")).toBeNull();
  for (const name of ["a", "my-run.2", "läufe_3"]) requireName(name);
  for (const name of ["", ".a", "-a", "a/b", "..", "con", "a.", "a b", "events", "x".repeat(81)])
    expect(() => requireName(name), name).toThrow(/cannot be called/);
});

test("what is asked for becomes a command line in which no value can be an option", () => {
  const request = trainRequest.parse({
    ...{ name: "mine", method: "flow", data: "--out=/etc", preset: "tiny", lines: false, skipBroken: true, size: 16 },
    set: { "flow.steps": 12, space: "latent", "drift.temperatures": [0.1, 1] },
  });
  expect(trainArguments(request, "/runs/mine")).toEqual([
    ...["train", "flow", "--out=/runs/mine", "--name=mine", "--data=--out=/etc", "--preset=tiny"],
    ...["--size=16", "--skip-broken"],
    ...["--set=flow.steps=12", '--set=space="latent"', "--set=drift.temperatures=[0.1,1]"],
  ]);
  expect(resumeArguments("flow", { "flow.steps": 3 }, "/runs/mine")).toEqual([
    ...["train", "flow", "--resume=/runs/mine", "--set=flow.steps=3"],
  ]);
  expect(
    improveArguments({ name: "b", run: "--out=x", rounds: 2, control: true, threads: 1 }, "/runs/--out=x", "/runs/b"),
  ).toEqual(["improve", "--out=/runs/b", "--rounds=2", "--control", "--threads=1", "--", "/runs/--out=x"]);
  expect(checkArguments({ path: "--help", size: 16, lines: true })).toEqual([
    ...["data", "check", "--json", "--size=16", "--lines", "--", "--help"],
  ]);
});

test("the queue is kept in a file; one that cannot be understood is set aside", async () => {
  const path = join(root, "queue.json");
  const warnings: string[] = [];
  const warn = (message: string) => void warnings.push(message);
  expect(await readJobs(path, warn)).toEqual([]);
  const job = {
    name: "a",
    method: "flow",
    improve: null,
    request: null,
    set: {},
    since: "now",
    state: "queued",
    process: null,
  } as const;
  await writeJobs(path, [job]);
  expect(await readJobs(path, warn)).toEqual([job]);
  writeFileSync(path, "{");
  expect(await readJobs(path, warn)).toEqual([]);
  expect(warnings).toEqual([expect.stringContaining(`set aside as ${path}.damaged`)]);
  expect(await readJobs(`${path}.damaged`, warn)).toEqual([]);
});
