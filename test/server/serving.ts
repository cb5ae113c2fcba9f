import type { AddressInfo } from "node:net";
import type { FastifyInstance } from "fastify";
import { buildServer, type ServerOptions } from "../../src/server/index.js";

/** A server that listens on a free port of this machine, and says nothing. */
export async function serving(
  options: ServerOptions = {},
): Promise<{ app: FastifyInstance; url: string; port: number }> {
  const app = await buildServer({ device: "cpu", threads: 1, logLevel: "silent", ...options });
  await app.listen({ port: 0 });
  const { port } = app.server.address() as AddressInfo;
  return { app, url: `http://127.0.0.1:${port}`, port };
}

/** Posts JSON. */
export const post = (url: string, body: unknown, headers: Record<string, string> = {}, signal?: AbortSignal) =>
  fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
    signal,
  });
