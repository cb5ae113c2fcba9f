import { availableParallelism } from "node:os";
import type { FastifyBaseLogger, FastifyInstance, FastifyRequest } from "fastify";
import Fastify, { LogController } from "fastify";
import { pino } from "pino";
import { isLoopback } from "../io/loopback.js";
import { Catalogue } from "./catalogue.js";
import type { Context } from "./context.js";
import { edits } from "./edits.js";
import { addErrors } from "./errors.js";
import { addAuth, addGuard } from "./guard.js";
import { addHeaders } from "./headers.js";
import { health } from "./health.js";
import { inferenceV2 } from "./inference-v2.js";
import { endRefused, live } from "./live.js";
import { addLog } from "./log.js";
import { Metrics } from "./metrics.js";
import { modelFiles } from "./model-files.js";
import { modelList } from "./model-list.js";
import { generations } from "./openai.js";
import { openapi } from "./openapi.js";
import { type ServerOptions, serverSettings } from "./options.js";
import { Pool } from "./pool.js";
import { sample } from "./sample.js";
import { Scheduler } from "./scheduler.js";

/** Lines go to stderr together, after a tenth of a second at the latest: writing each by itself takes a third of the time. */
const LOG = { dest: 2, sync: false, minLength: 4096, periodicFlush: 100 };

/** Milliseconds that a client may take to send a request. */
const REQUEST_TIMEOUT = 30_000;

/**
 * A server that is not listening yet; `listen` of it takes the port. Further plugins can be registered on it. `close`
 * finishes what runs, and ends the worker threads. Who does not send the token is let in where `admits` says so.
 * @throws WrongUse where an option cannot be, NoSuchModel where a model is none
 */
export async function buildServer(
  options: ServerOptions = {},
  { admits }: { admits?: (request: FastifyRequest) => boolean } = {},
): Promise<FastifyInstance> {
  const settings = serverSettings(options);
  const {
    workers,
    device,
    maxLoaded,
    use,
    threads = Math.max(1, Math.floor(availableParallelism() / workers)),
  } = settings;
  const catalogue = await Catalogue.open(settings);
  const metrics = new Metrics();
  const pool = new Pool(workers, { device, threads, maxLoaded, use });
  const scheduler = new Scheduler(pool, settings, metrics);
  metrics.observe(scheduler);
  const context: Context = { settings, catalogue, scheduler, pool, metrics };

  const logger: FastifyBaseLogger = pino({ level: settings.logLevel }, pino.destination(LOG));

  const app = Fastify({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: settings.maxBody,
    requestTimeout: REQUEST_TIMEOUT,
    http: { connectionsCheckingInterval: REQUEST_TIMEOUT / 6 },
    routerOptions: { maxParamLength: 256 },
    forceCloseConnections: "idle",
    return503OnClosing: true,
  });
  app.removeContentTypeParser("text/plain"); // JSON is what a foreign page cannot send unasked
  addErrors(app);
  addHeaders(app);
  addLog(app, metrics);
  endRefused(app);
  addGuard(app, settings);
  addAuth(app, settings, admits);
  if (!isLoopback(settings.host) && settings.token === undefined)
    app.log.warn("This server can be reached from other machines and asks for no token; set one with --token.");

  await app.register(health, context);
  await app.register(modelFiles, context);
  await app.register(modelList, context);
  await app.register(sample, context);
  await app.register(live, context);
  await app.register(generations, context);
  await app.register(edits, context);
  await app.register(inferenceV2, context);
  await app.register(openapi, context);

  app.addHook("preClose", () => scheduler.close());
  app.addHook("onClose", () => pool.close());
  return app;
}
