import { inNode } from "./environment.js";

/** Lets the event loop have a turn: timers, input, requests and, on a page, painting. */
export const turn: () => Promise<void> = inNode
  ? () => new Promise((resolve) => void setImmediate(resolve))
  : () =>
      new Promise((resolve) => {
        // A timer of no delay would wait for 4 ms
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => {
          port1.close();
          resolve();
        };
        port2.postMessage(null);
      });
