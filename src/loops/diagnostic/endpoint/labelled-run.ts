import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { diagnoseLabelled, type LabelledAnswer } from "../labelled.js";
import { labelledHtml } from "../labelled-report.js";
import type { Endpoint } from "./address.js";
import type { Client, Item } from "./client.js";
import type { Sampling } from "./completion.js";
import { type LabelledQuestion, type LabelledSet, labelledPrompt, picturePng } from "./labelled-questions.js";
import { itemKey } from "./probes.js";
import { readChoice, sameAnswer, shortAnswer } from "./understand.js";

/** Asks a model one's own questions. Pictures are all read before the first is sent, so that none is found broken later. */
export async function askLabelled(
  set: LabelledSet,
  {
    endpoint: { model },
    client,
    sampling,
    signal,
    onAnswer,
  }: {
    endpoint: Endpoint;
    client: Client;
    sampling: Sampling;
    signal?: AbortSignal;
    onAnswer?(done: number): void;
  },
) {
  const items: Item[] = [];
  const digests = new Map<string, Uint8Array>();
  for (const question of set.questions) {
    const { image } = question;
    const digest = digests.get(image) ?? (await pictureDigest(image));
    digests.set(image, digest);
    const text = labelledPrompt(question);
    items.push({
      key: itemKey(model, sampling, text, digest),
      prompt: async () => ({ text, picture: await picturePng(image) }),
    });
  }
  const said = await client.ask(items, { signal, onAnswer });
  const answers = set.questions.map((question, i) => judged(question, said[i]));
  const found = diagnoseLabelled({ model, data: set.name }, answers);
  const pictures = new Map(set.questions.map(({ id, image }) => [id, image]));
  const html = await labelledHtml(found, (id) => picturePng(pictures.get(id)!));
  return { result: { kind: "labelled" as const, found }, html };
}

/** The checksum of a picture's file. @throws where it is none that can be sent */
async function pictureDigest(path: string): Promise<Uint8Array> {
  await picturePng(path);
  return createHash("sha256")
    .update(await readFile(path))
    .digest();
}

/** A question with what was said, and whether that is right. */
export function judged(question: LabelledQuestion, said: string | null): LabelledAnswer {
  const { answers, choices, id, skill } = question;
  const about = { id, skill, question: question.question, answers, choices };
  if (said === null) return { ...about, said, right: false };
  const choice = choices && readChoice(said, choices);
  return {
    ...about,
    said: choice ?? shortAnswer(said),
    right: choices ? choice !== null && answers.includes(choice) : sameAnswer(said, answers),
  };
}
