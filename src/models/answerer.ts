import type { Images } from "../media/images.js";
import type { ModelConfig } from "./files.js";

/** One answer to a question. */
export interface Answer {
  text: string;
  /** How likely the model says that it is, word by word, at temperature 1; null where it does not say. */
  probability: number | null;
}

/** A word of an answer that is being written. */
export interface AnswerWord {
  /** Which question, or which picture where one question is asked of several, and which of its answers. */
  readonly question: number;
  readonly answer: number;
  readonly word: string;
  /** How likely the model says that it is after those before it, at temperature 1. */
  readonly probability: number;
}

/** What comes beside questions. */
export interface AnswerContext {
  /** Aborting ends the work; the promise rejects with the signal's reason. */
  signal?: AbortSignal;
  /** Told of each word as it is written; answers that are written together grow together. */
  onWord?(word: AnswerWord): void;
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
  answer(request: AnswerRequest, context?: AnswerContext): Promise<Answer[][]>;
  release(): Promise<void>;
}
