import { timingSafeEqual } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import fastifyStatic from "@fastify/static";
import type { FastifyInstance } from "fastify";
import { HttpError } from "./errors.js";
import { cookieOf, digest, tokenCookie } from "./runs/token.js";

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
  const known = (given: unknown) => typeof given === "string" && timingSafeEqual(digest(given), digest(token));
  for (const path of ["/", "/index.html"])
    app.get<{ Querystring: { token?: unknown } }>(path, async (request, reply) => {
      if (closed && !known(request.query.token) && !known(cookieOf(request)))
        throw new HttpError(401, "Open the address that fewstep studio has printed: its token lets you in.");
      reply.headers({ "set-cookie": tokenCookie(request, token), "cache-control": "no-store" });
      return reply.type("text/html; charset=utf-8").send(html);
    });
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
