import { createHash } from "node:crypto";
import { Random } from "../../random/index.js";
import { type DatasetParts, type Part, select, withSplit } from "../parts.js";

/** A picture with its class, and the family of pictures that are on one side of the split. */
export interface Drawing {
  /** Bytes [height, width, channels]. */
  pixels: Uint8Array;
  className: string;
  family: string;
}

/**
 * Drawings as a data set in which about a tenth of the families are the test split; families that share a picture are one.
 * `name` is the data's, and draws the split.
 */
export function splitByFamily(
  drawings: readonly Drawing[],
  {
    size,
    channels,
    classNames,
    name,
  }: { size: number; channels: Part["channels"]; classNames: string[]; name: string },
): DatasetParts {
  const part: Part = {
    height: size,
    width: size,
    channels,
    count: drawings.length,
    pixels: Buffer.concat(drawings.map(({ pixels }) => pixels)),
    labels: Uint16Array.from(drawings, ({ className }) => classNames.indexOf(className)),
  };
  const familyOf = joinLookalikes(drawings);
  const splitting = new Random(0, `${name} split`);
  const isTest = (i: number) => splitting.split(familyOf(drawings[i].family)).uniform() < 0.1;
  return withSplit({ train: select(part, (i) => !isTest(i)), test: select(part, isTest) }, name, classNames);
}

/** Families that share a picture become one. Returns the name of the joined family (union–find). */
function joinLookalikes(drawings: readonly Drawing[]): (family: string) => string {
  const parent = new Map<string, string>();
  const find = (family: string): string => {
    const up = parent.get(family) ?? family;
    return up === family ? family : find(up);
  };
  const seen = new Map<string, string>();
  for (const { pixels, family } of drawings) {
    const picture = createHash("sha256").update(pixels).digest("base64");
    const [a, b] = [find(family), find(seen.get(picture) ?? family)].sort();
    parent.set(b, a);
    seen.set(picture, family);
  }
  return find;
}
