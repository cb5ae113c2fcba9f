import { access, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import fastifyStatic from "@fastify/static";
import type { FastifyInstance } from "fastify";
import { WrongUse } from "../io/wrong-use.js";
import { HttpError } from "./errors.js";
import { cookieOf, tokenCookie } from "./runs/token.js";
import { sameSecret } from "./secret.js";

export interface StudioPageOptions {
  /** The built page: dist/studio. */
  folder: string;
  /** What the page shows the server as its own. */
  token: string;
  /** Gives the page only to who knows the token already (`/?token=…`, later by cookie): for other machines. */
  closed: boolean;
}

/** Serves the studio at `/`, with the token in the page and in a cookie. */
export async function studioPage(app: FastifyInstance, { folder, token, closed }: StudioPageOptions): Promise<void> {
  const page = await readFile(join(folder, "index.html"), "utf8");
  const html = page.replace("</head>", `  <meta name="fewstep-token" content="${token}" />\n  </head>`);
  const known = (given: unknown) => typeof given === "string" && sameSecret(given, token);
  for (const path of ["/", "/index.html"])
    app.get<{ Querystring: { token?: unknown } }>(path, async (request, reply) => {
      if (closed && !known(request.query.token) && !known(cookieOf(request)))
        throw new HttpError(401, "Open the address that fewstep studio has printed: its token lets you in.");
      reply.headers({ "set-cookie": tokenCookie(request, token), "cache-control": "no-store" });
      return reply.type("text/html; charset=utf-8").send(html);
    });
  await app.register(runtimeFiles, { folder });
  // Files are named after their content; those that are not are asked for anew each time
  await app.register(fastifyStatic, {
    root: folder,
    index: false,
    decorateReply: false,
    cacheControl: false,
    setHeaders: (reply, path) =>
      void reply.header(
        "cache-control",
        /[/\\]assets[/\\]/.test(path) ? "public, max-age=31536000, immutable" : "no-cache",
      ),
  });
}

/** WebAssembly of the runtime, as the page's build has named it: `ort-wasm-simd-threaded-<hash>.wasm`. */
const WASM = /^(ort-wasm[\w.-]*?)-[\w-]{8}\.wasm$/;

/**
 * The published package leaves the runtime's WebAssembly (40 MB) out of the page's folder: it is that of the package
 * `onnxruntime-web`, which is installed beside. @throws WrongUse where that is of another version than the page's scripts
 */
async function runtimeFiles(app: FastifyInstance, { folder }: Pick<StudioPageOptions, "folder">): Promise<void> {
  const dist = dirname(createRequire(import.meta.url).resolve("onnxruntime-web"));
  const read = async (path: string) => JSON.parse(await readFile(path, "utf8"));
  const built = (await read(join(folder, "runtime.json")))["onnxruntime-web"];
  const { version } = await read(resolve(dist, "../package.json"));
  app.get<{ Params: { file: string } }>("/assets/:file.wasm", async ({ params }, reply) => {
    const name = `${params.file}.wasm`;
    const plain = WASM.exec(name)?.[1];
    if (!plain) throw new HttpError(404, `There is no file ${name}.`);
    const own = join(folder, "assets", name);
    const path = await access(own).then(
      () => own,
      () => join(dist, `${plain}.wasm`),
    );
    if (path !== own && version !== built)
      throw new WrongUse(
        `The studio needs onnxruntime-web ${built}, and ${version} is installed; install that version.`,
      );
    const cache = "public, max-age=31536000, immutable";
    return reply
      .header("cache-control", cache)
      .type("application/wasm")
      .send(await readFile(path));
  });
}
