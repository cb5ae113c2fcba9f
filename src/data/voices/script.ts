import type { Random } from "../../random/index.js";

/** How two people know each other. */
export type Acquaintance = "friend" | "stranger" | "family" | "dating";

/** Texts of one conversation; {a|b|c} stands for one of them. The two speak by turns. */
interface Script {
  openings: readonly (readonly string[])[];
  topics: readonly (readonly string[])[];
  endings: readonly (readonly string[])[];
  /** What the listener says in between. */
  backChannels: readonly string[];
}

const SCRIPTS: Record<Acquaintance, Script> = {
  friend: {
    openings: [
      [
        "Hey, there you are! {How was your weekend|How have you been|What have you been up to}?",
        "Oh, {pretty wild|really good|a bit crazy}, actually.",
      ],
      ["You will never guess what happened {today|last night|on the train}.", "Go on, tell me everything."],
    ],
    topics: [
      [
        "We {went hiking|drove to the lake|tried the new place downtown} and it {rained the whole time|was packed|was so much fun}.",
        "No way! Did you at least {take pictures|get something to eat|stay for a while}?",
      ],
      [
        "I finally {finished the project|sold my old car|started learning the guitar}.",
        "That is amazing, I told you that you could do it.",
      ],
      ["Do you remember {Mark from school|our old teacher|that terrible band}?", "Of course I do. Why, what about it?"],
    ],
    endings: [["Anyway, let us {meet again soon|do this more often}.", "Absolutely, call me {tomorrow|on Friday}."]],
    backChannels: ["uh huh", "yeah", "hmm", "right"],
  },
  stranger: {
    openings: [
      [
        "Excuse me, {is this seat taken|does this bus go downtown|do you know what time it is}?",
        "{I am not sure, sorry|I believe so, yes|Let me check for you}.",
      ],
      [
        "Good {morning|afternoon}. Are you here for the {meeting|conference|tour} as well?",
        "Yes, it is my first time here.",
      ],
    ],
    topics: [
      [
        "The weather has been {rather cold|unusual|quite nice} this week.",
        "Indeed. They say it will change {tomorrow|by the weekend}.",
      ],
      ["May I ask what you do {for a living|here}?", "I work for {a bank|the university|a small company} in the city."],
      ["Have you been waiting long?", "About {ten|fifteen|twenty} minutes, I think."],
    ],
    endings: [["Thank you, that was very kind of you.", "You are welcome. Have a nice day."]],
    backChannels: ["uh huh", "I see", "yes"],
  },
  family: {
    openings: [
      [
        "Did you {call your grandmother|feed the dog|do the dishes} yet?",
        "I was just about to, {I promise|give me a minute}.",
      ],
      [
        "Dinner is almost ready. {Can you set the table|Where is your brother}?",
        "In a minute, I am still {working|on the phone}.",
      ],
    ],
    topics: [
      [
        "Your {aunt|uncle|cousin} is coming on {Sunday|Saturday}, so please clean your room.",
        "Again? They were here {last week|two weeks ago}.",
      ],
      ["How was {school|work|the doctor} today?", "It was fine, {the usual|nothing special|a bit long}."],
      ["We should talk about {the holidays|the car|the garden}.", "All right, what is the plan this time?"],
    ],
    endings: [["Good. Do not stay up too late.", "I will not. Good night."]],
    backChannels: ["uh huh", "okay", "sure"],
  },
  dating: {
    openings: [
      ["You look {wonderful|really nice} tonight.", "Thank you, so do you. I love {this place|that color on you}."],
      [
        "I have been looking forward to this {all day|all week}.",
        "Me too. I was {a little nervous|so excited}, to be honest.",
      ],
    ],
    topics: [
      [
        "Tell me, what do you {dream about|like to do on a Sunday|miss most from home}?",
        "Oh, {traveling|music|cooking}, probably. And long walks.",
      ],
      ["We could {go dancing|see a movie|take a walk} after dinner.", "I would like that very much."],
      ["Do you believe that {people change|it was meant to be}?", "Sometimes. With the right person, maybe."],
    ],
    endings: [["I do not want this evening to end.", "Then let us stay a little longer."]],
    backChannels: ["uh huh", "really", "yes"],
  },
};

/** What is said in one conversation, the two by turns, and what a listener may say in between. */
export function writeScript(
  random: Random,
  relation: Acquaintance,
): { lines: string[]; backChannels: readonly string[] } {
  const { openings, topics, endings, backChannels } = SCRIPTS[relation];
  const one = <T>(list: readonly T[]): T => list[random.integer(list.length)];
  const fill = (text: string) => text.replace(/\{([^}]*)\}/g, (_, words: string) => one(words.split("|")));
  const order = [...random.permutation(topics.length)].map((i) => topics[i]);
  return { lines: [one(openings), ...order, one(endings)].flat().map(fill), backChannels };
}
