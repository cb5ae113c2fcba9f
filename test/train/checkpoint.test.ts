import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import * as nn from "../../src/nn/index.js";
import { Random } from "../../src/random/index.js";
import { Checkpoints, readCheckpoint } from "../../src/train/checkpoint.js";
import { removeLeftovers } from "../../src/train/folder.js";
import type { Stateful } from "../../src/train/index.js";

const root = mkdtempSync(join(tmpdir(), "fewstep-checkpoint-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** An owner whose state is whatever it is given. */
function box(value: unknown): Stateful & { value: unknown } {
  return {
    value,
    state() {
      return this.value;
    },
    load(state: unknown) {
      this.value = state;
    },
  };
}

const position = { stage: "a", stageStep: 3, step: 7, seconds: 1.5 };

test("every kind of state comes back as it was", async () => {
  const value = {
    numbers: [1, -2.5, 1e300],
    nothing: null,
    text: "naïve <b>",
    yes: true,
    nested: [{ vector: Float32Array.of(1, Number.NaN, -0, 1e-45) }],
    double: Float64Array.of(Math.PI),
    signed: Int32Array.of(-1, 2 ** 31 - 1),
    unsigned: Uint32Array.of(0, 2 ** 32 - 1),
    bytes: Uint8Array.of(0, 255),
    part: new Float32Array([1, 2, 3, 4]).subarray(1, 3),
    shaped: { shape: [2, 1], data: Float32Array.of(5, 6) },
    empty: { list: [], record: {}, vector: new Float32Array(0) },
  };
  const network = nn.mlp([2, 3, 1]);
  const random = new Random(5).split("x");
  random.normals(7);
  const expected = { flat: network.parameters.flat.slice(), next: Random.fromState(random.state()).normals(5) };
  const path = await new Checkpoints(join(root, "kinds"), 1).save(position, {
    network: network.parameters,
    random,
    box: box(value),
  });

  const read = await readCheckpoint(path);
  expect(read).toMatchObject({ path, position, end: false });
  const other = { network: nn.mlp([2, 3, 1]).parameters, random: new Random(0), box: box(null) };
  other.network.initialize(9);
  read.restore(other);
  expect(other.network.flat).toEqual(expected.flat);
  expect(other.random.normals(5)).toEqual(expected.next);
  expect(other.box.value).toEqual({ ...value, shaped: expect.objectContaining(value.shaped) });
});

test("what a checkpoint cannot keep is refused by name, and nothing is written", async () => {
  const folder = join(root, "refused");
  const checkpoints = new Checkpoints(folder, 1);
  for (const bad of [Number.NaN, 1n, () => 1])
    await expect(checkpoints.save(position, { thing: box({ list: [0, bad] }) })).rejects.toThrow(
      /"thing\/list\/1" is .*cannot keep/,
    );
  expect(() => readdirSync(folder)).toThrow(/ENOENT/);
});

test("a missing owner and one that refuses its state are named", async () => {
  const path = await new Checkpoints(join(root, "owners"), 1).save(position, { a: box(1) });
  const checkpoint = await readCheckpoint(path);
  expect(() => checkpoint.restore({ b: box(1) })).toThrow(/00000007-a.safetensors.*keeps no "b", only a/);
  const picky: Stateful = {
    state: () => 1,
    load() {
      throw new Error("I want 3 numbers.");
    },
  };
  expect(() => checkpoint.restore({ a: picky })).toThrow(/its "a" does not fit: I want 3 numbers/);
});

test("only what a killed process left half written is cleaned away", async () => {
  const out = join(root, "clean");
  await new Checkpoints(join(out, "checkpoints"), 2).save(position, { a: box(1) });
  const files = {
    mine: "checkpoints/notes.tmp",
    half: ".report.html.17-0ab4c2d1.tmp",
    part: "checkpoints/.00000008-a.safetensors.17-0ab4c2d1.tmp",
  };
  for (const name of Object.values(files)) writeFileSync(join(out, name), "x");
  await removeLeftovers(out);
  expect(readdirSync(out)).toEqual(["checkpoints"]);
  expect(readdirSync(join(out, "checkpoints")).sort()).toEqual(["00000007-a.safetensors", "notes.tmp"]);
});

test("stages whose names end alike keep their own checkpoints", async () => {
  const folder = join(root, "names");
  const checkpoints = new Checkpoints(folder, 1);
  await checkpoints.save({ ...position, stage: "b", step: 1 }, { a: box("b") });
  await checkpoints.save({ ...position, stage: "a-b", step: 2 }, { a: box("a-b") });
  const target = box(null);
  (await checkpoints.newest("b", () => {}))!.restore({ a: target });
  expect(target.value).toBe("b");
  expect(await checkpoints.newest("c", () => {})).toBeNull();
});
