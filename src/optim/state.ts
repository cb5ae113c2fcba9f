/** What is saved so that training goes on exactly as from here. */
export interface State {
  /** Updates made. */
  step: number;
  /** Vectors in the layout of `Parameters.flat`. */
  vectors: Record<string, Float32Array>;
}

export interface Stateful {
  /** A copy. */
  state(): State;
  /** Throws, and changes nothing, where the state does not fit. */
  load(state: State): void;
}

/** `state` and `load` of some vectors and a step count. */
export function statefulVectors(
  owner: string,
  vectors: Record<string, Float32Array>,
  step: { get(): number; set(value: number): void },
): Stateful {
  return {
    state: () => ({
      step: step.get(),
      vectors: Object.fromEntries(Object.entries(vectors).map(([name, v]) => [name, v.slice()])),
    }),
    load(state) {
      for (const [name, vector] of Object.entries(vectors)) {
        const found = state.vectors[name];
        if (found?.length !== vector.length)
          throw new Error(
            `${owner}: the saved "${name}" has ${found?.length ?? "no"} numbers, ${vector.length} are needed: it belongs to another network.`,
          );
      }
      if (!Number.isInteger(state.step) || state.step < 0)
        throw new Error(`${owner}: the saved step must be a whole number ≥ 0, got ${state.step}.`);
      for (const [name, vector] of Object.entries(vectors)) vector.set(state.vectors[name]);
      step.set(state.step);
    },
  };
}
