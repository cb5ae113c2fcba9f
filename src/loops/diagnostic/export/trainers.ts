import { shellWord } from "../../../io/show.js";
import { REWARD_FILE } from "./reward.js";

/** What a row is made from. */
export interface RowItem {
  /** Where its picture is, seen from the folder of the export. */
  picture: string;
  prompt: string;
  answer: string;
  skill: string;
  /** Number of the item within its split. */
  index: number;
  split: Split;
}
export type Split = "train" | "validation";

/** How one trainer reads a data set. */
export interface Trainer {
  title: string;
  /** What is trained: by reward on the answer, or on the answer itself. */
  trains: "GRPO" | "SFT";
  /** File of a split, and whether it is one JSON list or a row a line. */
  file(split: Split): string;
  list: boolean;
  /** Folder of a split's pictures. */
  pictures(split: Split): string;
  row(item: RowItem): Record<string, unknown>;
  /** Further files by name. */
  more?(): Record<string, string>;
  /** Whether its reward function is written beside the data. */
  reward: boolean;
  /** What is typed to train a model on a folder. */
  command(folder: string, model: string): string;
}

const user = (content: string) => ({ role: "user", content });
const images = (split: Split) => `images/${split}`;
const inside = (folder: string, name: string) => shellWord(`${folder.replace(/\/+$/, "")}/${name}`);

/** The trainers, each in the format that its own documentation gives. */
export const TRAINERS = {
  trl: {
    title: "TRL",
    trains: "GRPO",
    // A folder of pictures with their metadata, which the datasets library reads as such
    file: (split) => `${split}/metadata.jsonl`,
    list: false,
    pictures: (split) => split,
    row: ({ picture, prompt, answer, skill }) => ({
      ...{ file_name: picture.split("/").at(-1), prompt: [user(prompt)], solution: answer, skill },
    }),
    reward: true,
    command: (folder, model) =>
      `cd ${shellWord(folder)} && trl grpo --model_name_or_path ${model} --dataset_name "$PWD" ` +
      "--reward_funcs reward.exact_answer --output_dir trained",
  },
  "ms-swift": {
    title: "ms-swift",
    trains: "GRPO",
    file: (split) => `${split}.jsonl`,
    list: false,
    pictures: images,
    row: ({ picture, prompt, answer, skill }) => ({
      ...{ messages: [user(`<image>${prompt}`)], images: [picture], solution: answer, skill },
    }),
    reward: true,
    command: (folder, model) =>
      `cd ${shellWord(folder)} && ROOT_IMAGE_DIR=. swift rlhf --rlhf_type grpo --model ${model} --dataset train.jsonl ` +
      `--val_dataset validation.jsonl --external_plugins ${REWARD_FILE} --reward_funcs exact_answer --output_dir trained`,
  },
  "llama-factory": {
    title: "LLaMA-Factory",
    trains: "SFT",
    file: (split) => `${split}.json`,
    list: true,
    pictures: images,
    row: ({ picture, prompt, answer }) => ({
      messages: [user(`<image>${prompt}`), { role: "assistant", content: answer }],
      images: [picture],
    }),
    more: () => ({ "dataset_info.json": `${JSON.stringify(datasetInfo(), null, 2)}\n` }),
    reward: false,
    command: (folder, model) =>
      `llamafactory-cli train --stage sft --do_train true --model_name_or_path ${model} --template <template> ` +
      `--finetuning_type lora --dataset_dir ${shellWord(folder)} --dataset fewstep_train --eval_dataset fewstep_validation ` +
      `--output_dir ${inside(folder, "trained")}`,
  },
  easyr1: {
    title: "EasyR1",
    trains: "GRPO",
    file: (split) => `${split}.jsonl`,
    list: false,
    pictures: images,
    row: ({ picture, prompt, answer, skill }) => ({
      ...{ problem: `<image>${prompt}`, answer, images: [picture], skill },
    }),
    reward: true,
    command: (folder, model) =>
      `python3 -m verl.trainer.main config=examples/config.yaml data.train_files=${inside(folder, "train.jsonl")} ` +
      `data.val_files=${inside(folder, "validation.jsonl")} data.image_dir=${shellWord(folder)} data.format_prompt=null ` +
      `worker.reward.reward_function=${inside(folder, REWARD_FILE)}:score_all worker.actor.model.model_path=${model}`,
  },
  verl: {
    title: "verl",
    trains: "GRPO",
    file: (split) => `${split}.json`,
    list: true,
    pictures: images,
    row: ({ picture, prompt, answer, skill, index, split }) => ({
      data_source: "fewstep",
      prompt: [user(`<image>${prompt}`)],
      images: [{ image: picture }],
      ability: skill,
      reward_model: { style: "rule", ground_truth: answer },
      extra_info: { split, index, answer, question: prompt },
    }),
    reward: true,
    command: (folder, model) =>
      `cd ${shellWord(folder)} && python3 -m verl.trainer.main_ppo algorithm.adv_estimator=grpo data.train_files=train.json ` +
      `data.val_files=validation.json data.image_key=images custom_reward_function.path=${REWARD_FILE} ` +
      `custom_reward_function.name=score_one actor_rollout_ref.model.path=${model} actor_rollout_ref.rollout.n=8`,
  },
} as const satisfies Record<string, Trainer>;
export type TrainerName = keyof typeof TRAINERS;
export const trainerNames = Object.keys(TRAINERS) as TrainerName[];

/** What LLaMA-Factory has to know of the two files. */
const datasetInfo = () =>
  Object.fromEntries(
    (["train", "validation"] as const).map((split) => [
      `fewstep_${split}`,
      {
        file_name: `${split}.json`,
        formatting: "sharegpt",
        columns: { messages: "messages", images: "images" },
        tags: { role_tag: "role", content_tag: "content", user_tag: "user", assistant_tag: "assistant" },
      },
    ]),
  );
