import * as vrmPackage from "@pixiv/three-vrm";
import { FULL_BODY, fullBodyVrmBones } from "fewstep/browser";
import { Group, type Object3D, Quaternion, Vector3 } from "three";
import { GLTFLoader } from "three/addons/loaders/GLTFLoader.js";
import type { Pose } from "./player.js";

interface Vrm {
  readonly scene: Object3D;
  readonly humanoid: { getNormalizedBoneNode(name: string): Object3D | null };
  readonly meta: { readonly metaVersion: string };
  update(seconds: number): void;
}
/** The package's types lose what it exports from its parts. */
const { VRMLoaderPlugin, VRMUtils } = vrmPackage as unknown as {
  VRMLoaderPlugin: new (parser: unknown) => { name: string };
  VRMUtils: { rotateVRM0(vrm: Vrm): void; deepDispose(object: Object3D): void };
};

/** Height of the body's hips at rest, metres. */
const HIPS = 0.99;

/** Bones that a figure may lack. */
const OPTIONAL = /upperChest|chest|Toes|Shoulder|neck|Thumb|Index|Middle|Ring|Little/;

/** Somebody's own figure, moved by the rotations of the body's 22 joints, or of 52 with fingers. */
export class VrmFigure {
  /** Where it stands is its own place in a scene; the hips move in it. */
  readonly object: Object3D = new Group();
  /** Bones that it has, by joint; those that it lacks are turned with the next one on. */
  readonly #nodes: (Object3D | null)[];
  readonly #scale: number;
  /** Figures of the older format look the other way. */
  readonly #turned: boolean;

  constructor(readonly vrm: Vrm) {
    this.#turned = vrm.meta.metaVersion === "0";
    if (this.#turned) VRMUtils.rotateVRM0(vrm);
    this.object.add(vrm.scene);
    this.object.traverse((node) => {
      node.castShadow = true;
      node.frustumCulled = false;
    });
    this.#nodes = fullBodyVrmBones.map((name) => vrm.humanoid.getNormalizedBoneNode(name));
    const missing = fullBodyVrmBones.filter((name, i) => !this.#nodes[i] && !OPTIONAL.test(name));
    if (missing.length > 0) throw new Error(`This figure has no ${missing.join(", ")}.`);
    this.#scale = this.#nodes[0]!.getWorldPosition(new Vector3()).y / HIPS;
  }

  pose({ rotations, root }: Pose): void {
    const flip = this.#turned ? -1 : 1;
    const world: Quaternion[] = [];
    for (const [joint, node] of this.#nodes.slice(0, rotations.length / 4).entries()) {
      const [x, y, z, w] = rotations.subarray(4 * joint, 4 * joint + 4);
      const own = new Quaternion(flip * x, y, flip * z, w);
      const parent = FULL_BODY.parents[joint];
      world.push(parent < 0 ? own : world[parent].clone().multiply(own));
      if (!node) continue;
      const above = this.#above(joint);
      const local = above < 0 ? world[joint] : world[above].clone().invert().multiply(world[joint]);
      node.quaternion.copy(local);
    }
    const [x, y, z] = root;
    this.#nodes[0]!.position.set(flip * x * this.#scale, y * this.#scale, flip * z * this.#scale);
    this.vrm.update(1 / 60);
  }

  /** The next joint towards the root that the figure has a bone for. */
  #above(joint: number): number {
    let at = FULL_BODY.parents[joint];
    while (at >= 0 && !this.#nodes[at]) at = FULL_BODY.parents[at];
    return at;
  }

  dispose(): void {
    this.object.removeFromParent();
    VRMUtils.deepDispose(this.object);
  }
}

/** A figure of a .vrm file. @throws where it is none */
export async function readVrm(file: Blob): Promise<VrmFigure> {
  const loader = new GLTFLoader();
  loader.register((parser) => new VRMLoaderPlugin(parser) as never);
  const { userData } = await loader.parseAsync(await file.arrayBuffer(), "").catch((error: Error) => {
    throw new Error(`This file cannot be read as a VRM figure: ${error.message}`);
  });
  if (!userData.vrm) throw new Error("This file has no VRM figure in it; .vrm files of VRM 0 and 1 do.");
  return new VrmFigure(userData.vrm as Vrm);
}
