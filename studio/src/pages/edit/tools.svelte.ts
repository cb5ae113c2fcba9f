import type { Colour } from "./pixels.js";

export const TOOLS = ["brush", "eraser", "select", "rectangle"] as const;
export type Tool = (typeof TOOLS)[number];

/** What is held in the hand. */
export class Tools {
  tool = $state<Tool>("brush");
  /** Diameter of the brush, pixels of the model's picture. */
  size = $state(2);
  colour = $state.raw<Colour>([255, 255, 255]);
  /** Whether selecting takes away. */
  less = $state(false);

  get selects(): boolean {
    return this.tool === "select" || this.tool === "rectangle";
  }
}
