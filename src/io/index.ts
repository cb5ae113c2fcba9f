export { type FileContent, writeFileAtomic } from "./atomic.js";
export { fromFloat16, toFloat16 } from "./float16.js";
export { type GridOptions, type Picture, tileImages, toByte } from "./grid.js";
export { type DecodeOptions, decodeImage, encodePng, saveGrid, savePng } from "./images.js";
export {
  type DataType,
  decodeSafetensors,
  encodeSafetensors,
  type SafetensorsFile,
  type SafetensorsOptions,
  type StoredTensor,
  type TensorData,
  type TensorRecord,
} from "./safetensors.js";
export { loadSafetensors, saveSafetensors } from "./safetensors-file.js";
