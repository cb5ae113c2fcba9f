import type { Tensor } from "onnxruntime-web";
import { type CompileOptions, releasable, resolveRuntime } from "../../runtime/index.js";
import { openSession, showValues } from "../../runtime/onnx-file.js";
import type { Denoiser } from "./sampler.js";

const INTEGERS = ["int32", "int64"] as const;

/**
 * Any ONNX network as a denoiser for `psiSample`: tokens int32 or int64 [B, L], sigma float32 [B] and, if it has one,
 * labels [B] of an integer type to logits float32 [B, L, K]. Inputs are told apart by their names, where these are
 * "tokens" (or "input_ids", "x"), "sigma" (or "t", "timesteps") and "labels", else by their types and axes. Labels are
 * those given, or all `none`.
 * @throws where the file cannot be read or is no such network.
 */
export async function onnxDenoiser(
  path: string,
  { labels, none = 0, ...options }: CompileOptions & { labels?: Int32Array; none?: number } = {},
): Promise<{ denoiser: Denoiser; release(): Promise<void> } & AsyncDisposable> {
  const session = await openSession(path, options);
  const { ort } = await resolveRuntime(options.device);
  const inputs = session.inputMetadata.flatMap((input) => (input.isTensor ? [input] : []));
  const isInteger = (type: string): type is (typeof INTEGERS)[number] => INTEGERS.some((t) => t === type);
  const find = (names: readonly string[], fits: (input: (typeof inputs)[number]) => boolean) =>
    inputs.find((input) => names.includes(input.name) && fits(input)) ?? inputs.find(fits);
  const tokensInput = find(["tokens", "input_ids", "x"], ({ type, shape }) => isInteger(type) && shape.length === 2);
  const sigmaInput = find(["sigma", "t", "timesteps"], ({ type, shape }) => type === "float32" && shape.length <= 1);
  const labelsInput = find(["labels"], ({ type, shape }) => isInteger(type) && shape.length === 1);
  const known = [tokensInput, sigmaInput, labelsInput].filter((input) => input !== undefined);
  const output = session.outputMetadata.find((v) => v.isTensor && v.type === "float32" && v.shape.length === 3);
  if (!tokensInput || known.length !== inputs.length || !output) {
    const values = `it takes ${showValues(session.inputMetadata)} and gives ${showValues(session.outputMetadata)}`;
    await session.release();
    throw new Error(
      `${path} is no denoiser: ${values} instead of integer tokens [B, L] (float32 sigma [B], integer labels [B]) to float32 logits [B, L, K].`,
    );
  }
  const integers = (type: string, values: Int32Array, shape: number[]) =>
    type === "int64"
      ? new ort.Tensor("int64", BigInt64Array.from(values, BigInt), shape)
      : new ort.Tensor("int32", values, shape);
  return releasable({
    async denoiser(tokens: Int32Array, sigma: Float32Array) {
      const B = sigma.length;
      const feeds: Record<string, Tensor> = {
        [tokensInput.name]: integers(tokensInput.type, tokens, [B, tokens.length / B]),
      };
      if (sigmaInput) feeds[sigmaInput.name] = new ort.Tensor("float32", sigma, [B]);
      if (labelsInput)
        feeds[labelsInput.name] = integers(labelsInput.type, labels ?? new Int32Array(B).fill(none), [B]);
      const results = await session.run(feeds, [output.name]);
      return results[output.name].data as Float32Array;
    },
    release: () => session.release(),
  });
}
