import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { sha256 } from "../../../../src/data/report.js";
import { render, type Scene, type Skill, scenes } from "../../../../src/data/scenes/index.js";
import { decodeImage } from "../../../../src/io/index.js";
import { Random } from "../../../../src/random/index.js";
import { solve } from "../../../data/scenes/solver.js";

/** What a server may do with a request. */
export type Behaviour =
  | { kind: "answer" }
  | { kind: "status"; status: number; after?: string; message?: string }
  | { kind: "junk" | "html" | "truncated" | "hang" | "stall" | "drip" | "reset" | "no choices" | "filtered" };

/** A request as the server has seen it. */
export interface Seen {
  /** The same for the same question about the same picture. */
  item: string;
  /** Which request for that item it is, from 0. */
  attempt: number;
  text: string;
  picture: Buffer;
  width: number;
  height: number;
  authorization: string | undefined;
  behaviour: Behaviour["kind"];
  /** Whether the answer went out whole. */
  delivered: boolean;
  /** Whether it came before a wait was over that the server had asked for. */
  early: boolean;
}

export interface FakeEndpoint {
  url: string;
  seen: Seen[];
  close(): Promise<void>;
}

/** Tokens that the server counts for an answer. */
export const TOKENS = { in: 300, out: 7 };

interface Options {
  /** Scenes that it knows by their pictures. */
  known?: readonly Scene[];
  /** What it says, given the right answer where it knows it. */
  says?(right: string, text: string): string;
  behave?(item: string, attempt: number, text: string): Behaviour;
  /** Told of each request, before it is answered. */
  onRequest?(seen: readonly Seen[]): void;
  /** Milliseconds that an answer takes. */
  delay?: number;
}

/** Scenes of probes. */
export const probeScenes = (skills: readonly Skill[], n: number, seed = 0): Scene[] =>
  skills.flatMap((skill) =>
    Array.from({ length: n }, (_, i) => scenes().probe("steering", skill, seed * 1e6 + i).scene),
  );

/** A number in [0, 1) that belongs to an item. */
export const chanceOf = (item: string, attempt: number, seed = 1): number =>
  new Random(seed, item).split(attempt).uniform();

/** A server that answers questions about scenes as the second solver does, or does what it is told to. */
export async function fakeEndpoint(options: Options = {}): Promise<FakeEndpoint> {
  const { known = [], says = (right) => right, behave = () => ({ kind: "answer" }), onRequest, delay = 0 } = options;
  const byPicture = new Map(known.map((scene) => [sha256(render(scene)), scene]));
  const seen: Seen[] = [];
  let closedUntil = 0;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const { messages } = JSON.parse(Buffer.concat(parts).toString());
    const [{ image_url }, { text }] = messages[0].content;
    const item = createHash("sha256").update(image_url.url).update(text).digest("hex");
    const attempt = seen.filter((one) => one.item === item).length;
    const picture = Buffer.from(image_url.url.split(",")[1], "base64");
    const behaviour = behave(item, attempt, text);
    const early = Date.now() < closedUntil;
    const own: Seen = {
      ...{ item, attempt, text, picture, width: picture.readUInt32BE(16), height: picture.readUInt32BE(20) },
      ...{ authorization: request.headers.authorization, behaviour: behaviour.kind },
      ...{ delivered: false, early },
    };
    seen.push(own);
    onRequest?.(seen);
    if (delay > 0) await new Promise((done) => setTimeout(done, delay));
    const json = { "content-type": "application/json" };
    const content = behaviour.kind === "answer" ? says(await solved(picture, text), text) : "";
    const message = { role: "assistant", content };
    const usage = { prompt_tokens: TOKENS.in, completion_tokens: TOKENS.out, total_tokens: TOKENS.in + TOKENS.out };
    const whole = JSON.stringify({ choices: [{ index: 0, message, finish_reason: "stop" }], usage });
    switch (behaviour.kind) {
      case "answer":
        response.on("finish", () => (own.delivered = true));
        response.writeHead(200, json).end(whole);
        return;
      case "status": {
        const { status, after, message = "it is out of order" } = behaviour;
        if (after !== undefined) closedUntil = Math.max(closedUntil, waitedFor(after));
        response.writeHead(status, { ...json, ...(after !== undefined && { "retry-after": after }) });
        response.end(JSON.stringify({ error: { message } }));
        return;
      }
      case "no choices":
        response.writeHead(200, json).end(JSON.stringify({ choices: [], usage }));
        return;
      case "filtered":
        response.writeHead(200, json);
        response.end(
          JSON.stringify({ choices: [{ message: { content: "" }, finish_reason: "content_filter" }], usage }),
        );
        return;
      case "junk":
        response.writeHead(200, json).end("{not json");
        return;
      case "html":
        response.writeHead(200, { "content-type": "text/html" }).end("<html>Bad gateway</html>");
        return;
      case "truncated":
        response.writeHead(200, { ...json, "content-length": String(whole.length) });
        response.write(whole.slice(0, 20), () => response.destroy());
        return;
      case "reset":
        request.socket.destroy();
        return;
      case "stall":
        response.writeHead(200, json).write('{"choices":');
        return;
      case "drip": {
        response.writeHead(200, json);
        const timer = setInterval(() => response.write(" "), 20);
        response.on("close", () => clearInterval(timer));
        return;
      }
    }
  }

  async function solved(picture: Buffer, text: string): Promise<string> {
    const { pixels, width, height } = await decodeImage(picture);
    if (width !== height || width % 48 !== 0) return "unknown";
    const scale = width / 48;
    const small = Uint8Array.from({ length: 48 * 48 * 3 }, (_, at) => {
      const [y, x, c] = [Math.floor(at / 144), Math.floor(at / 3) % 48, at % 3];
      return pixels[(y * scale * width + x * scale) * 3 + c];
    });
    const scene = byPicture.get(sha256(small));
    const question = text.split("?")[0];
    try {
      return scene ? solve(question[0].toLowerCase() + question.slice(1), scene) : "unknown";
    } catch {
      return "unknown"; // another kind of question
    }
  }

  const server: Server = createServer(
    (request, response) => void answer(request, response).catch(() => response.destroy()),
  );
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  const { port } = server.address() as AddressInfo;
  return {
    ...{ url: `http://127.0.0.1:${port}/v1`, seen },
    close() {
      server.closeAllConnections();
      return new Promise((done) => void server.close(() => done()));
    },
  };
}

/** When a `Retry-After` is over. */
const waitedFor = (after: string): number =>
  /^\d/.test(after) ? Date.now() + 1000 * Number(after) : Date.parse(after);
