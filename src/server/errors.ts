import { STATUS_CODES } from "node:http";
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { isWrongUse } from "../io/wrong-use.js";

/** A request that is answered with an error: what was wrong, in which field, and what to do. */
export class HttpError extends Error {
  override name = "HttpError";

  /** `param` is the field of the request that is wrong; `headers` go with the answer. */
  constructor(
    readonly statusCode: number,
    message: string,
    readonly param: string | null = null,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
  }
}

/** A field that cannot be as it is: 400. */
export const badField = (param: string | null, message: string): HttpError => new HttpError(400, message, param);

/** What a client is told: its own faults in full, those of the server without its inside. */
export interface Told {
  readonly status: number;
  readonly message: string;
  readonly param: string | null;
  readonly headers: Readonly<Record<string, string>>;
}

export function tell(error: unknown): Told {
  if (error instanceof HttpError) {
    const { statusCode: status, message, param, headers } = error;
    return { status, message, param, headers };
  }
  const known = error as FastifyError;
  if (isWrongUse(error)) return { status: 400, message: known.message, param: paramOf(known.message), headers: {} };
  const status = known.statusCode ?? 500;
  const message = status < 500 ? plain(known) : "The server failed at this request; its log says why.";
  return { status, message, param: null, headers: {} };
}

/** The option that a message of `parseOptions` begins with or names as unknown. */
const paramOf = (message: string): string | null =>
  (/^(\w+) must be /.exec(message) ?? / (?:takes no|needs) "(\w+)"/.exec(message))?.[1] ?? null;

/** Errors of reading a request, in whole sentences. */
function plain({ code, message, statusCode }: FastifyError): string {
  if (code === "FST_ERR_CTP_BODY_TOO_LARGE") return "The body is larger than this server takes; send less.";
  if (code === "FST_ERR_CTP_INVALID_MEDIA_TYPE")
    return "This content type is not taken here; send application/json (pictures to edit: multipart/form-data).";
  if (code === "FST_ERR_CTP_EMPTY_JSON_BODY" || code === "FST_ERR_CTP_INVALID_JSON_BODY")
    return "The body is not JSON; send one JSON object.";
  if (code === "FST_ERR_BAD_URL" || statusCode === 414) return "The address cannot be read.";
  return message;
}

/** An error in the shape that the clients of an address expect: Open Inference, else that of the OpenAI API. */
function bodyOf(url: string, { status, message, param }: Told): object {
  if (/^\/v2([/?]|$)/.test(url)) return { error: message };
  const type = status === 429 ? "rate_limit_error" : status >= 500 ? "server_error" : "invalid_request_error";
  return { error: { message, type, param, code: STATUS_CODES[status]?.toLowerCase().replaceAll(" ", "_") ?? null } };
}

/** Answers with an error. */
export function sendError(request: FastifyRequest, reply: FastifyReply, error: unknown): FastifyReply {
  const told = tell(error);
  if (told.status >= 500 && !(error instanceof HttpError)) request.log.error({ err: error }, "failed");
  return reply
    .code(told.status)
    .headers({ "cache-control": "no-store", ...told.headers })
    .type("application/json; charset=utf-8")
    .send(JSON.stringify(bodyOf(request.url, told)));
}

/** Every error, and every address that there is not, is answered readably. */
export function addErrors(app: FastifyInstance): void {
  app.setErrorHandler((error, request, reply) => sendError(request, reply, error));
  app.setNotFoundHandler((request, reply) =>
    sendError(
      request,
      reply,
      new HttpError(404, `There is no ${request.method} ${request.url.split("?")[0].slice(0, 200)} here; see /docs.`),
    ),
  );
}
