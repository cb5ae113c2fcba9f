/** A place on the floor: x and z, metres. */
export type Spot = readonly [x: number, z: number];

/** Points at most, and how far from the origin one may be, metres. */
export const MOST_POINTS = 1000;
const FARTHEST = 1e5;

/** The points of a text, each as a text: apart by spaces, semicolons or new lines. */
export const spotTexts = (text: string): string[] => text.trim().split(/[\s;]+/);

/** Points as text: apart by spaces, semicolons or new lines, x and z by a comma. What is no number becomes NaN. */
export const spotsOf = (text: string): Spot[] =>
  spotTexts(text).map(
    (point) => point.split(",").map((value) => (value === "" ? Number.NaN : Number(value))) as unknown as Spot,
  );

/** The place of the first point that is none; −1 where all are. */
export const wrongSpot = (points: readonly Spot[]): number =>
  points.findIndex((spot) => spot.length !== 2 || !spot.every((value) => Math.abs(value) <= FARTHEST));

/** What a point is, for errors. */
export const SPOT_RULE = `x and z in metres, ${FARTHEST} at most, such as 1,2`;

/**
 * A line on the floor through points. One that ends where it begins goes round for ever; any other goes straight on
 * behind its end.
 */
export class FloorPath {
  /** Metres from the beginning to the end. */
  readonly length: number;
  readonly closed: boolean;
  private readonly points: readonly Spot[];
  /** Metres from the beginning to each point. */
  private readonly along: readonly number[];

  /** @throws RangeError unless two of the points differ and all are finite */
  constructor(points: readonly Spot[]) {
    if (points.length > MOST_POINTS)
      throw new RangeError(`A path has ${MOST_POINTS} points at most, got ${points.length}.`);
    const wrong = wrongSpot(points);
    if (wrong >= 0)
      throw new RangeError(`Point ${wrong + 1} of the path is [${points[wrong].join(", ")}], and not ${SPOT_RULE}.`);
    this.points = points.filter((spot, i) => i === 0 || distance(spot, points[i - 1]) > 1e-6);
    if (this.points.length < 2) throw new RangeError("A path has two different points at least.");
    let sum = 0;
    this.along = this.points.map((spot, i) => (i === 0 ? 0 : (sum += distance(spot, this.points[i - 1]))));
    this.length = sum;
    this.closed = this.points.length > 3 && distance(this.points[0], this.points.at(-1)!) < 1e-6;
  }

  /** The place so many metres from the beginning. */
  at(metres: number): Spot {
    const s = this.closed ? ((metres % this.length) + this.length) % this.length : Math.max(0, metres);
    const found = this.along.findIndex((end, i) => i > 0 && s <= end);
    const i = found < 0 ? this.points.length - 1 : found;
    const [a, b] = [this.points[i - 1], this.points[i]];
    const share = (s - this.along[i - 1]) / (this.along[i] - this.along[i - 1]);
    return [a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1])];
  }

  /**
   * Metres from the beginning to what is nearest to a place, between `from` and `to`, and how far that is. What lies
   * before `from` is behind whoever follows, also where a path crosses itself.
   */
  nearest(place: Spot, from = 0, to = this.length): { at: number; distance: number } {
    const step = Math.max(0.02, (to - from) / 4000);
    let best = { at: from, distance: distance(this.at(from), place) };
    for (let at = from + step; at <= to; at += step) {
      const away = distance(this.at(at), place);
      if (away < best.distance) best = { at, distance: away };
    }
    return best;
  }
}

const distance = (a: Spot, b: Spot): number => Math.hypot(a[0] - b[0], a[1] - b[1]);
