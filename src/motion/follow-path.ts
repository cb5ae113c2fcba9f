import type { Clip } from "./clip.js";
import { headingOf, wrap } from "./heading.js";
import { poseAt, requireBody } from "./kinematics.js";
import { FloorPath, type Spot } from "./path.js";
import { multiply, type Quaternion, rotate, yaw } from "./rotations.js";

/** Metres a second below which nobody goes anywhere, so that nothing is steered. */
const STANDS = 0.2;
/** Seconds that the direction of travel is averaged over, and that a correction takes. */
const [AVERAGE, CORRECTION] = [0.4, 0.12];
/** Seconds and metres that it looks ahead along the path. */
const AHEAD = { seconds: 0.35, least: 0.25 };
/** Radians a second that it turns at most. */
const FASTEST = 3;
/** Metres along the path that are looked through for where the root is. */
const REACH = 1;

/**
 * Steers a motion along a path on the floor, frame by frame: the whole body is turned so that the way it travels leads to a
 * point of the path a little ahead. Steps, speed and poses stay as they were, so that who stands or waves stays in place,
 * and who walks backward follows backward. Corners are cut by about the distance that it looks ahead, which grows with the
 * speed. Feet are turned too: {@link FeetPlanter} holds them afterwards.
 *
 * A motion may come in blocks: a frame depends on those before it only, and blocks give what the whole would.
 */
export class PathFollower {
  private path: FloorPath | null = null;
  /** Metres along the path; null where it is not on it yet. */
  private along: number | null = null;
  /** How much the motion is turned, radians. */
  private turned = 0;
  /** The last frame's root: as it came, and as it is given. */
  private before: Spot | null;
  private place: Spot | null;
  /** Velocity as the body sees it, to its left and ahead, metres a second. */
  private travel: Spot = [0, 0];

  /** @param start The root of the frame before the first; without it the motion is moved to the path's beginning. */
  constructor(start: Spot | null = null) {
    this.before = start;
    this.place = start;
  }

  /** What is followed from now on; null: nothing, and it goes on as it comes. @throws RangeError see {@link FloorPath} */
  follow(points: readonly Spot[] | null): void {
    this.path = points && new FloorPath(points);
    this.along = null;
  }

  /** One that stands where this one does, and leaves it as it is. */
  copy(): PathFollower {
    return Object.assign(new PathFollower(), this);
  }

  /** The next frames, steered. @throws RangeError unless the clip is on the body of 22 joints */
  steer(clip: Clip): Clip {
    requireBody(clip.skeleton);
    const out = { ...clip, rotations: clip.rotations.slice(), root: clip.root.slice() };
    const numbers = 4 * clip.skeleton.names.length;
    for (let frame = 0; frame < clip.frames; frame++) {
      const { positions, rotations } = poseAt(clip, frame);
      const heading = headingOf((joint) => positions[joint], 0);
      const now: Spot = [positions[0][0], positions[0][2]];
      this.begin(now, heading);
      const step: Spot = [now[0] - this.before![0], now[1] - this.before![1]];
      this.notice(step, heading, clip.fps);
      this.correct(heading, clip.fps);
      const [dx, , dz] = rotate(yaw(this.turned), [step[0], 0, step[1]]);
      this.before = now;
      this.place = [this.place![0] + dx, this.place![1] + dz];
      out.root[3 * frame] = this.place[0];
      out.root[3 * frame + 2] = this.place[1];
      const own = out.rotations.subarray(numbers * frame, numbers * frame + 4);
      const turned: Quaternion = multiply(yaw(this.turned), rotations[0]);
      const sign = turned.reduce((sum, value, i) => sum + value * own[i], 0) < 0 && frame > 0 ? -1 : 1;
      own.set(turned.map((value) => sign * value));
    }
    return out;
  }

  /** Puts the first frame at the path's beginning, looking along it. */
  private begin(now: Spot, heading: number): void {
    if (this.before !== null) return;
    this.before = now;
    this.place = this.path ? this.path.at(0) : now;
    if (!this.path) return;
    this.along = 0;
    this.turned = wrap(angleOf(this.place, this.path.at(AHEAD.least)) - heading);
  }

  private notice(step: Spot, heading: number, fps: number): void {
    const [x, , z] = rotate(yaw(-heading), [step[0], 0, step[1]]);
    const share = 1 - Math.exp(-1 / (AVERAGE * fps));
    this.travel = [
      this.travel[0] + share * (x * fps - this.travel[0]),
      this.travel[1] + share * (z * fps - this.travel[1]),
    ];
  }

  private correct(heading: number, fps: number): void {
    const speed = Math.hypot(...this.travel);
    if (!this.path || speed < STANDS) return;
    const place = this.place!;
    this.along =
      this.along === null ? this.path.nearest(place).at : this.path.nearest(place, this.along, this.along + REACH).at;
    const target = this.path.at(this.along + Math.max(AHEAD.least, AHEAD.seconds * speed));
    const going = heading + this.turned + Math.atan2(this.travel[0], this.travel[1]);
    const wrong = wrap(angleOf(place, target) - going);
    const most = FASTEST / fps;
    const share = 1 - Math.exp(-1 / (CORRECTION * fps));
    this.turned = wrap(this.turned + Math.max(-most, Math.min(most, share * wrong)));
  }
}

/** The heading from one place to another: 0 along +z, growing towards +x. */
const angleOf = (from: Spot, to: Spot): number => Math.atan2(to[0] - from[0], to[1] - from[1]);
