export { type FileContent, requireWritable, writeFileAtomic } from "./atomic.js";
export { colourOf, type DecodeOptions, decodeImage, inspectImage, type PictureInfo } from "./decode.js";
export { fromFloat16, toFloat16 } from "./float16.js";
export { type GridOptions, type Picture, sheetSize, tileImages, toByte } from "./grid.js";
export {
  encodeGrid,
  encodePicture,
  encodePng,
  type PictureFormat,
  pictureFormat,
  requirePictureSize,
  saveGrid,
  savePng,
} from "./images.js";
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
export { WrongUse } from "./wrong-use.js";
