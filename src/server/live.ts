import websocket from "@fastify/websocket";
import type { FastifyInstance } from "fastify";
import type { SampleOptions } from "../models/generator.js";
import type { Context } from "./context.js";
import { HttpError, tell } from "./errors.js";
import { protocolsOf } from "./guard.js";
import { LiveSession, type Socket } from "./live-session.js";
import { modelOf } from "./requests.js";

/** Where live sessions are. */
export const LIVE = "/v1/motion/live";
/** The sub-protocol that is chosen where a client offers any. */
export const PROTOCOL = "fewstep.live";
/** Bytes of a message at most: a path of 1000 points fits in. */
const LARGEST_MESSAGE = 64 * 1024;

/**
 * Ends connections whose upgrade was refused, when they have their answer. Nobody reads them, so that their end would
 * go unnoticed, and they would keep the server from closing.
 */
export function endRefused(app: FastifyInstance): void {
  app.addHook("onResponse", async ({ raw }) => {
    if (raw.headers.upgrade !== undefined) raw.socket.destroySoon();
  });
}

/** `GET /v1/motion/live?model=…` as a WebSocket: a motion that goes on as long as its client asks for more. */
export async function live(app: FastifyInstance, context: Context): Promise<void> {
  const sessions = new Set<LiveSession>();
  let number = 0;
  await app.register(websocket, {
    options: {
      maxPayload: LARGEST_MESSAGE,
      // Never the one with the token: what is chosen is sent back
      handleProtocols: (offered: Set<string>) => offered.has(PROTOCOL) && PROTOCOL,
    },
    preClose(done) {
      for (const session of sessions) session.end(1001, "The server is shutting down.");
      this.websocketServer.close();
      done();
    },
    // A frame that cannot be, or is too large, has been answered with its closing code
    errorHandler: (error, socket) => {
      if (!("code" in error && String(error.code).startsWith("WS_ERR"))) socket.terminate();
    },
  });

  app.get<{ Querystring: { model?: string } }>(
    LIVE,
    {
      websocket: true,
      // Refused before the connection is made, so that it is answered with a status
      preValidation: async (request) => {
        if (!request.ws)
          throw new HttpError(426, "Live sessions are for WebSocket clients.", null, { upgrade: "websocket" });
        const offered = protocolsOf(request);
        if (offered.length > 0 && !offered.includes(PROTOCOL))
          throw new HttpError(400, `Offer the sub-protocol ${PROTOCOL} too; this server speaks no other.`);
        const { model, served } = await modelOf(context.catalogue, request.query.model);
        if (model.kind !== "motion" || !model.sessionOptions)
          throw new HttpError(400, `${served.name} has no live sessions; motion models that read words have.`, "model");
        const { maxSessions } = context.settings;
        if (sessions.size >= maxSessions)
          throw new HttpError(429, `${maxSessions} live sessions are open already; try again later.`, null, {
            "retry-after": "5",
          });
      },
    },
    async (socket: Socket, request) => {
      // Messages may come before the model is found: the session listens from the first moment on
      const found = modelOf(context.catalogue, request.query.model).then(({ served, model }) => {
        if (model.kind !== "motion") throw new HttpError(400, `${served.name} draws no motions.`, "model");
        const place = { folder: served.folder, version: served.version };
        const open = (options: SampleOptions) => model.open(options);
        const firstBlock = (options: SampleOptions) => {
          const { steps, guidance } = model.sessionOptions!.parse(options) as { steps: number; guidance: number };
          return steps * (guidance === 1 ? 1 : 2);
        };
        return { name: served.name, place, fps: model.fps, open, firstBlock };
      });
      const session = new LiveSession(socket, ++number, found, context, () => {
        sessions.delete(session);
        context.metrics.live(sessions.size);
        request.log.info({ blocks: session.sent }, "live session ended");
      });
      sessions.add(session);
      context.metrics.live(sessions.size);
      // Two that came at the same moment passed the check above together
      if (sessions.size > context.settings.maxSessions)
        session.end(1013, `${context.settings.maxSessions} live sessions are open already.`);
      await found.catch((error) => session.end(1011, tell(error).message));
    },
  );
}
