import type { FastifyInstance } from "fastify";
import { diagnosisRoutes } from "./diagnoses.js";
import { Watch } from "./events.js";
import { formRoutes, runRoutes } from "./routes.js";
import { Runs, type RunsOptions } from "./runs.js";
import { requireToken } from "./token.js";

export type { Curves, MethodForm, RunDetail, RunState, RunSummary } from "./api.js";

/** What the plugin is set up with. */
export interface RunsPluginOptions extends Omit<RunsOptions, "warn"> {
  /** Every request needs it: see `requireToken`. */
  token: string;
}

/**
 * Trainings: `/api/runs…`, what a form for a new one needs, `/api/methods` and `/api/data…`, and reports, `/api/diagnoses…`.
 * @throws RunError where another process keeps the queue of this folder
 */
export async function runsApi(app: FastifyInstance, { token, ...options }: RunsPluginOptions): Promise<void> {
  const warn = (message: string) => app.log.warn(message);
  const runs = await Runs.open({ ...options, warn });
  const watch = new Watch(runs, warn);
  app.addHook("onRequest", async (request, reply) => {
    requireToken(request, token);
    reply.header("cache-control", "no-store");
  });
  runRoutes(app, runs, watch);
  formRoutes(app, options.program);
  diagnosisRoutes(app, runs.root);
  app.addHook("onReady", async () => watch.start());
  app.addHook("onClose", async () => {
    watch.stop();
    await runs.close();
  });
}
