import { ACCAD_CLASSES, ACCAD_TEST, accadCaptions } from "../motion/accad-captions.js";
import type { MotionFiles, PinnedMotion } from "../motion/pinned.js";
import { fetchNpmPackage, type NpmPackage } from "../packages.js";
import { readTarball } from "../tarball.js";
import { npmSourceName } from "./source.js";

const MATRIX_ENGINE: NpmPackage = {
  name: "matrix-engine",
  version: "2.3.65",
  bytes: 120_725_967,
  integrity: "sha512-R4cq7LfJK6QlX7QcQGZ4/W/STm8WxMinRxbdRGh2j7nHUHv8+r2jo32nD8OoQyMnlzdGd9+VczWWPhic9qLKLg==",
};
const FOLDER = "public/res/bvh/";

/** Motions by name. */
export const motions: Record<string, PinnedMotion> = {
  "accad-female1": {
    title: "81 motions of one person: standing, walking, running, turning, crouching, crawling, jumping, with a box",
    bytes: MATRIX_ENGINE.bytes,
    clips: 81,
    seconds: 653,
    licence:
      "no licence stands beside the files; ACCAD published its Open Motion Project under CC BY 3.0. Name ACCAD, and do not publish the files anew",
    attribution:
      "Advanced Computing Center for the Arts and Design (ACCAD), The Ohio State University: Open Motion Project, Female1; from the npm package matrix-engine (MIT)",
    sha256: "5818a4cab3663fb3e42a03679c5dfca24bb3ae14af4b2caa4c5f140460f83fe1",
    classNames: ACCAD_CLASSES,
    mirror: true,
    describe: (file) => {
      const stem = file.replace(/\.bvh$/, "");
      return { ...accadCaptions(stem), test: ACCAD_TEST.includes(stem.replace("Female1_", "")) };
    },
    sources: [
      {
        name: npmSourceName(MATRIX_ENGINE),
        async load({ folder, ...options }): Promise<MotionFiles> {
          const tarball = await fetchNpmPackage(MATRIX_ENGINE, folder, options);
          const found = await readTarball(
            tarball,
            (name) => name.startsWith(`${FOLDER}Female1_`) && name.endsWith(".bvh"),
          );
          return new Map([...found].map(([name, bytes]) => [name.slice(FOLDER.length), bytes]));
        },
      },
    ],
  },
};
