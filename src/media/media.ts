/** The place of an index in a batch of so many, from the end where it is negative. @throws where there is none */
export function placeIn(count: number, index: number, what: string): number {
  const place = index < 0 ? count + index : index;
  if (Number.isInteger(place) && place >= 0 && place < count) return place;
  throw new Error(`There is no ${what} ${index}: the batch has ${count}.`);
}

/** A batch of what a generator gives. */
export interface Media {
  readonly kind: string;
  readonly count: number;
  /** Type of what `save` writes by default. */
  readonly mimeType: string;
  /** Writes all of them in the format of the name's ending. Node only. */
  save(path: string): Promise<void>;
}
