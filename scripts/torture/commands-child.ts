// Runs one command line after the other in this process, as the parent sends them, and answers with what each said.
import { pathToFileURL } from "node:url";

const { run }: typeof import("../../src/cli/program.js") = await import(pathToFileURL(process.argv[2]).href);

export interface Answer {
  code: number;
  said: string;
}

// No machine but this one: what would be fetched fails as without a network.
const { fetch } = globalThis;
globalThis.fetch = async (input, init) => {
  const { hostname } = new URL(input instanceof Request ? input.url : input);
  if (hostname === "127.0.0.1") return fetch(input, init);
  throw new TypeError("fetch failed", { cause: new Error("no network here") });
};

let said = "";
const keep = (chunk: unknown) => {
  if (said.length < 1e6) said += chunk;
  return true;
};
process.stdout.write = keep as never;
process.stderr.write = keep as never;
for (const event of ["uncaughtException", "unhandledRejection"] as const)
  process.on(event, (error: Error) => void (said += `\n${event}: ${error?.stack ?? error}`));

process.on("message", async (args: string[]) => {
  said = "";
  const code: number = await run(args).catch((error: Error) => {
    said += `\nThrown: ${error.stack}`;
    return -1;
  });
  process.send!({ code, said } satisfies Answer);
});
process.send!("ready");
