import { readFile } from "node:fs/promises";
import { show } from "../io/show.js";
import { SPOT_RULE, type Spot, spotsOf, spotTexts, wrongSpot } from "../motion/index.js";
import { requireFile } from "./output.js";

const FILE = /\.(json|csv)$/i;

/** Options with their path read, where it is the name of a JSON or CSV file. @throws UsageError where there is none */
export async function withPath(options: Record<string, unknown>): Promise<Record<string, unknown>> {
  const { path } = options;
  if (typeof path !== "string" || !FILE.test(path.trim())) return options;
  return { ...options, path: await pathIn(path.trim()) };
}

/**
 * The points of a file: JSON, a list of [x, z] or of {"x", "z"}; or CSV, a line for each, x and z first, perhaps behind a line of
 * names. @throws where it holds something else
 */
async function pathIn(file: string): Promise<Spot[]> {
  requireFile(file, "a JSON or CSV file of points");
  const text = (await readFile(file, "utf8")).replace(/^\uFEFF/, "");
  return /\.json$/i.test(file) ? fromJson(file, text) : fromCsv(file, text);
}

function fromJson(file: string, text: string): Spot[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new Error(`${file} is no JSON: ${(error as Error).message}.`);
  }
  if (!Array.isArray(value)) throw new Error(`${file} is a list of points, got ${show(value)}.`);
  return value.map((point, i) => {
    const { x, z } = point ?? {};
    const spot = (Array.isArray(point) ? point : [x, z]) as unknown as Spot;
    if (wrongSpot([spot]) < 0 && spot.every((one) => typeof one === "number")) return spot;
    throw new Error(`${file}: point ${i + 1}, ${show(point)}, is not [x, z] or {"x", "z"}: ${SPOT_RULE}.`);
  });
}

function fromCsv(file: string, text: string): Spot[] {
  const lines = text.split(/\r?\n/).map((line) => line.replaceAll(/\s/g, ""));
  const named = /^[a-z_]+[,;][a-z_]+$/i.test(lines[0]);
  if (named && !/^x[,;]z$/i.test(lines[0])) throw new Error(`${file}: its columns are x and z, got ${show(lines[0])}.`);
  return lines.flatMap((line, i) => {
    if (line === "" || (named && i === 0)) return [];
    const [spot] = spotsOf(line.replace(";", ","));
    if (wrongSpot([spot]) >= 0)
      throw new Error(`${file}: line ${i + 1}, ${show(spotTexts(line)[0])}, is not ${SPOT_RULE}.`);
    return [spot];
  });
}
