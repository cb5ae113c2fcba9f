import { resolve } from "node:path";
import { performance } from "node:perf_hooks";
import { SOUND_FPS, soundFrames } from "../audio/index.js";
import { pictureFormat, requirePictureSize, requireWritable, sheetSize, writeFileAtomic } from "../io/index.js";
import { kebab, many } from "../io/show.js";
import { Motions } from "../media/motions.js";
import { imageSize, locationName } from "../models/files.js";
import type { AnyGenerator, SampleContext, SampleOptions } from "../models/generator.js";
import type { DeviceName } from "../runtime/index.js";
import { requireAlone } from "./alone.js";
import { arriving, clipFrom, continued } from "./from-clip.js";
import type { Hands } from "./hands.js";
import { openModel } from "./models.js";
import { ENDINGS, labelTable, type Numbered, numbered, requireEnding, writeEach } from "./numbered.js";
import { checked, printJson, requireFile, say, UsageError } from "./output.js";
import { withPath } from "./path-file.js";
import { statesFrom } from "./states.js";
import { stepBar } from "./step-bar.js";
import { streamMotion } from "./stream.js";
import { streamGesture } from "./stream-gesture.js";
import { stylesFrom } from "./style-clips.js";
import { together } from "./together.js";

/** What `sample` is told beside the options of the model. */
export interface SampleCommand {
  out?: string;
  /** Takes a run that was stopped as it is. */
  checkpoint?: boolean;
  /** A .npy file with the states of the prompt's words; see `SampleContext`. */
  states?: string;
  /** Two people's voices; see `readSounds`. */
  audio?: readonly string[];
  /** Files that show how the first person moves, and the second. */
  styleClip?: readonly string[];
  device?: DeviceName | "auto";
  json?: boolean;
  /** Writes a motion without end as JSON lines. */
  stream?: boolean;
  /** A file with a motion that is gone on from, and one with what is arrived at. */
  fromClip?: string;
  toClip?: string;
}

export interface SampleResult {
  model: string;
  kind: string;
  count: number;
  /** Network evaluations of a sample. */
  nfe: number;
  msPerSample: number;
  seed: number;
  /** The file, or the folder of single files. */
  out: string;
  /** Texts that were written into one file. */
  texts?: readonly string[];
  /** Files of dialogues, where a name stands for several. */
  written?: readonly string[];
  /** How many single files were written. */
  files?: number;
  /** Table of the single files' classes. */
  labels?: string;
}

/** How many samples of a kind are drawn where nobody says. */
export const COUNTS = { image: 64, text: 8, motion: 1, gesture: 1 };

/**
 * Draws and writes samples: one sheet or text, or each as a file of its own (see `numbered`) as soon as it is drawn.
 * Where they go is checked first. The time is that of drawing, without compiling the model and without writing.
 */
export async function sampleToFile(
  model: AnyGenerator,
  location: string,
  given: Record<string, unknown>,
  { out, states, audio, styleClip }: SampleCommand = {},
): Promise<SampleResult> {
  const { count = COUNTS[model.kind], ...others } = given as { count?: number };
  const options = { count, ...others };
  await checked(() => model.cost(options));
  const place = out ?? `out/${locationName(location)}.${ENDINGS[model.kind]}`;
  const each = numbered(place, model.kind, count);
  const path = each ? resolve(each.path(0), "..") : resolve(place);
  if (!each) requirePlace(model, path, count);
  await requireWritable(each ? each.path(0) : path);
  const context: SampleContext = states === undefined ? {} : { states: await statesFrom(states, count) };
  if ((audio !== undefined) !== (model.kind === "gesture"))
    throw new UsageError(
      audio
        ? `${location} draws ${model.kind}s, not to voices; leave out --audio.`
        : `${location} draws to two people's voices: give --audio <file>.`,
    );
  if (styleClip && model.kind !== "gesture")
    throw new UsageError(`${location} draws ${model.kind}s; --style-clip is for models of gestures.`);
  if (audio) Object.assign(context, await voicesFrom(audio));
  const nfe = await checked(() => model.cost(lastingAs(options, context.sounds)));
  if (styleClip) context.styles = await stylesFrom(styleClip);
  const compiled = model.compilingSeconds;
  const { seconds, ...result } = each
    ? await drawEach(model, options, each, context)
    : await drawOne(model, options, path, context);
  return {
    model: model.config.name,
    kind: model.kind,
    count,
    nfe,
    msPerSample: Number(((1e3 * (seconds - (model.compilingSeconds - compiled))) / count).toFixed(3)),
    seed: (options as { seed?: number }).seed ?? 0,
    out: path,
    ...result,
  };
}

