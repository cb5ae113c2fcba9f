import type { FastifyInstance } from "fastify";
import type { Context } from "./context.js";
import { HttpError } from "./errors.js";

/** Whether the server is up, and whether it can draw. */
export async function health(app: FastifyInstance, { pool, metrics }: Context): Promise<void> {
  let ready = false;
  const start = () =>
    pool.start().then(
      () => {
        ready = true;
      },
      (error) => app.log.error({ err: error }, "The drawing threads do not start"),
    );
  app.addHook("onReady", async () => void start());

  app.get("/healthz", async () => ({ status: "ok" }));
  app.get("/readyz", async () => {
    if (!ready) throw new HttpError(503, "The drawing threads are starting.", null, { "retry-after": "1" });
    return { status: "ready" };
  });
  app.get("/metrics", async (_request, reply) => reply.type(metrics.contentType).send(await metrics.text()));
}
