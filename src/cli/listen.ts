import type { AddressInfo } from "node:net";
import type { FastifyInstance } from "fastify";
import { UsageError } from "./output.js";

/** Another program listens on a port already. */
export class PortTaken extends UsageError {
  override name = "PortTaken";
}

/** Lets a server listen; returns its address, such as http://127.0.0.1:8000. @throws UsageError where it cannot */
export async function listen(app: FastifyInstance, { host, port }: { host: string; port: number }): Promise<string> {
  try {
    await app.listen({ host, port });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EADDRINUSE") throw new PortTaken(`The port ${port} is in use already; choose another with --port.`);
    if (code === "ERR_SOCKET_BAD_PORT")
      throw new UsageError(
        `A port is a number from 0 (any that is free) to 65535, got ${port}; choose another with --port.`,
      );
    if (code === "EADDRNOTAVAIL" || code === "ENOTFOUND" || code === "EACCES")
      throw new UsageError(
        `This machine cannot listen on ${host} port ${port} (${code}); choose another --host or --port.`,
      );
    throw error;
  }
  const { address, family, port: taken } = app.server.address() as AddressInfo;
  return `http://${family === "IPv6" ? `[${address}]` : address}:${taken}`;
}

/** Resolves at the first SIGTERM or SIGINT, which `told` hears of; a second one ends the process at once. */
export const untilStopped = (told: (signal: NodeJS.Signals) => void = () => {}): Promise<void> =>
  new Promise((resolve) => {
    const stop = (signal: NodeJS.Signals) => {
      told(signal);
      resolve();
      process.once(signal, () => process.exit(130));
    };
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, stop);
  });
