export { SAMPLE_RATE, SOUND_FEATURES, SOUND_FPS, SOUND_PARTS, soundFrames } from "./parts.js";
export { SOUND_LOOK_AHEAD, SoundFeatureReader, soundFeatures } from "./reader.js";
