import type { AddressInfo } from "node:net";
import { buildServer, type ServerOptions } from "../server/index.js";
import { UsageError } from "./output.js";
import { used } from "./use.js";

/** What `serve` is told beside the options of the server. */
export interface ServeCommand extends Omit<ServerOptions, "use"> {
  port: number;
}

/** Serves models until SIGTERM or SIGINT; what runs then is finished. A second signal ends it at once. */
export async function serveCommand({ port, ...options }: ServeCommand): Promise<void> {
  const app = await buildServer({ token: process.env.FEWSTEP_TOKEN || undefined, ...options, use: used });
  const ended = new Promise<void>((resolve) => {
    const stop = (signal: NodeJS.Signals) => {
      app.log.info(`${signal}: finishing what runs`);
      resolve();
      process.once(signal, () => process.exit(130));
    };
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, stop);
  });
  try {
    await app.listen({ host: options.host ?? "127.0.0.1", port });
  } catch (error) {
    await app.close();
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EADDRINUSE") throw new UsageError(`The port ${port} is in use already; choose another with --port.`);
    if (code === "EADDRNOTAVAIL" || code === "ENOTFOUND" || code === "EACCES")
      throw new UsageError(
        `This machine cannot listen on ${options.host} port ${port} (${code}); choose another --host or --port.`,
      );
    throw error;
  }
  const { address, family, port: taken } = app.server.address() as AddressInfo;
  process.stdout.write(`http://${family === "IPv6" ? `[${address}]` : address}:${taken}\n`);
  await ended;
  await app.close();
}