/** Options of what lasts as long as the sounds do, where nobody says how long. */
const lastingAs = (options: Record<string, unknown>, sounds: SampleContext["sounds"]) =>
  sounds && options.seconds === undefined
    ? { ...options, seconds: soundFrames(sounds[0].length) / SOUND_FPS }
    : options;

/** Two people's voices, of which something odd is said. */
async function voicesFrom(paths: readonly string[]): Promise<Pick<SampleContext, "sounds">> {
  for (const path of paths) requireFile(path, "a WAV, FLAC or MP3 file");
  const { readSounds } = await import("../io/sound-read.js");
  const { sounds, notes } = await readSounds(paths);
  for (const note of notes) say(note);
  const samples = sounds[0].length;
  if (soundFrames(samples) < 1)
    throw new UsageError(
      `${paths.join(" and ")} ${paths.length > 1 ? "have" : "has"} ${many(samples, "sample")} at 16 kHz, less than one frame of motion (${(1e3 / SOUND_FPS).toFixed(0)} ms); give a longer sound.`,
    );
  return { sounds };
}

const scaleOf = (height: number) => (height <= 32 ? 2 : 1);

/** Refuses a file that all samples cannot be written into. @throws UsageError */
function requirePlace(model: AnyGenerator, path: string, count: number): void {
  requireEnding(path, model.kind);
  if (model.kind !== "image") return;
  const { channels, height, width } = imageSize(model.config);
  try {
    requirePictureSize(sheetSize([count, channels, height, width], { scale: scaleOf(height) }), pictureFormat(path));
  } catch (error) {
    throw new UsageError(`${(error as Error).message} Write each image as a file of its own: --out <folder>/.`, {
      cause: error,
    });
  }
}

async function drawOne(model: AnyGenerator, options: SampleOptions, path: string, context: SampleContext) {
  const began = performance.now();
  const { onStep, stop } = stepBar(model.config.name);
  const drawn = await model.sample(options, { ...context, onStep }).finally(stop);
  const seconds = (performance.now() - began) / 1e3;
  if (drawn.kind === "text") {
    await drawn.save(path);
    return { seconds, texts: drawn.strings };
  }
  if (drawn.kind === "motion" || drawn.kind === "gesture") await drawn.save(path);
  else await drawn.save(path, { scale: scaleOf(drawn.height) });
  return { seconds, ...(drawn.kind === "gesture" && { written: drawn.filesOf(path) }) };
}

/** Draws batch by batch and writes what has been drawn; the table of classes lists what was written, come what may. */
async function drawEach(model: AnyGenerator, options: SampleOptions, each: Numbered, context: SampleContext) {
  const { classNames } = model;
  const labels: number[] = [];
  let seconds = 0;
  let files = 0;
  const { onStep, stop } = stepBar(model.config.name);
  try {
    let began = performance.now();
    for await (const { step, steps, first, output } of model.stream(options, { ...context, onStep })) {
      if (step < steps) continue;
      const drawn = await output();
      seconds += (performance.now() - began) / 1e3;
      await writeEach(drawn, first, each);
      files += drawn.count;
      if (drawn.kind === "image" && drawn.labels) labels.push(...drawn.labels);
      began = performance.now();
    }
  } finally {
    stop();
    if (classNames && labels.length > 0) await writeFileAtomic(each.labels, labelTable(each, labels, classNames));
  }
  return { seconds, files, ...(classNames ? { labels: each.labels } : {}) };
}

