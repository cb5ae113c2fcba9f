import { createHash } from "node:crypto";
import { answersTo, type Probe, type Program, render, SIDE } from "../../../data/scenes/index.js";
import { encodeGrid } from "../../../io/images.js";
import type { Respondent } from "../../../judges/answers/evaluate.js";
import type { Endpoint } from "./address.js";
import type { Client, Item } from "./client.js";
import type { Sampling } from "./completion.js";
import { readChoice, shortAnswer } from "./understand.js";

/** How many times as large pictures of scenes are sent: many models see patches of 28 pixels and more. */
export const PICTURE_SCALE = 8;

/** A question with the answers that there can be. */
export const promptText = (question: string, program: Program): string =>
  `${question[0].toUpperCase()}${question.slice(1)}? Answer with one of: ${answersTo(program).join(", ")}. Give the answer only.`;

/** The PNG of pixels [48, 48, 3] that is sent. */
export const scenePng = (pixels: Uint8Array): Promise<Uint8Array> =>
  encodeGrid("png", pixels, [1, SIDE, SIDE, 3], { columns: 1, scale: PICTURE_SCALE, gap: 0, layout: "NHWC" });

/** What tells a question from others: model, sampling, words and picture. */
export function itemKey(model: string, sampling: Sampling, text: string, picture: Uint8Array): string {
  const hash = createHash("sha256").update(JSON.stringify([model, sampling.temperature, sampling.maxTokens, text]));
  return hash.update(picture).digest("hex").slice(0, 32);
}

/** A model behind an endpoint as one that answers questions about scenes. */
export function endpointRespondent(
  { model }: Endpoint,
  client: Client,
  sampling: Sampling,
  onAnswers?: (done: number) => void,
): Respondent {
  let answered = 0;
  return {
    name: model,
    async ask(probes, signal) {
      const items = probes.map((probe) => probeItem(probe, model, sampling));
      const said = await client.ask(items, { signal, onAnswer: () => onAnswers?.(++answered) });
      return said.map((text, i) =>
        text === null ? null : (readChoice(text, answersTo(probes[i].question.program)) ?? shortAnswer(text)),
      );
    },
  };
}

function probeItem({ scene, question }: Probe, model: string, sampling: Sampling): Item {
  const pixels = render(scene);
  const text = promptText(question.text, question.program);
  return {
    key: itemKey(model, sampling, text, pixels),
    prompt: async () => ({ text, picture: await scenePng(pixels) }),
  };
}
