import { isIP } from "node:net";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { isLoopback } from "../io/loopback.js";
import { HttpError } from "./errors.js";
import type { Settings } from "./options.js";
import { sameSecret } from "./secret.js";

const LOOPBACK = ["localhost", "127.0.0.1", "::1"];

/** The name in a Host header, without port and brackets, in lower case; null where it is none. */
function hostName(header: string | undefined): string | null {
  if (header === undefined || /[/?#@\\\s]/.test(header)) return null;
  try {
    return new URL(`http://${header}`).hostname.replace(/^\[|\]$/g, "").toLowerCase();
  } catch {
    return null;
  }
}

/**
 * Refuses what a web page of somebody else's could send from a visitor's browser: requests under a foreign name (DNS
 * rebinding) and from a foreign origin (CSRF), unless they are allowed. Allowed origins get their CORS headers.
 */
export function addGuard(app: FastifyInstance, { host, allowHosts, allowOrigins }: Settings): void {
  const own = new Set([...LOOPBACK, host, ...allowHosts].map((name) => name.toLowerCase()));
  // A page is never of the same origin as a bare address, so that one is no way to rebind a name
  const known = (name: string) => own.has(name) || (!isLoopback(host) && isIP(name) !== 0);

  app.addHook("onRequest", async (request, reply) => {
    const name = hostName(request.headers.host);
    if (name === null || !known(name))
      throw new HttpError(
        403,
        "This server is not known by the name in the Host header; call it by its address, or start it with --allow-host.",
      );
    const { origin } = request.headers;
    if (origin === undefined) return;
    if (isOwn(origin, request)) return;
    if (!allowOrigins.includes("*") && !allowOrigins.includes(origin))
      throw new HttpError(403, "Pages of this origin may not use this server; start it with --allow-origin.");
    reply.headers({
      "access-control-allow-origin": origin,
      "access-control-expose-headers": "Retry-After, Inference-Header-Content-Length",
      vary: "Origin",
    });
    if (request.method !== "OPTIONS" || !request.headers["access-control-request-method"]) return;
    reply.headers({
      "access-control-allow-methods": "GET, POST, DELETE",
      "access-control-allow-headers": "Authorization, Content-Type, Accept, Inference-Header-Content-Length",
      "access-control-max-age": "600",
    });
    return reply.code(204).send();
  });
}

const isOwn = (origin: string, { headers }: FastifyRequest): boolean =>
  origin === `http://${headers.host}` || origin === `https://${headers.host}`;

/** Addresses that say whether the server is up, which whoever watches it may ask without a token. */
const OPEN = /^\/(healthz|readyz|v2\/health\/(live|ready))(\?|$)/;

/** The sub-protocols that a WebSocket's request offers; none of other requests. */
export const protocolsOf = ({ headers }: FastifyRequest): string[] =>
  headers.upgrade?.toLowerCase() === "websocket"
    ? (headers["sec-websocket-protocol"] ?? "").split(",").flatMap((one) => one.trim() || [])
    : [];

/** What stands before the token in a sub-protocol: pages can send no header with a WebSocket. */
const TOKEN = "fewstep.token.";

/** The token that a WebSocket's sub-protocols bring, in percent-encoding; null where they bring none. */
function offeredToken(request: FastifyRequest): string | null {
  const own = protocolsOf(request).find((one) => one.startsWith(TOKEN));
  if (own === undefined) return null;
  try {
    return decodeURIComponent(own.slice(TOKEN.length));
  } catch {
    return null;
  }
}

/**
 * Asks for the token, where there is one, unless `admits` lets a request in: as a header, or as a WebSocket's sub-protocol.
 * Compares in constant time.
 */
export function addAuth(
  app: FastifyInstance,
  { token }: Settings,
  admits: (request: FastifyRequest) => boolean = () => false,
): void {
  if (token === undefined) return;
  const wanted = `Bearer ${token}`;
  app.addHook("onRequest", async (request) => {
    if (OPEN.test(request.url) || admits(request)) return;
    const offered = offeredToken(request);
    const given = request.headers.authorization ?? (offered === null ? "" : `Bearer ${offered}`);
    if (sameSecret(given.replace(/^bearer /i, "Bearer "), wanted)) return;
    throw new HttpError(401, "This server asks for its token: send Authorization: Bearer <token>.", null, {
      "www-authenticate": "Bearer",
    });
  });
}
