import { type ParameterRecord, Parameters, requireValues } from "../runtime/parameters.js";
import { type Initializer, Parameter } from "../tensor/leaves.js";
import { type Shape, sizeOf } from "../tensor/shape.js";

/**
 * What a module may hold: parameters and modules, in arrays and plain records as deep as needed; null and undefined are
 * skipped.
 */
export type Child =
  | Parameter
  | Parameterized
  | readonly Child[]
  | { readonly [name: string]: Child }
  | null
  | undefined;

/** Anything that owns parameters with names. */
export interface Parameterized {
  /**
   * The parameters with their values, in one flat vector; made and initialised (seed 0) when first asked for.
   * `parameters.initialize(seed)` draws them anew.
   */
  readonly parameters: Parameters;
  /**
   * Every distinct parameter under its path in the tree, such as `blocks.3.attention.query.weight`; allocates no
   * values.
   */
  namedParameters(): Generator<readonly [string, Parameter]>;
}

/** A function of tensors that carries its children as properties. */
export type Module<A extends readonly unknown[] = never[], R = unknown, C = unknown> = ((...args: A) => R) &
  Readonly<C> &
  Parameterized;

function* walk(child: Child, path: string): Generator<readonly [string, Parameter]> {
  if (child === null || child === undefined) return;
  if (child instanceof Parameter) yield [path, child];
  else if (typeof (child as Partial<Parameterized>).namedParameters === "function") {
    for (const [name, parameter] of (child as Parameterized).namedParameters()) yield [`${path}.${name}`, parameter];
  } else if (typeof child === "object") {
    for (const [name, inner] of Object.entries(child)) yield* walk(inner, `${path}.${name}`);
  } else
    throw new Error(
      `The child "${path}" is a ${typeof child}; modules hold parameters, modules, arrays and records of them.`,
    );
}

/**
 * A module: `forward` as a callable that carries `children` as properties; without `forward` only a group of them. The
 * children's names are the names of the parameters in a checkpoint. A parameter held twice (shared weights) counts
 * once, under its first name.
 */
export function module<A extends readonly unknown[], R, C extends { readonly [name: string]: Child }>(
  children: C,
  forward?: (...args: A) => R,
): Module<A, R, C> {
  const net = (...args: A) => {
    if (!forward) throw new Error(`A group of ${Object.keys(children).join(", ")} computes nothing; call its parts.`);
    return forward(...args);
  };
  for (const [name, value] of Object.entries(children)) {
    if (name === "parameters" || name === "namedParameters" || name.includes("."))
      throw new Error(`A module cannot have a child called "${name}"; choose another name.`);
    Object.defineProperty(net, name, { value, enumerable: true });
  }
  let made: Parameters | undefined;
  const parameters = () => {
    // Values that have moved into a larger network's vector leave the old one stale
    if (made?.entries.some(({ parameter }) => parameter.value?.buffer !== made?.flat.buffer)) made = undefined;
    return (made ??= ownParameters({ namedParameters }));
  };
  Object.defineProperty(net, "parameters", { get: parameters });
  function* namedParameters(): Generator<readonly [string, Parameter]> {
    const seen = new Set<Parameter>();
    for (const [name, child] of Object.entries(children))
      for (const entry of walk(child, name)) {
        if (seen.has(entry[1])) continue;
        seen.add(entry[1]);
        yield entry;
      }
  }
  return Object.assign(net, { namedParameters }) as unknown as Module<A, R, C>;
}

/** The parameters of a network, initialised from seed 0 where they have no values yet. */
function ownParameters(network: Named): Parameters {
  const fresh = parameterList(network).every(({ value }) => value === null);
  return fresh ? initialize(network, 0) : view(network);
}

type Named = Pick<Parameterized, "namedParameters">;

/** The parameters of a network or of a part of one, as they are. @throws where their values lie in several vectors. */
export const view = (network: Named): Parameters => new Parameters(network.namedParameters());

/** The parameters of a network with initial values drawn from a seed. */
export function initialize(network: Named, seed: number): Parameters {
  const parameters = view(network);
  parameters.initialize(seed);
  return parameters;
}

/**
 * The parameters of a network with the values of a record by name. @throws where a name is missing or a shape differs,
 * before anything is allocated.
 */
export function load(network: Named, weights: ParameterRecord): Parameters {
  requireValues(
    Array.from(network.namedParameters(), ([name, { shape }]) => ({ name, shape })),
    weights,
  );
  const parameters = view(network);
  parameters.load(weights);
  return parameters;
}

/** Puts the values of a record into a network that has some, wherever they are kept. @throws as `load` */
export function assign(network: Named, weights: ParameterRecord): void {
  const named = [...network.namedParameters()];
  requireValues(
    named.map(([name, { shape }]) => ({ name, shape })),
    weights,
  );
  for (const [name, { value }] of named) value!.set(weights[name].data);
}

/**
 * The parameters of a network in one vector, into which their values are moved unless they lie in one: see
 * `Parameters.join`. Those of `except` are left out, such as constants that are not trained.
 */
export const join = (network: Named, except: readonly Parameter[] = []): Parameters =>
  Parameters.join([...network.namedParameters()].filter(([, parameter]) => !except.includes(parameter)));

/** Copies of a network's values by name, wherever they are kept. */
export const weightsOf = (network: Named): Record<string, { shape: number[]; data: Float32Array }> =>
  Object.fromEntries(
    Array.from(network.namedParameters(), ([name, { shape, value }]) => [
      name,
      { shape: [...shape], data: value!.slice() },
    ]),
  );

/** A trainable tensor of a module; `initialize` fills its first value. */
export const parameter = (shape: Shape, initialize: Initializer): Parameter => new Parameter(shape, initialize);

/** Number of trainable scalars of a network, found without allocating them. */
export function countParameters(network: Pick<Parameterized, "namedParameters">): number {
  let count = 0;
  for (const [, { shape }] of network.namedParameters()) count += sizeOf(shape);
  return count;
}

/** The distinct parameters of a network, wherever their values are kept. */
export const parameterList = (network: Pick<Parameterized, "namedParameters">): Parameter[] =>
  Array.from(network.namedParameters(), ([, parameter]) => parameter);