/** A motion that goes on from a clip, or arrives at one, written as one with it. Where it goes is checked first. */
async function betweenCommand(
  model: AnyGenerator,
  location: string,
  given: Record<string, unknown>,
  { out, states, audio, styleClip, json, fromClip, toClip }: SampleCommand,
): Promise<void> {
  const flag = toClip === undefined ? "--from-clip" : "--to-clip";
  if (model.kind !== "motion")
    throw new UsageError(`${location} draws ${model.kind}s; ${flag} is for models of motion.`);
  for (const [name, value] of Object.entries({ states, audio, "style-clip": styleClip, json }))
    if (value !== undefined) throw new UsageError(`--${name} has no effect with ${flag}; leave it out.`);
  const path = resolve(out ?? `out/${locationName(location)}.${ENDINGS.motion}`);
  requireEnding(path, "motion");
  await requireWritable(path);
  const from = fromClip === undefined ? null : await clipFrom(fromClip, "--from-clip");
  const to = toClip === undefined ? null : await clipFrom(toClip, "--to-clip");
  const { whole, jump } = to
    ? await arriving(model, given, { from, to })
    : { whole: await continued(model, given, from!), jump: null };
  await new Motions([whole]).save(path);
  const parts = [fromClip, "what is drawn", toClip].filter((one) => one !== undefined).join(", ");
  const seam = jump === null ? "" : `; at ${toClip} it jumps by ${jump.toFixed(1)} of a usual step`;
  say(`${model.config.name}: ${parts}, ${whole.frames} frames${seam} → ${path}`);
}

/**
 * A motion without end on stdout, until Ctrl-C, the end of `--seconds` or that of who reads; gestures as long as there are
 * voices.
 */
async function streamCommand(
  model: AnyGenerator,
  location: string,
  given: Record<string, unknown>,
  { out, states, audio, styleClip, json, fromClip, toClip }: SampleCommand,
): Promise<void> {
  if (model.kind !== "motion" && model.kind !== "gesture")
    throw new UsageError(`${location} draws ${model.kind}s; --stream is for models of motion and of gestures.`);
  const idle = {
    out,
    states,
    json,
    "from-clip": fromClip,
    "to-clip": toClip,
    ...(model.kind === "motion" && { audio, "style-clip": styleClip }),
  };
  for (const [flag, value] of Object.entries(idle))
    if (value !== undefined)
      throw new UsageError(`--${flag} has no effect with --stream, which writes JSON lines on stdout; leave it out.`);
  const controller = new AbortController();
  const stop = () => controller.abort();
  const { stdin, stdout: output } = process;
  const { signal } = controller;
  if (model.kind === "gesture" && !audio && stdin.isTTY)
    throw new UsageError("Give two voices: --audio <file>, or samples of 16 bits at 16 kHz by turns on stdin.");
  const voices = audio ? (await voicesFrom(audio)).sounds! : stdin;
  const styles = styleClip && (await stylesFrom(styleClip));
  process.once("SIGINT", stop).once("SIGTERM", stop);
  try {
    if (model.kind === "gesture") await streamGesture(model, given, { output, voices, styles, signal });
    else await streamMotion(model, given, { output, input: stdin.isTTY ? null : stdin, signal });
  } finally {
    process.off("SIGINT", stop).off("SIGTERM", stop);
  }
}

export async function sampleCommand(
  location: string,
  asked: Record<string, unknown>,
  command: SampleCommand,
): Promise<void> {
  if (command.stream) requireAlone("sample --stream");
  for (const flag of ["fromClip", "toClip"] as const)
    if (command[flag] !== undefined) requireAlone(`sample --${kebab(flag)}`);
  return together({ location, asked, command }, (hands) => drawCommand(location, asked, command, hands));
}

async function drawCommand(
  location: string,
  asked: Record<string, unknown>,
  command: SampleCommand,
  hands: Hands,
): Promise<void> {
  const given = await withPath(asked);
  const model = await openModel(location, command.device, command.checkpoint, hands);
  try {
    if (command.stream) return await streamCommand(model, location, given, command);
    if (command.fromClip !== undefined || command.toClip !== undefined)
      return await betweenCommand(model, location, given, command);
    const result = await sampleToFile(model, location, given, command);
    if (command.json) return printJson(result);
    const { texts, kind, count, nfe, msPerSample, out, files, written } = result;
    if (texts) process.stdout.write(`${texts.join("\n")}\n`);
    const place = written?.join(", ") ?? (files === undefined ? out : `${many(files, "file")} in ${out}`);
    say(
      `${result.model}: ${many(count, kind)}, ${many(nfe, "network evaluation")} each, ${msPerSample} ms per ${kind} → ${place}`,
    );
  } finally {
    await model.release();
  }
}
