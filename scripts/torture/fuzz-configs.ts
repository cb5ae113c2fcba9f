import { mkdir, mkdtemp, open, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { performance } from "node:perf_hooks";
import { shippedModelsFolder } from "../../src/models/files.js";
import { Random } from "../../src/random/index.js";
import { type Loaded, loadKind, writeKinds } from "./kinds.js";
import { mutated } from "./mutate.js";

export interface FuzzOptions {
  /** How many damaged models are loaded. */
  count: number;
  seed: number;
  log(line: string): void;
}
export interface FuzzResult {
  tried: number;
  failures: string[];
}

/** What a refused model may cost. */
const MOST_BYTES = 64e6;
const MOST_SECONDS = 2;

interface Kind {
  name: string;
  folder: string;
  config: any;
  /** The header of its weights, and the length of what follows. */
  header: any;
  dataBytes: number;
}

/**
 * Loads models of every kind, small ones and those that ship, whose config.json or safetensors header is damaged in a
 * way drawn from
 * `seed`. A failure is an error that is not one of our sentences, a load that costs too much, or a model that loads and then cannot be used.
 */
export async function fuzzConfigs({ count, seed, log }: FuzzOptions): Promise<FuzzResult> {
  const root = await mkdtemp(join(tmpdir(), "fuzz-configs-"));
  try {
    const kinds = await allKinds(root);
    const failures: string[] = [];
    const used = new Set<string>();
    const totals = { refused: 0, loaded: 0, used: 0 };
    for (let i = 0; i < count; i++) {
      const random = new Random(seed, "fuzz-configs").split(i);
      const kind = random.choice(random.integer(8) === 0 ? kinds.shipped : kinds.small); // small ones load faster
      const folder = join(root, "case");
      const what = await writeCase(kind, folder, random);
      const failure = await tryCase(kind, folder, used, totals);
      if (failure) failures.push(`seed ${seed}, case ${i}, ${kind.name}: ${what}: ${failure}`);
      if (failure) log(failures.at(-1)!);
      await rm(folder, { recursive: true });
      if ((i + 1) % 1000 === 0) log(`${i + 1} of ${count}: ${JSON.stringify(totals)}, ${failures.length} failures`);
    }
    return { tried: count, failures };
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

async function allKinds(root: string): Promise<{ small: Kind[]; shipped: Kind[] }> {
  const small = await writeKinds(join(root, "kinds"));
  const shipped = (await shippedModelsFolder())!;
  const entries = await readdir(shipped, { withFileTypes: true });
  const models = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  const read = (folder: string, names: readonly string[]) =>
    Promise.all(names.map((name) => readKind(join(folder, name))));
  return { small: await read(join(root, "kinds"), small), shipped: await read(shipped, models) };
}

async function readKind(folder: string): Promise<Kind> {
  const bytes = await readFile(join(folder, "model.safetensors"));
  const length = Number(bytes.readBigUInt64LE(0));
  return {
    name: basename(folder),
    folder,
    config: JSON.parse(await readFile(join(folder, "config.json"), "utf8")),
    header: JSON.parse(bytes.toString("utf8", 8, 8 + length)),
    dataBytes: bytes.length - 8 - length,
  };
}

/** Writes a damaged model into `folder`; returns what is wrong with it. */
async function writeCase(kind: Kind, folder: string, random: Random): Promise<string> {
  await mkdir(folder);
  const weights = join(folder, "model.safetensors");
  if (random.integer(4) > 0) {
    const inNetwork = random.integer(3) > 0;
    const { text, what } = mutated(kind.config, random, inNetwork ? ([first]) => first === "network" : undefined);
    await writeFile(join(folder, "config.json"), text);
    await symlink(join(kind.folder, "model.safetensors"), weights);
    return `config.json: ${what}`;
  }
  await symlink(join(kind.folder, "config.json"), join(folder, "config.json"));
  const { text, what } = mutated(kind.header, random);
  const json = Buffer.from(text);
  const head = Buffer.alloc(8 + json.length);
  head.writeBigUInt64LE(BigInt(random.integer(20) === 0 ? random.integer(2 ** 52) : json.length));
  json.copy(head, 8);
  const file = await open(weights, "w");
  await file.write(head);
  await file.truncate(head.length + kind.dataBytes + (random.integer(20) === 0 ? random.integer(1000) - 500 : 0));
  await file.close();
  return `header: ${what}`;
}

async function tryCase(
  { config, name }: Kind,
  folder: string,
  used: Set<string>,
  totals: Record<"refused" | "loaded" | "used", number>,
): Promise<string | null> {
  const before = allocated();
  const start = performance.now();
  let model: Loaded;
  try {
    model = await loadKind(config.method, folder);
  } catch (error) {
    totals.refused++;
    const seconds = (performance.now() - start) / 1000;
    const bytes = allocated() - before;
    if (seconds > MOST_SECONDS) return `refused after ${seconds.toFixed(1)} s`;
    if (bytes > MOST_BYTES) return `refused after ${(bytes / 1e6).toFixed(0)} MB`;
    return whyNoSentence(error as Error, folder);
  }
  totals.loaded++;
  try {
    // Most damage that leaves a model sound leaves it the same: each is used once
    const key = `${name} ${await readFile(join(folder, "config.json"), "utf8").then(sound)}`;
    if (used.has(key)) return null;
    used.add(key);
    totals.used++;
    await model.use();
    return null;
  } catch (error) {
    return `loaded, and then: ${(error as Error).stack}`;
  } finally {
    await model.release();
  }
}

/** The parts of a description that a network depends on. */
function sound(text: string): string {
  const { network, classNames, image, text: tokens } = JSON.parse(text);
  const { characters, merges } = tokens?.tokenizer ?? {};
  return JSON.stringify({ network, classNames, image, characters, merges });
}

const allocated = (): number => {
  const { arrayBuffers, heapUsed } = process.memoryUsage();
  return arrayBuffers + heapUsed;
};

/** Null where an error is a sentence for people that names the file at fault. */
function whyNoSentence({ constructor: { name }, message, stack }: Error, folder: string): string | null {
  const inner =
    /Cannot (read|convert|mix)|is not (a function|iterable|defined)|undefined|\[object |NaN|Maximum call|"code":/;
  if (name !== "Error" && name !== "NoSuchModel") return `${name}: ${stack}`;
  if (inner.test(message.replace(/"[^"]*"/g, ""))) return `no sentence: ${message}`;
  if (!message.includes(folder)) return `names no file: ${message}`;
  if (message.length > 1000 || message.includes("\n") || !message.endsWith(".")) return `no plain sentence: ${message}`;
  return null;
}
