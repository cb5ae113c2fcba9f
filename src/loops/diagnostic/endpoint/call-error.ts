/** What of a call went wrong; never what a model says. */
export const CALL_FAILURES = {
  connection: "the connection could not be made, or was lost",
  timeout: "no answer, or not all of it, came in time",
  status: "the server answered with an error",
  "content type": "the answer is no JSON by its content type",
  json: "the answer is no JSON",
  truncated: "the answer ended early",
  "no answer": "the answer has no message of a model",
  "cut short": "the answer was cut short by the limit of its tokens: raise --max-tokens",
  filtered: "the server's filter held the answer back",
} as const;
export type CallFailure = keyof typeof CALL_FAILURES;

/** A call that brought no answer of the model. */
export class CallError extends Error {
  override name = "CallError";
  readonly failure: CallFailure;
  /** Whether another attempt may help. */
  readonly passing: boolean;
  /** Whether no other question would fare better: the token, the address or the model is wrong. */
  readonly final: boolean;
  /** Milliseconds that the server asks to wait. */
  readonly wait: number | null;
  /** What the call cost all the same, where the answer says. */
  tokens: Tokens | null = null;

  constructor(
    failure: CallFailure,
    message: string,
    { passing = true, final = false, wait = null, cause }: Partial<CallError> & { cause?: unknown } = {},
  ) {
    super(message, { cause });
    this.failure = failure;
    this.passing = passing;
    this.final = final;
    this.wait = wait;
  }
}

/** Tokens of a call as the server counts them. */
export interface Tokens {
  in: number;
  out: number;
}
