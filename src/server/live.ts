import websocket from "@fastify/websocket";
import type { FastifyInstance } from "fastify";
import type { Generators, SampleOptions } from "../models/generator.js";
import type { Served } from "./catalogue.js";
import type { Context } from "./context.js";
import { HttpError } from "./errors.js";
import { protocolsOf } from "./guard.js";
import type { LiveModel, Origin, Socket } from "./live-connection.js";
import { firstGestureBlock, LiveGesture } from "./live-gesture.js";
import { firstMotionBlock, LiveMotion } from "./live-motion.js";
import { anyModelOf } from "./requests.js";

/** Where live sessions are, by the kind of their model. */
export const LIVE = { motion: "/v1/motion/live", gesture: "/v1/gesture/live" } as const;
/** The sub-protocol that is chosen where a client offers any. */
export const PROTOCOL = "fewstep.live";
/** Bytes of a message at most: a path of 1000 points fits in, and half a second of two voices. */
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

type Kind = keyof typeof LIVE;
type Live = LiveMotion | LiveGesture;

/** The model of a kind that a session is asked of. @throws HttpError where it is none, or has no sessions */
async function liveModel<K extends Kind>(kind: K, { catalogue }: Context, name: unknown) {
  const { model, served } = await anyModelOf(catalogue, name);
  if (model.kind !== kind || !model.sessionOptions)
    throw new HttpError(400, `${served.name} has no live sessions here; ${HAVE[kind]} have.`, "model");
  return { served, model: model as Generators[K] };
}
const HAVE: Record<Kind, string> = { motion: "motion models that read words", gesture: "models of gestures" };

/** How a session of each kind is made of a connection. */
const sessionOf: Record<Kind, (origin: Omit<Origin<never>, "model">, context: Context, name: unknown) => Live> = {
  motion: (origin, context, name) =>
    new LiveMotion({ ...origin, model: liveModel("motion", context, name).then(opening(firstMotionBlock)) }),
  gesture: (origin, context, name) =>
    new LiveGesture({ ...origin, model: liveModel("gesture", context, name).then(opening(firstGestureBlock)) }),
};

const opening =
  <Session, M extends { fps: number; open(options: SampleOptions): Promise<Session> }>(
    first: (model: M, options: SampleOptions) => number,
  ) =>
  ({ served, model }: { served: Served; model: M }): LiveModel<Session> => ({
    ...{ name: served.name, place: { folder: served.folder, version: served.version }, fps: model.fps },
    open: (options) => model.open(options),
    firstBlock: (options) => first(model, options),
  });

/** `GET /v1/motion/live?model=…` and its like as WebSockets: what goes on as long as its client asks for more. */
export async function live(app: FastifyInstance, context: Context): Promise<void> {
  const sessions = new Set<Live>();
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

  for (const [kind, address] of Object.entries(LIVE) as [Kind, string][])
    app.get<{ Querystring: { model?: string } }>(
      address,
      {
        websocket: true,
        // Refused before the connection is made, so that it is answered with a status
        preValidation: async (request) => {
          if (!request.ws)
            throw new HttpError(426, "Live sessions are for WebSocket clients.", null, { upgrade: "websocket" });
          const offered = protocolsOf(request);
          if (offered.length > 0 && !offered.includes(PROTOCOL))
            throw new HttpError(400, `Offer the sub-protocol ${PROTOCOL} too; this server speaks no other.`);
          await liveModel(kind, context, request.query.model);
          const { maxSessions } = context.settings;
          if (sessions.size >= maxSessions)
            throw new HttpError(429, `${maxSessions} live sessions are open already; try again later.`, null, {
              "retry-after": "5",
            });
        },
      },
      (socket: Socket, request) => {
        const ended = () => {
          sessions.delete(session);
          context.metrics.live(sessions.size);
          request.log.info({ blocks: session.sent }, "live session ended");
        };
        // Messages may come before the model is found: the session listens from the first moment on
        const session = sessionOf[kind]({ socket, number: ++number, context, ended }, context, request.query.model);
        sessions.add(session);
        context.metrics.live(sessions.size);
        // Two that came at the same moment passed the check above together
        if (sessions.size > context.settings.maxSessions)
          session.end(1013, `${context.settings.maxSessions} live sessions are open already.`);
      },
    );
}
