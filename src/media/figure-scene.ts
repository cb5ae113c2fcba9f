import { type Bone, bonesOf } from "../io/figure-bones.js";
import type { Clip } from "../motion/clip.js";
import { CONTACT_JOINTS, contactsOf, poseAt } from "../motion/kinematics.js";
import { cross, dot, type Quaternion, rotate, type Vector } from "../motion/rotations.js";
import { BODY_NAMES } from "../motion/skeleton.js";

/** Colours of the left side, the right side and the middle. */
const COLOURS: Record<Bone["side"], string> = { left: "#e07a3f", right: "#3f79c9", middle: "#59636f" };
const OUTLINE: Record<Bone["side"], string> = { left: "#a8521f", right: "#275591", middle: "#3a424c" };
const [GROUND, GRID, PATH, STANDS] = ["#f4f5f7", "#c3c9d1", "#8a94a1", "#2f9e62"];

/** Where a camera stands: it looks at a point above the floor that goes along with the root. */
interface Camera {
  readonly right: Vector;
  readonly up: Vector;
  /** From the point to the camera. */
  readonly back: Vector;
}
const [DISTANCE, HEIGHT, TILT, ASIDE] = [4.6, 0.85, 0.2, 0.95];
/** How far from the point the floor is drawn, and how far apart its lines are; metres. */
const [FLOOR, LINES] = [2.5, 0.5];

/** Draws the frames of a clip as figures of capsules on a floor, seen from the side of its way. */
export class FigureScene {
  private readonly camera: Camera;
  private readonly contacts: Uint8Array | null;

  constructor(
    private readonly clip: Clip,
    /** Pixels. */
    private readonly width: number,
    private readonly height: number,
  ) {
    this.camera = cameraOf(clip);
    const isBody = clip.skeleton.names.join() === BODY_NAMES.join();
    this.contacts = clip.contacts ?? (isBody ? contactsOf(clip) : null);
  }

