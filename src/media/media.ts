/** A batch of what a generator gives. */
export interface Media {
  readonly kind: string;
  readonly count: number;
  /** Type of what `save` writes by default. */
  readonly mimeType: string;
  /** Writes all of them in the format of the name's ending. Node only. */
  save(path: string): Promise<void>;
}
