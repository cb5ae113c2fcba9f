import type { AnyGenerator, Kind, SampleOptions } from "../models/generator.js";
import { GestureSessions, openGesture, type WebGestureSession } from "./gesture.js";
import { MotionSessions, openMotion, type WebMotionSession } from "./motion.js";
import type { AskSession } from "./numbered.js";

/** What goes on for ever, by kind. */
export interface WebSessions {
  image: never;
  text: never;
  motion: WebMotionSession;
  gesture: WebGestureSession;
}

/** The sessions of a loaded model; null of a kind that has none. */
export const sessionsOf = (model: AnyGenerator): { ask: AskSession } | null =>
  model.kind === "motion" ? new MotionSessions(model) : model.kind === "gesture" ? new GestureSessions(model) : null;

/** A session as a page has it. */
export const openSession = (kind: Kind, ask: AskSession, options?: SampleOptions) =>
  kind === "gesture" ? openGesture(ask, options) : openMotion(ask, options);
