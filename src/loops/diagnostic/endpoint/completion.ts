import { z } from "zod";
import { CallError, type Tokens } from "./call-error.js";

/** One question to a model that sees a picture. */
export interface Prompt {
  text: string;
  /** A PNG. */
  picture: Uint8Array;
}

/** How answers are drawn. */
export interface Sampling {
  temperature: number;
  maxTokens: number;
}

/** The body of a request for a chat completion; the picture stands before the text, as a data URL. */
export const requestBody = (model: string, { text, picture }: Prompt, { temperature, maxTokens }: Sampling) => ({
  model,
  messages: [
    {
      role: "user",
      content: [
        {
          type: "image_url",
          image_url: { url: `data:image/png;base64,${Buffer.from(picture).toString("base64")}` },
        },
        { type: "text", text },
      ],
    },
  ],
  temperature,
  max_tokens: maxTokens,
  stream: false,
});

const count = z.int().nonnegative();
const usage = z.object({ prompt_tokens: count, completion_tokens: count.default(0) });
const textPart = z.object({ type: z.literal("text"), text: z.string() });
const completion = z.object({
  choices: z
    .array(
      z.object({
        message: z.object({
          content: z.union([z.string(), z.null(), z.array(textPart)]).optional(),
          refusal: z.string().nullish(),
        }),
        finish_reason: z.string().nullish(),
      }),
    )
    .min(1),
});

/** What a model said. */
export interface Completion {
  /** Empty where it said nothing: that is an answer, and a wrong one. */
  said: string;
  tokens: Tokens | null;
}

/** @throws CallError where it is no chat completion, with the tokens that it took all the same */
export function readCompletion(body: unknown): Completion {
  const counted = usage.safeParse((body as { usage?: unknown } | null)?.usage);
  const tokens = counted.success ? { in: counted.data.prompt_tokens, out: counted.data.completion_tokens } : null;
  const fail = (error: CallError) => Object.assign(error, { tokens });
  const read = completion.safeParse(body);
  if (!read.success) throw fail(new CallError("no answer", `the answer has no message: ${problem(body, read.error)}`));
  const [{ message, finish_reason }] = read.data.choices;
  if (finish_reason === "content_filter")
    throw fail(new CallError("filtered", "the server's filter held the answer back", { passing: false }));
  if (finish_reason === "length")
    throw fail(new CallError("cut short", "the answer was cut short by the limit of its tokens", { passing: false }));
  const { content, refusal } = message;
  if (content === undefined && !refusal && !finish_reason)
    throw fail(new CallError("no answer", "the answer's message has no content"));
  const said = Array.isArray(content) ? content.map(({ text }) => text).join("") : content;
  return { said: said || refusal || "", tokens };
}

function problem(body: unknown, error: z.ZodError): string {
  const told = (body as { error?: { message?: unknown } } | null)?.error?.message;
  if (typeof told === "string") return told.slice(0, 200);
  const [{ path, message }] = error.issues;
  return `${path.join(".") || "all of it"}: ${message}`;
}
