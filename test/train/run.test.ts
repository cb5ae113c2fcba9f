import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import {
  type MetricsRow,
  type ProgressEvent,
  RunError,
  readConfig,
  readMetrics,
  readStage,
  runStages,
  type Stage,
} from "../../src/train/index.js";
import { type PointsOptions, pointStages } from "./fixtures/points.js";

const root = mkdtempSync(join(tmpdir(), "fewstep-run-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let runs = 0;
const newFolder = () => join(root, `run${runs++}`);

const steps = [12, 20] as const;

interface Settings extends Partial<PointsOptions> {
  resume?: boolean;
  config?: unknown;
  signal?: AbortSignal;
  checkpointEvery?: number;
  keep?: number;
  sampleEvery?: number;
  maxSeconds?: number;
  free?: string[];
}

/** Trains and returns what came out: the weights, the steps made (such as "teacher 0"), and what was told. */
async function train(
  out: string,
  {
    resume,
    config = { lr: 1 },
    signal,
    checkpointEvery = 4,
    keep,
    sampleEvery,
    maxSeconds,
    free,
    ...points
  }: Settings = {},
) {
  const made: string[] = [];
  const events: ProgressEvent[] = [];
  const onStep = (stage: string, k: number) => {
    made.push(`${stage} ${k}`);
    return points.onStep?.(stage, k);
  };
  const { stages, networks } = pointStages({ steps, ...points, onStep });
  const options = { out, config, resume, signal, checkpointEvery, keep, sampleEvery, maxSeconds, free };
  const result = await runStages(stages, { ...options, onProgress: (event) => events.push(event) });
  const warnings = events.flatMap((e) => (e.type === "warning" ? [e.message] : []));
  const weights = { teacher: networks.teacher.parameters.flat, student: networks.student.parameters.flat };
  return { ...result, made, events, warnings, weights };
}

async function metricsOf(out: string): Promise<MetricsRow[]> {
  const rows = [];
  for await (const row of readMetrics(join(out, "metrics.jsonl"))) rows.push(row);
  return rows;
}

const checkpoints = (out: string) => readdirSync(join(out, "checkpoints")).sort();

/** All files below a folder with content, to see that nothing changed. */
function snapshot(folder: string): Record<string, string> {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((f) =>
    statSync(join(folder, f)).isFile(),
  );
  return Object.fromEntries(files.map((f) => [f, readFileSync(join(folder, f), "base64")]));
}

/** Aborts when the given step begins. */
function abortAt(at: string) {
  const controller = new AbortController();
  const onStep = (stage: string, k: number) => {
    if (`${stage} ${k}` === at) controller.abort();
  };
  return { signal: controller.signal, onStep };
}

let finished: ReturnType<typeof train> | undefined;
const reference = () => (finished ??= train(newFolder()));

test("trains the stages in order and leaves configuration, metrics, checkpoints, samples and report", async () => {
  const out = newFolder();
  const { status, step, metrics, checkpoint, made, events } = await train(out, {
    config: { lr: 1, name: "x" },
    sampleEvery: 5,
  });
  expect({ status, step }).toEqual({ status: "finished", step: 32 });
  expect(made).toEqual([
    ...Array.from({ length: 12 }, (_, k) => `teacher ${k}`),
    ...Array.from({ length: 20 }, (_, k) => `student ${k}`),
  ]);
  expect(checkpoint).toBe(join(out, "checkpoints/stage-student.safetensors"));
  expect(await readConfig(out)).toEqual({ lr: 1, name: "x" });
  const rows = await metricsOf(out);
  expect(rows.map((row) => row.step)).toEqual(Array.from({ length: 32 }, (_, i) => i + 1));
  expect(rows.at(-1)).toMatchObject({ step: 32, stage: "student", loss: metrics.loss, norm: metrics.norm });
  expect(rows.every((row) => row.imagesPerSecond > 0 && row.seconds > 0)).toBe(true);
  const sheets = readdirSync(join(out, "samples")).sort();
  expect(sheets).toEqual([
    "00000005-teacher.png",
    "00000010-teacher.png",
    "00000012-teacher.png",
    "00000017-student.png",
    "00000022-student.png",
    "00000027-student.png",
    "00000032-student.png",
  ]);
  expect(events.map((e) => e.type).filter((t) => t === "stage" || t === "end")).toEqual(["stage", "stage", "end"]);
  expect(readdirSync(out)).toContain("report.html");
});

test("stage.json says which stage a run is in, also of a resumed one", async () => {
  const out = newFolder();
  await train(out, abortAt("teacher 3"));
  expect(await readStage(out)).toEqual({ stage: "teacher", number: 1, stages: 2, steps: 12 });
  await train(out, { ...abortAt("student 7"), resume: true });
  expect(await readStage(out)).toEqual({ stage: "student", number: 2, stages: 2, steps: 20 });
});

test("keeps the last K checkpoints of the present stage and every stage's end", async () => {
  const out = newFolder();
  const { signal, onStep } = abortAt("student 15");
  await train(out, { checkpointEvery: 3, keep: 2, signal, onStep });
  expect(checkpoints(out)).toEqual([
    "00000009-teacher.safetensors",
    "00000027-student.safetensors",
    "00000028-student.safetensors",
    "stage-teacher.safetensors",
  ]);
});

test.each(["teacher 0", "teacher 7", "teacher 11", "student 0", "student 13", "student 19"])(
  "interrupted at %s and resumed: the same bits, nothing trained twice",
  async (at) => {
    const expected = await reference();
    const out = newFolder();
    const { signal, onStep } = abortAt(at);
    const first = await train(out, { signal, onStep });
    expect(first.status).toBe(at === "student 19" ? "finished" : "interrupted");
    const second = await train(out, { resume: true });
    expect(second.status).toBe("finished");
    expect([...first.made, ...second.made]).toEqual(expected.made);
    expect(second.weights).toEqual(expected.weights);
    const times = (await metricsOf(out)).map((row) => row.seconds);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
  },
);

test("a time limit interrupts like a signal", async () => {
  const out = newFolder();
  expect(await train(out, { maxSeconds: 0 })).toMatchObject({ status: "interrupted", step: 0, checkpoint: null });
  expect((await train(out, { resume: true })).weights).toEqual((await reference()).weights);
});

test("a finished run that is resumed loads its weights without training", async () => {
  const out = newFolder();
  const { weights } = await train(out);
  const again = await train(out, { resume: true });
  expect(again).toMatchObject({ status: "finished", step: 32, made: [], weights });
});

test("refuses a folder that holds a run, and leaves it alone", async () => {
  const out = newFolder();
  await train(out, { maxSeconds: 0 });
  const before = snapshot(out);
  await expect(train(out)).rejects.toThrow(/already holds a run \(config.json\).*Resume it, or choose another folder/);
  expect(snapshot(out)).toEqual(before);
});

test("resuming where there is no run is an error", async () => {
  await expect(train(newFolder(), { resume: true })).rejects.toThrow(/There is no run in .*config.json/);
  const out = newFolder();
  mkdirSync(out);
  writeFileSync(join(out, "config.json"), "{");
  await expect(train(out, { resume: true })).rejects.toThrow(/config.json is not JSON/);
});

const damage: Record<string, (path: string) => void> = {
  truncated: (path) => truncateSync(path, statSync(path).size - 100),
  "cut to nothing": (path) => truncateSync(path, 0),
  "altered in one bit": (path) => {
    const bytes = readFileSync(path);
    bytes[bytes.length - 500] ^= 1;
    writeFileSync(path, bytes);
  },
  "no checkpoint": (path) => writeFileSync(path, "hello, I am a text"),
};

test.each(Object.keys(damage))(
  "a newest checkpoint that is %s: a warning, the one before it, the same bits",
  async (kind) => {
    const out = newFolder();
    await train(out, abortAt("student 9"));
    expect(checkpoints(out)).toContain("00000022-student.safetensors");
    damage[kind](join(out, "checkpoints/00000022-student.safetensors"));
    const { warnings, made, weights } = await train(out, { resume: true });
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(
      /00000022-student.safetensors cannot be used: .*The one before it is used, of step 20\.$/,
    );
    expect(made[0]).toBe("student 8");
    expect(weights).toEqual((await reference()).weights);
    expect(await metricsOf(out)).toHaveLength(32);
  },
);

test("a damaged end of a stage is made anew from the checkpoint before it", async () => {
  const out = newFolder();
  await train(out, abortAt("student 9"));
  damage.truncated(join(out, "checkpoints/stage-teacher.safetensors"));
  const { warnings, made, weights } = await train(out, { resume: true });
  expect(warnings[0]).toMatch(/stage-teacher.safetensors cannot be used/);
  expect(made.slice(0, 5)).toEqual(["teacher 8", "teacher 9", "teacher 10", "teacher 11", "student 10"]);
  expect(weights).toEqual((await reference()).weights);
});

test("where no checkpoint can be read the run stops and changes nothing", async () => {
  const out = newFolder();
  await train(out, abortAt("teacher 9"));
  for (const name of checkpoints(out)) damage.truncated(join(out, "checkpoints", name));
  const before = snapshot(out);
  await expect(train(out, { resume: true })).rejects.toThrow(
    /No checkpoint of the stage "teacher" can be used[\s\S]*truncated/,
  );
  expect(snapshot(out)).toEqual(before);
});

test("checkpoints of another network: an error that names the tensor, and nothing changes", async () => {
  const out = newFolder();
  await train(out, abortAt("student 9"));
  const before = snapshot(out);
  const wider = train(out, { resume: true, width: 33, config: { width: 33 } });
  await expect(wider).rejects.toThrow(
    /stage-teacher.safetensors is of another configuration: .*"layers.0.weight" has shape \[2, 32\], the network needs \[2, 33\]/,
  );
  await expect(wider).rejects.toThrow(RunError);
  expect(snapshot(out)).toEqual(before);
});

test("what was drawn after the checkpoint is removed on resuming", async () => {
  const out = newFolder();
  await train(out, { ...abortAt("student 9"), sampleEvery: 1 });
  rmSync(join(out, "checkpoints/00000022-student.safetensors"));
  await train(out, { ...abortAt("student 8"), resume: true });
  expect(readdirSync(join(out, "samples")).sort().at(-1)).toBe("00000020-student.png");
  expect((await metricsOf(out)).at(-1)!.step).toBe(21);
});

test("a changed configuration is allowed, with a warning, and is kept", async () => {
  const out = newFolder();
  await train(out, { ...abortAt("teacher 9"), config: { lr: { peak: 1 }, seed: 3 } });
  const { warnings } = await train(out, { resume: true, config: { seed: 3, lr: { peak: 0.5 } } });
  expect(warnings).toEqual([expect.stringMatching(/another configuration so far: lr.peak \(1 → 0.5\)\.$/)]);
  expect(await readConfig(out)).toEqual({ seed: 3, lr: { peak: 0.5 } });
});

test("a loss that is not finite stops with the step, the last good checkpoint and a hint, and can be mended", async () => {
  const out = newFolder();
  const { stages } = pointStages({ steps });
  const broken = async () => {
    const stage = await stages[0]();
    return {
      ...stage,
      step: async (k: number) => ({ ...(await stage.step(k)), ...(k === 9 ? { loss: Number.NaN } : {}) }),
    };
  };
  const run = runStages([broken], { out, config: { lr: 1 }, checkpointEvery: 4, onProgress: () => {} });
  await expect(run).rejects.toThrow(/loss is NaN at step 10 of the stage "teacher" \(step 10 of the run\)/);
  await expect(run).rejects.toThrow(
    /last good checkpoint is .*00000008-teacher.safetensors.*Lower the learning rate.*resume/,
  );
  expect(await metricsOf(out)).toHaveLength(9);
  expect((await train(out, { resume: true })).weights).toEqual((await reference()).weights);
});

test("weights that overflow are caught by the gradients' norm or the loss before any checkpoint", async () => {
  const out = newFolder();
  await expect(train(out, { lr: 1e30, checkpointEvery: 0 })).rejects.toThrow(
    /The (loss|norm) is (NaN|Infinity) at step .*There is no checkpoint yet/,
  );
  expect(readdirSync(out)).not.toContain("checkpoints");
});

test("a place that cannot be written to is reported before any training", async () => {
  const file = join(root, "file");
  writeFileSync(file, "x");
  const made: string[] = [];
  await expect(train(join(file, "run"), { onStep: (stage) => made.push(stage) })).rejects.toThrow(
    /cannot be written to \(.*cannot be a folder: a file stands there, or above it\).*choose another/,
  );
  expect(made).toEqual([]);
});

test("wrong options are refused", async () => {
  const stage: Stage = { name: "a b", steps: 1, batch: 1, state: {}, step: async () => ({}) };
  const run = (stages: Stage[], options = {}) => runStages(stages, { out: newFolder(), config: {}, ...options });
  await expect(run([stage])).rejects.toThrow(/got "a b"/);
  await expect(run([{ ...stage, name: "a", steps: 1.5 }])).rejects.toThrow(/steps ≥ 0, got 1.5/);
  await expect(
    run([
      { ...stage, name: "a" },
      { ...stage, name: "a" },
    ]),
  ).rejects.toThrow(/Two stages are called "a"/);
  await expect(run([], { keep: 0 })).rejects.toThrow(/keep must be/);
  await expect(run([], { sampleEvery: -1 })).rejects.toThrow(/sampleEvery must be/);
  await expect(run([], { checkpointEvery: 1.5 })).rejects.toThrow(
    /checkpointEvery must be a whole number ≥ 0, got 1.5/,
  );
  await expect(run([], { out: "" })).rejects.toThrow(/out must be the path of the run's folder, got ""/);
});

test("a run that is being trained in is refused, to resume and to start, and nothing changes", async () => {
  const out = newFolder();
  const inside: unknown[] = [];
  const { weights } = await train(out, {
    checkpointEvery: 100,
    onStep: async (stage, k) => {
      if (`${stage} ${k}` !== "student 3") return;
      inside.push(await train(out, { resume: true }).catch((error) => error));
      inside.push(await train(out).catch((error) => error));
    },
  });
  expect(inside).toHaveLength(2);
  for (const error of inside) {
    expect(error).toBeInstanceOf(RunError);
    expect((error as Error).message).toMatch(/This process \(\d+\) trains in/);
  }
  expect(weights).toEqual((await reference()).weights);
  expect(await metricsOf(out)).toHaveLength(32);
  expect(readdirSync(out)).not.toContain("lock");
});

test("two that start in one folder: one trains, the other is refused", async () => {
  const out = newFolder();
  const results = await Promise.allSettled([train(out), train(out)]);
  const [refused, ...others] = results.flatMap((r) => (r.status === "rejected" ? [r.reason] : []));
  expect(others).toEqual([]);
  expect(refused.message).toMatch(/trains in|already holds a run/);
  expect(await metricsOf(out)).toHaveLength(32);
});

const edit = (out: string, change: (config: any) => void) => {
  const config = JSON.parse(readFileSync(join(out, "config.json"), "utf8"));
  change(config);
  writeFileSync(join(out, "config.json"), JSON.stringify(config));
  return config;
};

test.each(["teacher 9", "student 0", "student 9", "finished"])(
  "a setting edited in config.json is named with both values, and nothing changes (%s)",
  async (at) => {
    const out = newFolder();
    await train(out, { ...abortAt(at), config: { settings: { lr: 1, steps: 20 }, name: "a" } });
    const config = edit(out, ({ settings }) => {
      settings.lr = 0.5;
      delete settings.steps;
    });
    const before = snapshot(out);
    await expect(train(out, { resume: true, config })).rejects.toThrow(
      /other settings than its config.json has now: settings.lr \(1 → 0.5\), settings.steps \(20 → undefined\)\. Put back/,
    );
    expect(snapshot(out)).toEqual(before);
    edit(out, ({ settings }) => Object.assign(settings, { lr: 1, steps: 20 }));
    const { warnings } = await train(out, { resume: true, config: { settings: { lr: 1, steps: 20 }, name: "a" } });
    expect(warnings).toEqual([]);
  },
);

test("an edited setting is named also where the checkpoint does not fit it", async () => {
  const out = newFolder();
  await train(out, { ...abortAt("student 9"), config: { width: 32 } });
  const config = edit(out, (config) => {
    config.width = 33;
  });
  await expect(train(out, { resume: true, width: 33, config })).rejects.toThrow(/now: width \(32 → 33\)/);
});

test("what may be edited gives a warning; what is asked for is followed at every later resume", async () => {
  const out = newFolder();
  await train(out, { ...abortAt("teacher 9"), config: { lr: 1, name: "a" } });
  const named = edit(out, (config) => {
    config.name = "b";
  });
  const second = await train(out, { ...abortAt("student 5"), resume: true, config: named, free: ["name"] });
  expect(second.warnings).toEqual([
    expect.stringMatching(/config.json of .* was changed since: name \("a" → "b"\)\.$/),
  ]);
  // The end of the first stage keeps the old rate for ever.
  const asked = { ...named, lr: 0.5 };
  const third = await train(out, { ...abortAt("student 9"), resume: true, config: asked, free: ["name"] });
  expect(third.warnings).toEqual([expect.stringMatching(/another configuration so far: lr \(1 → 0.5\)\.$/)]);
  const last = await train(out, { resume: true, config: await readConfig(out) });
  expect(last).toMatchObject({ status: "finished", warnings: [] });
  expect(await readConfig(out)).toEqual(asked);
});

test("a finished run takes no other settings, which nothing would be trained with", async () => {
  const out = newFolder();
  await train(out, { config: { lr: 1, name: "a" } });
  const before = snapshot(out);
  await expect(train(out, { resume: true, config: { lr: 0.5, name: "a" }, free: ["name"] })).rejects.toMatchObject({
    message: expect.stringMatching(/is finished, so that another setting would have no effect: lr \(1 → 0.5\)\. Leave/),
    wrongUse: true,
  });
  expect(snapshot(out)).toEqual(before);
  expect(await train(out, { resume: true, config: { lr: 1, name: "b" }, free: ["name"] })).toMatchObject({
    status: "finished",
    warnings: [expect.stringMatching(/another configuration so far: name/)],
  });
});

test("a stage that has ended is not silently left as short as it was", async () => {
  const out = newFolder();
  await train(out, abortAt("student 9"));
  await expect(train(out, { resume: true, config: { lr: 1, n: 40 }, steps: [40, 20] })).rejects.toMatchObject({
    message: expect.stringMatching(/"teacher" ended after 12 steps and cannot go on to 40/),
    wrongUse: true,
  });
});

test("a damaged end of a stage: later stages keep their rows and sheets, in order", async () => {
  for (const at of ["student 9", "finished"]) {
    const out = newFolder();
    await train(out, { ...abortAt(at), sampleEvery: 4 });
    damage.truncated(join(out, "checkpoints/stage-teacher.safetensors"));
    // Stopped in between: the rows of the later stage stay then, too.
    await train(out, { ...abortAt("teacher 10"), resume: true, sampleEvery: 4 });
    await train(out, { resume: true, sampleEvery: 4 });
    const whole = newFolder();
    await train(whole, { sampleEvery: 4 });
    const told = async (folder: string) =>
      (await metricsOf(folder)).map(({ step, stage, loss }) => [step, stage, loss]);
    expect(await told(out)).toEqual(await told(whole));
    expect(readdirSync(join(out, "samples"))).toEqual(readdirSync(join(whole, "samples")));
  }
});

test("lines of metrics.jsonl that are no rows are dropped", async () => {
  const out = newFolder();
  await train(out, abortAt("student 9"));
  const path = join(out, "metrics.jsonl");
  const strange = ["null", "7", '"x"', "[]", "{}", '{"step":"1","stage":"teacher"}', '{"step":3}', "{", ""];
  writeFileSync(path, `${strange.join("\n")}\n${readFileSync(path, "utf8")}${strange.join("\n")}`);
  expect((await train(out, { resume: true })).weights).toEqual((await reference()).weights);
  expect((await metricsOf(out)).map((row) => row.step)).toEqual(Array.from({ length: 32 }, (_, i) => i + 1));
  expect(readFileSync(path, "utf8").trimEnd().split("\n")).toHaveLength(32);
});

test.skipIf(process.platform !== "linux")(
  "a folder that the system does not make is refused, not waited for",
  async () => {
    for (const out of ["/proc/fewstep/run", "/proc/self/fewstep"])
      await expect(train(out)).rejects.toThrow(/cannot be written to \(ENOENT.*choose another/);
  },
);
