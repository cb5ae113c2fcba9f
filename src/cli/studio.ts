import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { FastifyInstance } from "fastify";
import { makeFolder } from "../io/atomic.js";
import { isLoopback } from "../io/loopback.js";
import { buildServer } from "../server/index.js";
import { runsApi } from "../server/runs/index.js";
import { knowsToken } from "../server/runs/token.js";
import { studioPage } from "../server/studio.js";
import { planned } from "./improve.js";
import { listen, PortTaken, untilStopped } from "./listen.js";
import { say, UsageError } from "./output.js";
import { planTraining } from "./train-plan.js";
import { used } from "./use.js";

export interface StudioCommand {
  host: string;
  /** Default: 8080, or a free one where that is taken. */
  port?: number;
  /** Folder of the run folders. */
  runs: string;
  /** Folders whose subfolders are models. */
  models?: string[];
  /** Trainings at a time. */
  trainings: number;
  /** Open the page in a browser, where there is one. */
  open: boolean;
}

const dist = fileURLToPath(new URL("..", import.meta.url));

const PORT = 8080;
/** Addresses of the server, which other machines reach with the token only. The page and its own have rules of their own. */
const OF_SERVER = /^\/(v1|v2|models|metrics|docs|openapi\.json)([/?]|$)/;

/**
 * Serves the studio, models and trainings until SIGTERM or SIGINT. Trainings go on without it. `once`: takes a free
 * port, asks for the page, the models and the runs once, and ends.
 */
export async function studioCommand(
  { host, port, runs, models = [], trainings, open }: StudioCommand,
  { once = false } = {},
): Promise<void> {
  const folder = join(dist, "studio");
  if (!existsSync(join(folder, "index.html")))
    throw new Error(`The studio is not built: ${folder} is missing. In a checkout, npm run build makes it.`);
  await makeFolder(runs).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "EEXIST" && error.code !== "ENOTDIR") throw error;
    throw new UsageError(`${runs} is no folder, so it cannot hold runs; name another with --runs.`);
  });
  const check = async (...asked: Parameters<typeof planTraining>) => void (await planTraining(...asked));
  const token = randomBytes(24).toString("base64url");
  const closed = !isLoopback(host);
  const app = await buildServer(
    { host, folders: [runs, ...models], use: used, logLevel: "warn", ...(closed && { token }) },
    { admits: (request) => !OF_SERVER.test(request.url) || knowsToken(request, token) },
  );
  try {
    await app.register(studioPage, { folder, token, closed });
    const checkImprovement = async (...asked: Parameters<typeof planned>) => void (await planned(...asked));
    await app.register(runsApi, { token, root: runs, program: program(), check, checkImprovement, atOnce: trainings });
    const stopped = untilStopped();
    const address = once ? await listen(app, { host, port: 0 }) : await listenAt(app, host, port);
    const page = !closed ? `${address}/` : `${address}/?token=${token}`;
    process.stdout.write(`${page}\n`);
    if (once) return await answersOnce(address, token);
    if (open && hasBrowser()) await openPage(page);
    await stopped;
  } finally {
    await app.close();
  }
}

async function listenAt(app: FastifyInstance, host: string, port: number | undefined): Promise<string> {
  if (port !== undefined) return listen(app, { host, port });
  return listen(app, { host, port: PORT }).catch((error) => {
    if (error instanceof PortTaken) return listen(app, { host, port: 0 });
    throw error;
  });
}

/** What Node runs for a training: this command line, with its methods of one's own. */
const program = (): string[] => [join(dist, "cli", "main.js"), ...used.flatMap((module) => ["--use", module])];

/** Whether a person sits at this machine: with a terminal, and a display. */
const hasBrowser = (): boolean =>
  process.stdout.isTTY === true &&
  (process.platform !== "linux" || Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY));

async function openPage(page: string): Promise<void> {
  const { default: open } = await import("open");
  const opened = await open(page).catch((error: Error) => error);
  if (opened instanceof Error) say(`No browser could be opened (${opened.message}); open the address yourself.`);
  else opened.once("error", () => say("No browser could be opened; open the address yourself."));
}

async function answersOnce(address: string, token: string): Promise<void> {
  for (const path of ["/", "/models/index.json", "/api/runs"]) {
    const { ok, status } = await fetch(`${address}${path}`, { headers: { "x-fewstep-token": token } });
    if (!ok) throw new Error(`The studio answered ${path} with ${status}.`);
  }
}
