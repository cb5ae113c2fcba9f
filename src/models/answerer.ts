import type { Images } from "../media/images.js";
import type { ModelConfig } from "./files.js";

/** One answer to a question. */
export interface Answer {
  text: string;
  /** How likely the model says that it is, word by word, at temperature 1; null where it does not say. */
  probability: number | null;
}

/** Questions about pictures. */
export interface AnswerRequest {
  /** One for all questions, or one for each, [−1, 1]. */
  images: Images;
  /** One for all pictures, or one for each. */
  questions: readonly string[];
  /** 0 (default): the likeliest word each time. */
  temperature?: number;
  seed?: number;
  /** Answers to each question; default 1. */
  count?: number;
}

/** What answers questions about pictures. */
export interface Answerer extends AsyncDisposable {
  readonly kind: "answer";
  readonly config: ModelConfig;
  /** Answers to each question, in their order. The same request gives the same answers. @throws OptionError */
  answer(request: AnswerRequest, context?: { signal?: AbortSignal }): Promise<Answer[][]>;
  release(): Promise<void>;
}
