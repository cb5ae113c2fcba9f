import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { resolveDataset } from "../../src/data/index.js";
import { decodeImage } from "../../src/io/index.js";
import { presets } from "../../src/judges/classifier/settings.js";
import { trainClassifier } from "../../src/judges/classifier/train.js";
import type { Evaluation } from "../../src/judges/images/index.js";
import { writeUntrainedDrifting } from "../methods/fixtures/untrained.js";
import { command } from "./command.js";
import { inProcess } from "./in-process.js";
import { mpirun, noMpi, processOf } from "./mpi.js";

const root = mkdtempSync(join(tmpdir(), "fewstep-mpi-draw-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const main = resolve(import.meta.dirname, "../../dist/cli/main.js");
const data = resolve(import.meta.dirname, "../fixtures/fashion-mnist");
const [model, judge] = [join(root, "a", "model"), join(root, "judge")];
const alone = command(join(root, "cache"));
const ranks = (count: number, args: string[]) => ["-n", String(count), process.execPath, main, ...args];

if (noMpi) console.warn(`Drawing in several processes is not tested: ${noMpi}`);

beforeAll(async () => {
  const dataset = await resolveDataset(data);
  for (const folder of ["a", "b"]) mkdirSync(join(root, folder));
  await writeUntrainedDrifting(model, dataset);
  const settings = { ...presets.tiny, widths: [8, 8, 8] as [number, number, number], features: 8, batch: 40, steps: 2 };
  await trainClassifier(dataset, settings, { out: judge, name: "judge", threads: 1 });
});

const drawing = (out: string, count = 100) => {
  const folder = join(root, out);
  return ["sample", model, "--count", String(count), "--seed", "5", "--out", `${folder}/`, "--device", "cpu", "--json"];
};
const filesIn = (out: string) =>
  readdirSync(join(root, out)).map((name) => [name, readFileSync(join(root, out, name), "base64")]);

// Ranks that wait for each other take long where other programs hold the cores
describe.skipIf(noMpi !== null)("sample and eval under mpirun", { timeout: 600_000 }, () => {
  test("two ranks draw the files that one draws, and only the first writes and speaks", async () => {
    const [one, two] = await Promise.all([alone(drawing("one")), mpirun(ranks(2, drawing("two")))]);
    expect(one.code, one.stderr).toBe(0);
    expect([two.code, two.stderr]).toEqual([0, ""]);
    expect(JSON.parse(two.stdout)).toMatchObject({ model: "untrained", count: 100, files: 100, seed: 5 });
    expect(filesIn("two")).toHaveLength(101);
    expect(filesIn("two")).toEqual(filesIn("one"));
  });

  // The judges look at 250 pictures at a time: of 300 the second rank has some
  test("two ranks measure what one measures, every figure", async () => {
    const measuring = (sheet: string) => [
      ...["eval", model, "--data", data, "--features", judge, "--count", "300", "--seed", "3", "--device", "cpu"],
      ...["--neighbours", join(root, sheet), "--json"],
    ];
    const [one, two] = await Promise.all([alone(measuring("one.png")), mpirun(ranks(2, measuring("two.png")))]);
    expect(one.code, one.stderr).toBe(0);
    expect(two.code, two.stderr).toBe(0);
    expect(two.stderr.match(/nearest training images/g)).toHaveLength(1);
    const [a, b] = [one, two].map(({ stdout }) => JSON.parse(stdout) as Evaluation);
    expect({ ...b, metrics: [] }).toEqual({ ...a, metrics: [] });
    expect(b.metrics.map(({ name, features, n }) => [name, features, n])).toEqual(
      a.metrics.map(({ name, features, n }) => [name, features, n]),
    );
    for (const [i, { name, value, floor, interval }] of a.metrics.entries())
      for (const [x, y] of [
        [value, b.metrics[i].value],
        [floor, b.metrics[i].floor],
        ...(interval ?? []).map((x, k) => [x, b.metrics[i].interval?.[k]]),
      ])
        expect(Math.abs(y! - x!), `${name}: ${y} for ${x}`).toBeLessThanOrEqual(1e-5 * Math.abs(x!));
    expect(readFileSync(join(root, "two.png")).equals(readFileSync(join(root, "one.png")))).toBe(true);
  });

  test("a rank that lacks the model, or has another, ends all with a sentence, and nothing is written", async () => {
    const asked = (folder: string) => [
      ...["-n", "1", "-wdir", join(root, folder), process.execPath, main],
      ...drawing("lacking").with(1, "./model"),
    ];
    const lacking = await mpirun([...asked("a"), ":", ...asked("b")]);
    expect(lacking.code).toBe(2);
    expect(lacking.stderr.match(/fewstep: rank 1 of 2 \(.*\): There is no model ".\/model"/g)).toHaveLength(1);
    cpSync(model, join(root, "b", "model"), { recursive: true });
    const config = join(root, "b", "model", "config.json");
    writeFileSync(config, readFileSync(config, "utf8").replace('"untrained"', '"trained"'));
    const other = await mpirun([...asked("a"), ":", ...asked("b")]);
    expect(other.code).toBe(1);
    expect(other.stderr.match(/fewstep: Rank 1 finds another model in .\/model than rank 0, untrained;/g)).toHaveLength(
      1,
    );
    expect(readdirSync(root)).not.toContain("lacking");
  });

  test("a lost rank ends the job, and what is written is whole", async () => {
    const killed = await mpirun(ranks(2, drawing("killed", 100_000)), async ({ pid }) => {
      while (!readdirSync(root).includes("killed") || readdirSync(join(root, "killed")).length === 0)
        await setTimeout(20);
      process.kill(processOf(pid!, 1), "SIGKILL");
    });
    expect(killed.code).not.toBe(0);
    expect(killed.stderr).toMatch(/rank 1 .*(signal 9|Killed)|KILLED BY SIGNAL: 9/);
    const pictures = readdirSync(join(root, "killed")).filter((name) => name.endsWith(".png"));
    for (const name of pictures) expect((await decodeImage(join(root, "killed", name))).height).toBe(28);
  });

  test("ranks that are asked for other things are told so and end", async () => {
    const asked = (count: number) => ranks(1, drawing("apart", count));
    const apart = await mpirun([...asked(100), ":", ...asked(101)]);
    expect(apart.code).toBe(2);
    expect(apart.stderr).toContain("Settings or data of rank 1 are not those of rank 0.");
    expect(readdirSync(root)).not.toContain("apart");
  });
});

test.each([["--stream"], ["--from-clip", "a.bvh"], ["--to-clip", "a.bvh"]])(
  "sample %s is no work for several processes",
  async (...flag) => {
    vi.stubEnv("OMPI_COMM_WORLD_SIZE", "2");
    vi.stubEnv("OMPI_COMM_WORLD_RANK", "0");
    const { code, stderr } = await inProcess(join(root, "cache"))(["sample", "walker", ...flag]);
    expect(code).toBe(2);
    expect(stderr).toContain(`2 processes were started together (OMPI_COMM_WORLD_SIZE)`);
    expect(stderr).toContain(`"sample ${flag[0]}" is not divided among them`);
  },
);
