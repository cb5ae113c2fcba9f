import type { LibraryHandle } from "koffi";
import type { Launched } from "./launcher.js";

type Handle = bigint | number;

/** The functions of MPI that are used, each of which returns 0 or an error's code, and the handles that they take. */
export interface Library {
  name: string;
  world: Handle;
  float: Handle;
  double: Handle;
  sum: Handle;
  max: Handle;
  inPlace: bigint;
  call: Record<keyof typeof SIGNATURES, (...values: unknown[]) => number>;
}

/** Parameters: a pointer, a handle (a pointer or an integer, as the library has it) or an integer. */
const SIGNATURES = {
  MPI_Init: ["pointer", "pointer"],
  MPI_Comm_rank: ["handle", "pointer"],
  MPI_Comm_size: ["handle", "pointer"],
  MPI_Ibarrier: ["handle", "pointer"],
  MPI_Test: ["pointer", "pointer", "pointer"],
  MPI_Allreduce: ["pointer", "pointer", "int", "handle", "handle", "handle"],
  MPI_Allgatherv: ["pointer", "int", "handle", "pointer", "pointer", "pointer", "handle", "handle"],
  MPI_Bcast: ["pointer", "int", "handle", "int", "handle"],
  MPI_Gatherv: ["pointer", "int", "handle", "pointer", "pointer", "pointer", "handle", "int", "handle"],
  MPI_Abort: ["handle", "int"],
  MPI_Finalize: [],
} as const;

/** The standard's ABI, Open MPI's own, and MPICH's, which Intel's and Cray's share; of Linux and of macOS. */
const ABI = ["libmpi_abi.so.0", "libmpi_abi.so", "libmpi_abi.dylib"];
const OPEN_MPI = ["libmpi.so.40", "libmpi.40.dylib"];
const MPICH = ["libmpich.so.12", "libmpi.so.12", "libmpich.12.dylib"];
const ANY = ["libmpi.so", "libmpi.dylib"];

/** In which order they are tried: where the launcher is known, its own comes first. */
function namesFor(variable: string): string[] {
  if (process.env.FEWSTEP_MPI) return [process.env.FEWSTEP_MPI];
  if (variable.startsWith("OMPI")) return [...OPEN_MPI, ...ABI, ...ANY];
  if (variable.startsWith("PMI")) return [...ABI, ...MPICH, ...ANY];
  return [...ABI, ...OPEN_MPI, ...MPICH, ...ANY];
}

/** Finds the system's MPI library and binds it. @throws where there is none, or nothing that calls it */
export async function mpiLibrary({ variable, size }: Launched): Promise<Library> {
  const started = `This process was started as one of ${size} (${variable})`;
  const koffi = await import("koffi").catch((error: Error) => {
    throw new Error(
      `${started}, which work together by MPI, and that needs the package koffi, which cannot be loaded ` +
        `(${error.message.split("\n")[0]}). Install it (npm install koffi), or start one process without a launcher.`,
    );
  });
  const names = namesFor(variable);
  for (const name of names) {
    let library: LibraryHandle;
    try {
      // Open MPI opens plug-ins of its own, which look for its symbols among the global ones
      library = koffi.load(name, { global: true, lazy: true });
    } catch {
      continue;
    }
    return bound(library, name);
  }
  throw new Error(
    `${started}, which work together by MPI, but no MPI library was found (looked for ${names.join(", ")}). Install ` +
      "the one that the launcher belongs to (openmpi-bin or mpich on Debian), or name its file in FEWSTEP_MPI.",
  );
}

function bound(library: LibraryHandle, name: string): Library {
  const { handles, type } = handlesOf(library, name);
  const types = { pointer: "void *", int: "int", handle: type };
  const call = Object.fromEntries(
    Object.entries(SIGNATURES).map(([symbol, parameters]) => [
      symbol,
      library.func(
        symbol,
        "int",
        parameters.map((parameter) => types[parameter]),
      ),
    ]),
  ) as unknown as Library["call"];
  return { name, ...handles, call };
}

/** Open MPI's handles are addresses of its symbols, the ABI's small addresses, MPICH's integers. */
function handlesOf(library: LibraryHandle, name: string) {
  const address = (symbol: string) => library.symbol(symbol) as bigint;
  const has = (symbol: string) => {
    try {
      return Boolean(address(symbol));
    } catch {
      return false;
    }
  };
  if (/libmpi_abi/.test(name)) {
    const handles = { world: 0x101n, float: 0x210n, double: 0x214n, sum: 0x21n, max: 0x23n, inPlace: 1n };
    return { type: "void *", handles };
  }
  if (!has("ompi_mpi_comm_world")) {
    const handles = { world: 0x44000000, float: 0x4c00040a, double: 0x4c00080b, sum: 0x58000003, max: 0x58000001 };
    return { type: "int", handles: { ...handles, inPlace: -1n } };
  }
  const [world, float, double, sum, max] = ["comm_world", "float", "double", "op_sum", "op_max"].map((part) =>
    address(`ompi_mpi_${part}`),
  );
  return { type: "void *", handles: { world, float, double, sum, max, inPlace: 1n } };
}
