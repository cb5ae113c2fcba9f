import { type Body, SIDES, type Side, signOf } from "./body.js";
import type { Style } from "./gaits.js";
import { type Path, timeOf } from "./path.js";
import type { Flight, Score, Steps } from "./score.js";

/** A foot on its place on the floor, from `start` to `end` seconds. */
export interface Stance {
  readonly start: number;
  readonly end: number;
  /** Where the ankle stands over a flat sole, and where the foot points. */
  readonly x: number;
  readonly z: number;
  readonly yaw: number;
  /** The flights that it comes from and goes to; null at the ends. */
  readonly before: Flight | null;
  readonly after: Flight | null;
}

/** Where the two stances of a skipping foot's cycle end and begin, in cycles since it left the floor. */
const SKIP = { land: 0.42, hop: 0.58, hopped: 0.8 };
/** From where on a style's share of skipping makes a foot hop. */
const SKIPS = 0.15;
/** Metres that a skipping foot lands ahead before its hop, and behind after it. */
const SKIP_REACH = 0.1;

const flightOf = (style: Style, foot: Side, start: number, end: number, cycle: number): Flight => ({
  ...{ foot, start, end, under: style.under },
  ...{ lift: style.lift, swingPitch: style.swingPitch },
  ...{ leavePitch: style.leavePitch, landPitch: style.landPitch },
  ...{ leaving: style.leaving * style.duty * cycle, landing: style.landing * style.duty * cycle },
});

/** Seconds before the clock's end in which no foot leaves the floor any more. */
const LAST = 0.15;

/** The flights of both feet in a stretch of steps. */
function flightsOf(score: Score, steps: Steps): Flight[] {
  const { start, end, first } = steps;
  const flights: Flight[] = [];
  for (let half = 0; ; half++) {
    const leave = timeOf(score, start, half / 2);
    if (leave > end - LAST) return flights;
    const style = score.style.at(leave);
    const cycle = 1 / score.going.value("cadence", leave);
    const foot = ((first + half) % 2) as Side;
    const time = (cycles: number) => timeOf(score, start, half / 2 + cycles);
    if (style.skip > SKIPS && time(SKIP.hopped) < end) {
      flights.push({ ...flightOf(style, foot, leave, time(SKIP.land), cycle / 2), ahead: SKIP_REACH });
      const hop = { ...style, lift: 0.24, swingPitch: 4 };
      flights.push({ ...flightOf(hop, foot, time(SKIP.hop), time(SKIP.hopped), cycle / 2), ahead: -SKIP_REACH });
      continue;
    }
    const land = time(1 - style.duty);
    flights.push(flightOf(style, foot, leave, land, cycle));
  }
}

/** When the body rests within a stance, or null. */
function restWithin({ travels }: Score, start: number, end: number): number | null {
  let rest = -Infinity;
  for (const travel of [...travels, { start: Infinity, end: Infinity }]) {
    const [from, to] = [Math.max(start, rest), Math.min(end, travel.start)];
    if (from <= to) return Number.isFinite(from) ? from : Number.isFinite(to) ? to : 0;
    rest = travel.end;
  }
  return null;
}

/** Every stance of both feet, in the order of time: a foot is put where the pelvis passes in the middle of its stance. */
export function footprints(score: Score, path: Path, body: Body, toeOut: number): readonly [Stance[], Stance[]] {
  const flights = [...score.steps.flatMap((steps) => flightsOf(score, steps)), ...score.leaps];
  const stancesOf = (foot: Side): Stance[] => {
    const own = flights.filter((flight) => flight.foot === foot).sort((a, b) => a.start - b.start);
    return [null, ...own].map((before, i) => {
      const after = own[i] ?? null;
      const [start, end] = [before?.end ?? -Infinity, after?.start ?? Infinity];
      if (end < start)
        throw new Error(`The ${SIDES[foot]} foot leaves the floor at ${end} s, before it lands (${start} s).`);
      const rest = restWithin(score, start, end);
      const at = rest ?? start + (before?.under ?? 0.5) * (end - start);
      const place = path.at(Math.max(0, at));
      const { side, cadence } = score.going.at(at);
      const { width } = score.style.at(at);
      const out = signOf(foot) * ((body.scale * width) / 2 + Math.abs(side) / cadence / 4);
      const ahead = rest === null ? (before?.ahead ?? 0) * body.scale : 0;
      return {
        ...{ start, end, before, after },
        x: place.x + out * Math.cos(place.yaw) + ahead * Math.sin(place.yaw),
        z: place.z - out * Math.sin(place.yaw) + ahead * Math.cos(place.yaw),
        yaw: place.yaw + signOf(foot) * toeOut,
      };
    });
  };
  return [stancesOf(0), stancesOf(1)];
}
