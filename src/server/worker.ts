// A worker thread of the server: loads the models that it is asked for, and draws with one at a time.
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parentPort, workerData } from "node:worker_threads";
import { OptionError } from "../io/wrong-use.js";
import { Images } from "../media/images.js";
import { loadModel } from "../methods/load.js";
import type { AnyGenerator, GestureSession, MotionSession, Output } from "../models/generator.js";
import type {
  BlockJob,
  Drawn,
  FromWorker,
  Job,
  Place,
  SessionJob,
  TalkJob,
  ToWorker,
  WorkerSettings,
} from "./protocol.js";

const port = parentPort!;
const { device, threads, maxLoaded, use } = workerData as WorkerSettings;
const post = (message: FromWorker, transfer: ArrayBuffer[] = []) => port.postMessage(message, transfer);

/** The models in memory, the one used last at the end. */
const models = new Map<string, AnyGenerator>();

/** A live session: its model stays in memory, and `controller` ends it. */
interface Live {
  readonly model: AnyGenerator;
  readonly session: MotionSession | GestureSession;
  readonly controller: AbortController;
}
const sessions = new Map<number, Live>();
const isLive = (model: AnyGenerator) => [...sessions.values()].some((live) => live.model === model);

async function modelOf({ folder, version }: Place): Promise<AnyGenerator> {
  const key = `${version} ${folder}`;
  const known = models.get(key);
  const model = known ?? (await loadModel(folder, { device, threads }));
  models.delete(key);
  models.set(key, model);
  for (const [other, old] of models) {
    const stale = other !== key && other.endsWith(` ${folder}`);
    if ((!stale && models.size <= maxLoaded) || isLive(old)) continue;
    models.delete(other);
    await old.release();
  }
  return model;
}

function plain(output: Output): Drawn {
  if (output.kind === "motion") return { kind: output.kind, clips: output.clips, prompts: output.prompts };
  if (output.kind === "text") {
    const { kind, strings, lines, tokens } = output;
    return { kind, strings, lines, tokens };
  }
  if (output.kind === "gesture") throw new OptionError("Gestures need two voices, which a request cannot hold.");
  const { kind, pixels, count, channels, height, width, labels } = output;
  return { kind, pixels, count, channels, height, width, labels };
}

const buffersOf = (drawn: readonly Drawn[]): ArrayBuffer[] => [
  ...new Set(drawn.flatMap((one) => (one.kind === "image" ? [one.pixels.buffer as ArrayBuffer] : []))),
];

/** The session of a block, which a first block begins. */
async function liveOf({ place, session: number, begin }: SessionJob, signal: AbortSignal): Promise<Live> {
  const known = sessions.get(number);
  if (known) return known;
  if (!begin) throw new Error("The thread that held this session has ended.");
  const model = await modelOf(place);
  signal.throwIfAborted();
  if (model.kind !== "motion" && model.kind !== "gesture")
    throw new OptionError(`${model.config.name} has no live sessions.`);
  const controller = new AbortController();
  const session = await model.open(begin, { signal: controller.signal });
  signal.throwIfAborted();
  const live = { model, session, controller };
  sessions.set(number, live);
  return live;
}

/** Draws one block. Aborting it ends the session. */
async function nextBlock(job: SessionJob, signal: AbortSignal): Promise<Drawn> {
  const { session, controller } = await liveOf(job, signal);
  signal.addEventListener("abort", () => controller.abort(signal.reason), { once: true });
  if (job.type === "talk") return talk(job, session as GestureSession);
  return move(job, session as MotionSession);
}

async function move({ text, guidance, points }: BlockJob, session: MotionSession): Promise<Drawn> {
  if (text !== undefined) session.say(text);
  if (guidance !== undefined) session.guidance = guidance;
  if (points !== undefined) session.follow(points);
  return { kind: "motion", clips: [await session.next()], prompts: null };
}

async function talk({ voices, changes }: TalkJob, session: GestureSession): Promise<Drawn> {
  if (Object.keys(changes).length > 0) session.change(changes);
  for (const [first, second] of voices) session.push(first, second);
  const people = await session.pull();
  return { kind: "talk", people, speech: session.speech };
}

function endSession(number: number): void {
  sessions.get(number)?.session.close();
  sessions.delete(number);
}

async function work(job: Job, signal: AbortSignal): Promise<Drawn[]> {
  if ("session" in job) return [await nextBlock(job, signal)];
  const model = await modelOf(job.place);
  signal.throwIfAborted();
  if (job.type === "draw") return (await model.sampleTogether(job.requests, { signal })).map(plain);
  if (job.type === "edit") {
    const edit = model.kind === "image" ? model.edits?.[job.verb] : undefined;
    if (!edit) throw new OptionError(`${model.config.name} has no "${job.verb}".`);
    const { pixels, count, channels, height, width } = job.pictures;
    const pictures = new Images(pixels, count, channels, height, width);
    const edited = await edit.run({ pictures, ...(job.mask && { mask: job.mask }) }, job.options, { signal });
    if (!(edited instanceof Images)) throw new OptionError(`${job.verb} gives no pictures.`);
    return [plain(edited)];
  }
  const { options, ...standIns } = job.request;
  for await (const { output, step, steps, evaluations, first } of model.stream(options, { ...standIns, signal })) {
    const drawn = plain(await output());
    post({ type: "step", step: { step, steps, evaluations, first, output: drawn } }, buffersOf([drawn]));
  }
  return [];
}

let controller = new AbortController();

async function answer(job: Job): Promise<void> {
  controller = new AbortController();
  try {
    const drawn = await work(job, controller.signal);
    post({ type: "done", drawn }, buffersOf(drawn));
  } catch (error) {
    const { name, message, stack, wrongUse } = error as Error & { wrongUse?: boolean };
    post({ type: "failed", name, message, stack, wrongUse });
  }
}

for (const module of use) await import(pathToFileURL(resolve(module)).href);
port.on("message", (message: ToWorker) => {
  if (message.type === "abort") controller.abort();
  else if (message.type === "end") endSession(message.session);
  else void answer(message.job);
});
post({ type: "ready" });
