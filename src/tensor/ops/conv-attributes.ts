export type Pair = readonly [number, number];
/** Padding [top, left, bottom, right]. */
export type Padding = readonly [number, number, number, number];

export interface ConvAttributes {
  stride: Pair;
  padding: Padding;
  dilation: Pair;
  groups: number;
}
