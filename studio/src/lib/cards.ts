/** A figure of a model card, with what real data would have and a 95 % interval. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly floor?: number | null;
  readonly interval?: readonly [number, number] | null;
}
/** A measurement of a model card: how samples were drawn, and what they are worth. */
export interface Evaluation {
  /** Data that the samples were compared with, such as "fashion-mnist" or "names test". */
  readonly data?: string;
  readonly nfe: number;
  readonly metrics: readonly Figure[];
  readonly options?: Readonly<Record<string, unknown>>;
  readonly sampler?: string;
  readonly nucleus?: number;
}

/** The measurements of a metrics.json: a list, or of text an object that has one. Of anything else none. */
export function evaluationsOf(metrics: unknown): readonly Evaluation[] {
  const list = Array.isArray(metrics)
    ? metrics
    : (metrics as { evaluations?: unknown } | null | undefined)?.evaluations;
  if (!Array.isArray(list)) return [];
  return list.filter((one) => Number.isFinite(one?.nfe) && Array.isArray(one?.metrics));
}

/** The first figure whose name begins so. */
export const figureOf = ({ metrics }: Evaluation, beginning: string): Figure | undefined =>
  metrics.find(({ name, value }) => name.startsWith(beginning) && Number.isFinite(value));

/** The measurement of a sampler and a nucleus whose number of evaluations is nearest. */
export function evaluationNear(
  metrics: unknown,
  { sampler, nucleus, nfe }: { sampler: string; nucleus: number; nfe: number },
): Evaluation | undefined {
  const fitting = evaluationsOf(metrics).filter(
    (one) =>
      (one.options?.sampler ?? one.sampler) === sampler && (one.options?.nucleus ?? one.nucleus ?? 1) === nucleus,
  );
  const distance = (one: Evaluation) => Math.abs(Math.log(one.nfe / nfe));
  return fitting.reduce<Evaluation | undefined>(
    (best, one) => (best === undefined || distance(one) < distance(best) ? one : best),
    undefined,
  );
}

/** Data that a model was measured on, such as "fashion-mnist"; undefined where its card does not say. */
export const dataOf = (metrics: unknown): string | undefined =>
  evaluationsOf(metrics)
    .map(({ data }) => data)
    .find((data) => data !== undefined);

/** The measurement with so many network evaluations. */
export const evaluationWith = (metrics: unknown, nfe: number): Evaluation | undefined =>
  evaluationsOf(metrics).find((one) => one.nfe === nfe);
