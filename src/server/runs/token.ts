import type { FastifyRequest } from "fastify";
import { HttpError } from "../errors.js";
import { sameSecret } from "../secret.js";

/** Cookies belong to a host, whatever its port: each port has a name of its own. */
const cookieName = (request: FastifyRequest): string => `fewstep-token-${request.socket.localPort}`;

/** What sets the token with the page, for pictures and events, whose requests carry no headers. */
export const tokenCookie = (request: FastifyRequest, token: string): string =>
  `${cookieName(request)}=${token}; Path=/; HttpOnly; SameSite=Strict`;

/**
 * Whether a request comes from the page that is served here: the token is in the page, and in a cookie. What changes
 * something needs it in the header `x-fewstep-token`, which no other page can send.
 */
export function knowsToken(request: FastifyRequest, token: string): boolean {
  const header = request.headers["x-fewstep-token"];
  const reads = request.method === "GET" || request.method === "HEAD";
  const given = typeof header === "string" ? header : reads ? cookieOf(request) : "";
  return sameSecret(given, token);
}

/** Refuses who does not know the token. @throws HttpError 401 */
export function requireToken(request: FastifyRequest, token: string): void {
  if (knowsToken(request, token)) return;
  throw new HttpError(401, "Only the page of this studio may use this address; load the page anew.");
}

/** The token in the cookie; empty without one. */
export function cookieOf(request: FastifyRequest): string {
  const name = `${cookieName(request)}=`;
  const parts = (request.headers.cookie ?? "").split(";").map((part) => part.trim());
  return parts.find((part) => part.startsWith(name))?.slice(name.length) ?? "";
}
