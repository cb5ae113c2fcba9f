import type { FastifyInstance } from "fastify";
import type { Metrics } from "./metrics.js";

declare module "fastify" {
  interface FastifyRequest {
    /** What the log says of a request beside its address and time: the model, how many samples. */
    told: Record<string, unknown>;
  }
}

/** One line for each request: no bodies, no query, no prompts. */
export function addLog(app: FastifyInstance, metrics: Metrics): void {
  app.decorateRequest("told");
  app.addHook("onRequest", async (request) => {
    request.told = {};
  });
  app.addHook("onResponse", async (request, reply) => {
    const { method, url, told, routeOptions } = request;
    const [path] = url.split("?");
    const seconds = reply.elapsedTime / 1e3;
    metrics.request(method, routeOptions.url ?? "none", reply.statusCode, seconds);
    request.log.info(
      { method, path: path.slice(0, 200), status: reply.statusCode, ms: Math.round(reply.elapsedTime), ...told },
      "request",
    );
  });
}

/** Of options what the log may say: texts that people wrote only where it was asked for. */
export function loggable(options: object, logPrompts: boolean): Record<string, unknown> {
  const known = ["count", "n", "seed", "steps", ...(logPrompts ? ["prompt", "template", "label"] : [])];
  return Object.fromEntries(Object.entries(options).filter(([name]) => known.includes(name)));
}
