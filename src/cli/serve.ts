import { buildServer, type ServerOptions } from "../server/index.js";
import { listen, untilStopped } from "./listen.js";
import { used } from "./use.js";

/** What `serve` is told beside the options of the server. */
export interface ServeCommand extends Omit<ServerOptions, "use"> {
  port: number;
}

/** Serves models until SIGTERM or SIGINT; what runs then is finished. A second signal ends it at once. */
export async function serveCommand({ port, ...options }: ServeCommand): Promise<void> {
  const app = await buildServer({ token: process.env.FEWSTEP_TOKEN || undefined, ...options, use: used });
  const stopped = untilStopped((signal) => app.log.info(`${signal}: finishing what runs`));
  try {
    const address = await listen(app, { host: options.host ?? "127.0.0.1", port });
    process.stdout.write(`${address}\n`);
    await stopped;
  } finally {
    await app.close();
  }
}
