import { z } from "zod";
import { faults } from "../io/faults.js";
import { WrongUse } from "../io/wrong-use.js";
import { deviceNames } from "../runtime/index.js";

const whole = (least: number, preset: number) => z.int().min(least).default(preset);
const origin = z.union([z.literal("*"), z.url({ protocol: /^https?$/ }).transform((text) => new URL(text).origin)]);

const schema = z.strictObject({
  /** Models by shipped name, or folders of models or runs; default: every shipped model, and those of the folders. */
  models: z.array(z.string().min(1)).optional(),
  /** Folders whose subfolders are models or runs; what is added there later is served too. */
  folders: z.array(z.string().min(1)).default([]),
  /** Address to listen on, which also says which Host headers are its own. */
  host: z.string().min(1).default("127.0.0.1"),
  /** Clients must send `Authorization: Bearer <token>`. */
  token: z.string().min(1).optional(),
  /** Origins of web pages that may use the server, such as https://example.com; "*": all. */
  allowOrigins: z.array(origin).default([]),
  /** Further names that the server may be called by in a Host header, without port. */
  allowHosts: z.array(z.string().min(1)).default([]),
  device: z.enum(["auto", ...deviceNames]).default("auto"),
  /** Threads that each worker computes with; default: the cores shared out. */
  threads: z.int().min(1).optional(),
  /** Worker threads that draw; each loads the models that it is asked for. */
  workers: whole(1, 1),
  /** Models that a worker keeps in memory. */
  maxLoaded: whole(1, 4),
  /** Samples that share a batch. */
  maxBatch: whole(1, 64).pipe(z.number().max(1024)),
  /** Milliseconds that a request waits for company while a worker is free. */
  batchWindow: z.number().min(0).max(1000).default(2),
  /** Requests that wait for a worker; further ones are answered with 429. */
  maxQueue: whole(1, 256),
  /** Samples of a request. */
  maxCount: whole(1, 64),
  /** Network evaluations that a sample may take, over all of its steps. */
  maxEvaluations: whole(1, 1024),
  /** Bytes of a request's body. */
  maxBody: whole(1024, 16 * 1024 * 1024),
  /** Seconds that a request may take, waiting included. */
  maxSeconds: z.number().gt(0).max(86_400).default(120),
  /** Live sessions at a time; each holds what its model remembers. */
  maxSessions: whole(1, 8),
  /** Seconds without a message or a block after which a live session is closed. */
  maxIdle: z.number().gt(0).max(86_400).default(60),
  /** Modules that register methods of one's own, for the worker threads. */
  use: z.array(z.string()).default([]),
  /** Also logs prompts and templates. */
  logPrompts: z.boolean().default(false),
  logLevel: z.enum(["fatal", "error", "warn", "info", "debug", "silent"]).default("info"),
});

/** What a server is asked for. */
export type ServerOptions = z.input<typeof schema>;
export type Settings = z.output<typeof schema>;

/** Options with their presets. @throws WrongUse that names the field */
export function serverSettings(options: ServerOptions = {}): Settings {
  const parsed = schema.safeParse(options);
  if (parsed.success) return parsed.data;
  throw new WrongUse(`The server cannot be set up so: ${faults(parsed.error, options)}.`);
}
