import { createRequire } from "node:module";
import { expect } from "vitest";

// Node 20 has no WebSocket: that of the server's own package
const WebSocket = createRequire(createRequire(import.meta.url).resolve("@fastify/websocket"))("ws");

export interface Answer {
  type: string;
  [field: string]: any;
}

/** A client of a live session that keeps what comes, to be taken in order. `path`: where, with its query. */
export function liveClient(to: string, path: string, headers: Record<string, string> = {}, protocols: string[] = []) {
  const socket = new WebSocket(`${to.replace("http", "ws")}${path}`, protocols, { headers });
  const answers: Answer[] = [];
  let wake = () => {};
  const opened = new Promise<void>((resolve, reject) => {
    socket.on("open", resolve);
    socket.on("error", reject);
  });
  const closed = new Promise<{ code: number; reason: string }>((resolve) =>
    socket.on("close", (code: number, reason: Buffer) => resolve({ code, reason: String(reason) })),
  );
  socket.on("message", (data: Buffer) => {
    answers.push(JSON.parse(String(data)));
    wake();
  });
  const next = async (): Promise<Answer> => {
    while (answers.length === 0)
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    return answers.shift()!;
  };
  const send = (message: unknown) => socket.send(typeof message === "string" ? message : JSON.stringify(message));
  /** Sends a message that is answered by an error which follows `rule`. */
  const told = async (message: unknown, rule: RegExp): Promise<void> => {
    send(message);
    const answer = await next();
    expect(answer.type).toBe("error");
    expect(answer.message).toMatch(rule);
  };
  return { socket, opened, closed, next, send, told, answers };
}

/** Float32 numbers of Base64. */
export const numbersOf = (text: string): number[] => {
  const bytes = Buffer.from(text, "base64");
  return Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readFloatLE(4 * i));
};
