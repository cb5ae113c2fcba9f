/** What is there now, and what was before and after it. */
export interface Undoable<T> {
  readonly past: readonly T[];
  readonly present: T;
  readonly future: readonly T[];
}

/** Steps back that are kept. */
const KEPT = 200;

export const begun = <T>(present: T): Undoable<T> => ({ past: [], present, future: [] });

/** Something new: what had been undone is gone. */
export const done = <T>({ past, present }: Undoable<T>, next: T): Undoable<T> => ({
  past: [...past, present].slice(-KEPT),
  present: next,
  future: [],
});

/** The step before; at the beginning nothing changes. */
export function undone<T>(state: Undoable<T>): Undoable<T> {
  const { past, present, future } = state;
  if (past.length === 0) return state;
  return { past: past.slice(0, -1), present: past[past.length - 1], future: [present, ...future] };
}

/** The step that was undone last; without one nothing changes. */
export function redone<T>(state: Undoable<T>): Undoable<T> {
  const { past, present, future } = state;
  if (future.length === 0) return state;
  return { past: [...past, present], present: future[0], future: future.slice(1) };
}
