import { nextTo, oddOne, only, type Program } from "./program.js";
import type { Scene } from "./scene.js";

/**
 * Simpler questions that a question is made of, such as how many there are of either where there are more. Whoever answers
 * these and not the whole sees what is there, but does not find or combine it. None where it is simple itself.
 */
export function partsOf(program: Program, scene: Scene): Program[] {
  switch (program.op) {
    case "colour":
    case "shape":
    case "size": {
      const thing = only(scene, program.of);
      return thing && program.of.place === undefined ? [{ op: program.op, of: { place: thing.place } }] : [];
    }
    case "more":
    case "sum":
    case "difference":
      return [program.a, program.b].map((of) => ({ op: "count", of }));
    case "larger":
      return [program.a, program.b].map((of) => ({ op: "size", of }));
    case "relation":
      return [program.a, program.b].map((of) => ({ op: "place", of }));
    case "beside": {
      const thing = only(scene, program.of);
      const place = thing && nextTo(thing.place, program.side);
      return place === null
        ? []
        : [
            { op: "place", of: program.of },
            { op: program.ask, of: { place } },
          ];
    }
    case "digit": {
      const found = scene.digits.find(({ colour }) => colour === program.of.colour);
      return found && program.of.colour ? [{ op: "digit", of: { place: found.place } }] : [];
    }
    case "tallest":
    case "shortest":
      return scene.bars.map(({ colour }) => ({ op: "height", colour }));
    case "odd": {
      const place = oddOne(scene)?.place;
      return place === undefined ? [] : (["colour", "shape"] as const).map((op) => ({ op, of: { place } }));
    }
    default:
      return [];
  }
}