  /** One frame as SVG. */
  frame(frame: number): string {
    const { width, height } = this;
    return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${this.content(frame)}</svg>`;
  }

  /** One frame as what stands inside an SVG of the scene's size. */
  content(frame: number): string {
    const pose = poseAt(this.clip, frame);
    const eye = this.focus(frame);
    const bones = bonesOf(this.clip.skeleton, { places: pose.positions, rotations: pose.rotations });
    const far = (bone: Bone) => this.depth(middle(bone.from, bone.to), eye) + (bone.side === "middle" ? 0.02 : 0);
    const drawn = bones.sort((a, b) => far(b) - far(a));
    return [
      `<rect width="${this.width}" height="${this.height}" fill="${GROUND}"/>`,
      this.floor(eye),
      this.path(frame, eye),
      '<g opacity="0.12">',
      ...drawn.map(({ from, to, radius }) => this.line(onFloor(from), onFloor(to), 2 * radius, eye, "#000")),
      "</g>",
      this.stands(frame, pose.positions, eye),
      ...drawn.map(
        (bone) =>
          this.line(bone.from, bone.to, 2 * bone.radius + 0.022, eye, OUTLINE[bone.side]) +
          this.line(bone.from, bone.to, 2 * bone.radius, eye, COLOURS[bone.side]),
      ),
    ].join("");
  }

  /** The point on the floor that the camera follows: the root's place, averaged over up to a second. */
  private focus(frame: number): Vector {
    const { root, frames, fps } = this.clip;
    const half = Math.min(Math.round(fps / 2), frame, frames - 1 - frame);
    const [from, to] = [frame - half, frame + half];
    let [x, z] = [0, 0];
    for (let t = from; t <= to; t++) {
      x += root[3 * t] / (to - from + 1);
      z += root[3 * t + 2] / (to - from + 1);
    }
    return [x, 0, z];
  }

  private depth(place: Vector, eye: Vector): number {
    return DISTANCE - dot(relative(place, eye), this.camera.back);
  }

  /** Where a place is seen, and how many pixels a metre is there. */
  private project(place: Vector, eye: Vector): { x: number; y: number; scale: number } {
    const from = relative(place, eye);
    const scale = (this.height * 0.42 * DISTANCE) / Math.max(0.3, this.depth(place, eye));
    return {
      x: this.width / 2 + scale * dot(from, this.camera.right),
      y: this.height * 0.53 - scale * dot(from, this.camera.up),
      scale,
    };
  }

  private line(from: Vector, to: Vector, thick: number, eye: Vector, colour: string, opacity = 1): string {
    const [a, b] = [this.project(from, eye), this.project(to, eye)];
    const width = round((thick * (a.scale + b.scale)) / 2);
    const see = opacity < 1 ? ` stroke-opacity="${round(opacity)}"` : "";
    // A line of no length has no round caps
    return `<line x1="${round(a.x)}" y1="${round(a.y)}" x2="${round(b.x + 0.01)}" y2="${round(b.y)}" stroke="${colour}" stroke-width="${width}" stroke-linecap="round"${see}/>`;
  }

  /** Lines of a grid that stays where it is while the figure goes, fainter further out. */
  private floor(eye: Vector): string {
    const steps = Math.ceil(FLOOR / LINES);
    const lines: string[] = [];
    for (const axis of [0, 2])
      for (let i = -steps; i <= steps; i++) {
        const at = (Math.round(eye[axis] / LINES) + i) * LINES;
        const off = Math.abs(at - eye[axis]);
        if (off >= FLOOR) continue;
        const reach = Math.sqrt(FLOOR ** 2 - off ** 2);
        for (const [a, b] of [
          [-1, -0.55],
          [-0.55, 0],
          [0, 0.55],
          [0.55, 1],
        ]) {
          const end = (share: number): Vector => {
            const along = eye[2 - axis] + share * reach;
            return axis === 0 ? [at, 0, along] : [along, 0, at];
          };
          const fade = 1 - Math.hypot(off, ((a + b) / 2) * reach) / FLOOR;
          lines.push(this.line(end(a), end(b), 0.008, eye, GRID, Math.min(0.99, 0.15 + fade)));
        }
      }
    return lines.join("");
  }

  /** The root's way over the floor: what lies behind in full, what is to come fainter. */
  private path(frame: number, eye: Vector): string {
    const { root, frames } = this.clip;
    const parts: string[] = [];
    const places = Array.from({ length: frames }, (_, t): Vector => [root[3 * t], 0, root[3 * t + 2]]);
    const near = (place: Vector) => Math.hypot(place[0] - eye[0], place[2] - eye[2]) < FLOOR;
    for (const [first, last, opacity] of [
      [0, frame, 0.99],
      [frame, frames - 1, 0.35],
    ]) {
      const points = places
        .slice(first, last + 1)
        .filter(near)
        .map((place) => this.project(place, eye));
      if (points.length < 2) continue;
      const list = points.map(({ x, y }) => `${round(x)},${round(y)}`).join(" ");
      parts.push(
        `<polyline points="${list}" fill="none" stroke="${PATH}" stroke-width="${round(this.height / 160)}" stroke-opacity="${opacity}"/>`,
      );
    }
    return parts.join("");
  }

  /** A disc under each foot that stands. */
  private stands(frame: number, places: readonly Vector[], eye: Vector): string {
    return CONTACT_JOINTS.map((joint, i) => {
      if (!this.contacts?.[4 * frame + i]) return "";
      const { x, y, scale } = this.project(onFloor(places[joint]), eye);
      const radius = 0.075 * scale;
      return `<ellipse cx="${round(x)}" cy="${round(y)}" rx="${round(radius)}" ry="${round(radius * (TILT + 0.12))}" fill="${STANDS}" fill-opacity="0.55"/>`;
    }).join("");
  }
}

const round = (value: number): number => Math.round(value * 100) / 100;
const onFloor = ([x, , z]: Vector): Vector => [x, 0, z];
const middle = (a: Vector, b: Vector): Vector => [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2, (a[2] + b[2]) / 2];
const relative = ([x, y, z]: Vector, eye: Vector): Vector => [x - eye[0], y - HEIGHT, z - eye[2]];

/** Beside the way that a clip goes, or before one that stays, and a little above. */
function cameraOf(clip: Clip): Camera {
  const { root, frames, rotations } = clip;
  const way: Vector = [root[3 * frames - 3] - root[0], 0, root[3 * frames - 1] - root[2]];
  const facing = rotate([...rotations.subarray(0, 4)] as Quaternion, [0, 0, 1]);
  const goes = Math.hypot(...way) > 0.7;
  const [x, , z] = goes ? way : facing;
  const angle = Math.atan2(x, z) + (goes ? ASIDE : ASIDE / 2);
  const back: Vector = [Math.sin(angle) * Math.cos(TILT), Math.sin(TILT), Math.cos(angle) * Math.cos(TILT)];
  const right: Vector = [Math.cos(angle), 0, -Math.sin(angle)];
  return { right, up: cross(back, right), back };
}
