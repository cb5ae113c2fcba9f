import { MOST_POINTS, type Spot } from "fewstep/browser";

/** Metres between two points of a drawn path. */
const APART = 0.15;
/** Metres from a figure beyond which nothing is drawn: near the horizon a pixel is many metres. */
const FARTHEST = 30;

/** A path that a pointer is drawing: places too near the last one, or far off, are left out. */
export class Drawing {
  readonly points: Spot[] = [];

  constructor(private readonly from: Spot) {}

  /** Takes a place on the floor, and says whether the path has become longer. */
  add({ x, z }: { x: number; z: number }): boolean {
    const last = this.points.at(-1);
    if (Math.hypot(x - this.from[0], z - this.from[1]) > FARTHEST || this.points.length === MOST_POINTS) return false;
    if (last && Math.hypot(x - last[0], z - last[1]) < APART) return false;
    this.points.push([x, z]);
    return true;
  }

  /** Whether it is a path yet. */
  get whole(): boolean {
    return this.points.length > 1;
  }
}
