import { type Agent, type IncomingMessage, request as plainRequest } from "node:http";
import { request as secureRequest } from "node:https";
import { shortened } from "../../../io/show.js";
import { TOKEN_VARIABLE } from "./address.js";
import { CallError } from "./call-error.js";
import { retryAfter } from "./wait.js";

/** Seconds that a call may take. */
export interface Limits {
  /** Until there is a connection. */
  connect: number;
  /** Between two pieces of an answer that has begun. */
  idle: number;
  /** In all. */
  total: number;
}

/** A POST of JSON. */
export interface Call {
  url: URL;
  headers: Readonly<Record<string, string>>;
  body: unknown;
  limits: Limits;
  agent?: Agent;
}

/** Milliseconds that a timer can wait. */
const LONGEST = 2 ** 31 - 1;
/** Bytes of an answer at most. */
const LARGEST = 8 << 20;
const PASSING = [408, 409, 425, 429];
/** What may help. */
const HINTS: Record<number, string> = {
  401: ` (the token that it takes belongs into ${TOKEN_VARIABLE})`,
  403: ` (may the token in ${TOKEN_VARIABLE} use this model?)`,
  404: " (are the address, up to /v1, and the model's name right?)",
};
/** Statuses that no other question would change. */
const FINAL = [401, 403, 404, 405, 410];

/**
 * Posts JSON and gives the JSON that came back. It follows no redirection, which would carry the token elsewhere, and asks
 * no proxy. @throws CallError
 */
export async function postJson(call: Call): Promise<unknown> {
  const { status, headers, text } = await post(call);
  if (status >= 300) throw statusError(status, headers, text);
  const type = headers["content-type"] ?? "";
  if (!/\bjson\b/i.test(type))
    throw new CallError("content type", `the answer has the content type "${shortened(type)}" and no JSON`);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new CallError("json", `the answer is no JSON: ${shortened(text)}`, { cause });
  }
}

function statusError(status: number, headers: IncomingMessage["headers"], text: string): CallError {
  const told = /"message"\s*:\s*"((?:[^"\\]|\\.)*)"/.exec(text)?.[1] ?? "";
  const said = `the server answered ${status}${told && `: ${shortened(told)}`}`;
  if (status < 400)
    return new CallError("status", `${said}, a redirection to ${shortened(headers.location ?? "nowhere")}; ask there`, {
      ...{ passing: false, final: true },
    });
  return new CallError("status", `${said}${HINTS[status] ?? ""}`, {
    ...{ passing: status >= 500 || PASSING.includes(status), final: FINAL.includes(status) },
    wait: retryAfter(headers["retry-after"], Date.now()),
  });
}

interface Reply {
  status: number;
  headers: IncomingMessage["headers"];
  text: string;
}

function post({ url, headers, body, limits, agent }: Call): Promise<Reply> {
  const secure = url.protocol === "https:";
  const payload = Buffer.from(JSON.stringify(body));
  return new Promise((resolve, reject) => {
    const after = (seconds: number, what: string) =>
      setTimeout(
        () => fail(new CallError("timeout", `${what} within ${seconds} s`)),
        Math.min(LONGEST, 1000 * seconds),
      );
    const connecting = after(limits.connect, "there was no connection");
    const total = after(limits.total, "the whole answer did not come");
    let idle: NodeJS.Timeout | undefined;
    const rest = () => {
      clearTimeout(idle);
      idle = after(limits.idle, "nothing more of the answer came");
    };
    const done = () => [connecting, total, idle].forEach(clearTimeout);
    const fail = (error: CallError) => {
      done();
      request.destroy();
      reject(error);
    };
    const request = (secure ? secureRequest : plainRequest)(url, {
      method: "POST",
      headers: { ...headers, "content-type": "application/json", accept: "application/json" },
      agent,
    });
    request.setHeader("content-length", payload.length);
    request.on("socket", (socket) => {
      if (!socket.connecting) clearTimeout(connecting);
      else socket.once(secure ? "secureConnect" : "connect", () => clearTimeout(connecting));
    });
    request.on("error", (cause) =>
      fail(new CallError("connection", `the connection failed: ${reason(cause)}`, { cause })),
    );
    request.on("response", (response) => {
      const parts: Buffer[] = [];
      let size = 0;
      rest();
      const cut = () => fail(new CallError("truncated", `the answer ended after ${size} bytes, before it was whole`));
      response.on("data", (part: Buffer) => {
        rest();
        parts.push(part);
        size += part.length;
        if (size > LARGEST)
          fail(new CallError("json", `the answer has more than ${LARGEST} bytes`, { passing: false }));
      });
      response.on("error", cut);
      response.on("close", () => {
        if (!response.complete) return cut();
        done();
        resolve({
          status: response.statusCode!,
          headers: response.headers,
          text: Buffer.concat(parts).toString("utf8"),
        });
      });
    });
    request.end(payload);
  });
}

const reason = (error: Error & { code?: string; errors?: Error[] }): string =>
  error.errors?.[0]?.message || error.message || error.code || error.name;
