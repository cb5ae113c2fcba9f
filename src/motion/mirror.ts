import type { Clip } from "./clip.js";
import type { Skeleton } from "./skeleton.js";

const SIDES: Record<string, string> = { left: "right", right: "left", Left: "Right", Right: "Left" };

/**
 * Each joint's partner on the other side by its name ("left" and "right" change places, also "Left" and "Right");
 * a joint in the middle is its own.
 * @throws RangeError where a joint's partner is missing or hangs elsewhere in the tree.
 */
export function partnersOf({ names, parents }: Pick<Skeleton, "names" | "parents">): number[] {
  const partners = names.map((name) => {
    const other = name.replace(/left|right/gi, (side) => SIDES[side] ?? side);
    const partner = names.indexOf(other);
    if (partner < 0) throw new RangeError(`The joint "${name}" has no partner "${other}": this cannot be mirrored.`);
    return partner;
  });
  for (const [joint, partner] of partners.entries()) {
    const parent = parents[joint];
    if (parents[partner] !== (parent < 0 ? parent : partners[parent]))
      throw new RangeError(
        `"${names[joint]}" and "${names[partner]}" hang on different joints: this cannot be mirrored.`,
      );
  }
  return partners;
}

/**
 * The motion as a mirror at x = 0 shows it: left and right change places, in joints and contacts. Mirrored twice it is
 * itself.
 */
export function mirror(clip: Clip): Clip {
  const { frames, rotations, contacts } = clip;
  const partners = partnersOf(clip.skeleton);
  const joints = partners.length;
  const mirrored = new Float32Array(rotations.length);
  for (let frame = 0; frame < frames; frame++)
    for (const [joint, partner] of partners.entries()) {
      const [from, to] = [4 * (frame * joints + partner), 4 * (frame * joints + joint)];
      mirrored[to] = rotations[from];
      mirrored[to + 1] = -rotations[from + 1];
      mirrored[to + 2] = -rotations[from + 2];
      mirrored[to + 3] = rotations[from + 3];
    }
  return {
    ...clip,
    skeleton: mirrorSkeleton(clip.skeleton, partners),
    rotations: mirrored,
    root: clip.root.map((value, at) => (at % 3 === 0 ? -value : value)),
    contacts: contacts?.map((_, at) => contacts[at ^ 2]) ?? null, // left ankle, left foot, right ankle, right foot
  };
}

/** The skeleton with its sides exchanged; the same object where both are alike. */
function mirrorSkeleton(skeleton: Skeleton, partners: readonly number[]): Skeleton {
  const offsets = skeleton.offsets.map((_, at) => {
    const value = skeleton.offsets[3 * partners[Math.floor(at / 3)] + (at % 3)];
    return at % 3 === 0 ? -value : value;
  });
  return offsets.every((value, at) => value === skeleton.offsets[at]) ? skeleton : { ...skeleton, offsets };
}
