import type { Side } from "./body.js";
import { Track } from "./curves.js";
import { type Going, STANDING, type Style } from "./gaits.js";
import type { UpperLayer } from "./upper.js";

/** A stretch of steps: its clock runs from `start` to `end`, and the foot `first` leaves the floor at its start. */
export interface Steps {
  readonly start: number;
  readonly end: number;
  readonly first: Side;
}

/** How a foot goes through the air, besides from where it stood to where it will stand. */
export interface Swing {
  /** Metres of a body of scale 1. */
  readonly lift: number;
  /** Degrees, heel up positive, where it leaves, most on the way in addition, and where it lands. */
  readonly leavePitch: number;
  readonly swingPitch: number;
  readonly landPitch: number;
  /** Seconds in which the heel (or toe) comes up before, and the sole comes down after. */
  readonly leaving: number;
  readonly landing: number;
  /** A way round: metres forward and up at share s of the time; 0 at both ends. */
  readonly detour?: (s: number) => { readonly forward: number; readonly up: number; readonly pitch: number };
}

/** A foot in the air from `start` to `end`, seconds. */
export interface Flight extends Swing {
  readonly foot: Side;
  readonly start: number;
  readonly end: number;
  /** Where in the stance before and after it the pelvis is above the foot; 0.5 if absent. */
  readonly under?: number;
  /** How far ahead the foot lands, in metres, of where it would. */
  readonly ahead?: number;
}

/** What moves the pelvis besides the gait, in its own frame; metres of a body of scale 1 and degrees. */
export interface PelvisLayer {
  readonly from: number;
  readonly to: number;
  readonly at: (t: number) => Partial<Record<"left" | "up" | "forward" | "pitch" | "yaw" | "roll", number>>;
}

/** All that a clip's motion follows from, over time in seconds; actions write into it one after the other. */
export class Score {
  readonly going: Track<keyof Going>;
  readonly style: Track<keyof Style>;
  readonly steps: Steps[] = [];
  /** Flights that no gait makes. */
  readonly leaps: Flight[] = [];
  readonly upper: UpperLayer[] = [];
  readonly pelvis: PelvisLayer[] = [];
  /** When the body travels: between them it rests. */
  readonly travels: { readonly start: number; readonly end: number }[] = [];
  /** Time up to which all is written. */
  time = 0;

  constructor(stand: Readonly<Style> = STANDING) {
    this.going = new Track<keyof Going>({ forward: 0, side: 0, turn: 0, cadence: 1 });
    this.style = new Track<keyof Style>({ ...stand });
  }
}
