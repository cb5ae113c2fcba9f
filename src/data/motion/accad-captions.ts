/** What parts of the names of ACCAD's files mean: the class, and sentences' ends after "a person". */
const ACTIONS: Readonly<Record<string, readonly [className: string, ...does: string[]]>> = {
  Stand: ["stand", "stands still", "stands"],
  Sway: ["stand", "stands and sways", "sways from side to side while standing"],
  Swing: ["stand", "stands and swings the arms", "swings the arms"],
  Look: ["stand", "stands and looks around", "looks around"],
  Wait: ["stand", "stands and waits", "waits"],
  Urban: ["gesture", "stands and moves casually", "moves in an urban style"],
  ConversationGestures: ["gesture", "gestures while talking", "stands and talks with the hands"],
  RandomStuff: ["gesture", "makes various movements", "moves freely"],
  PickUpBox: ["box", "picks up a box", "picks a box up from the floor"],
  LiftBox: ["box", "lifts a box", "lifts up a box"],
  PutDownBox: ["box", "puts down a box", "sets a box down"],
  WalkWithBox: ["box", "walks carrying a box", "carries a box while walking"],
  RunWithBox: ["box", "runs carrying a box", "carries a box while running"],
  Crouch: ["crouch", "crouches", "crouches down"],
  Lie: ["lie", "lies on the floor", "lies down"],
  CrawlForward: ["crawl", "crawls forward", "crawls on hands and knees"],
  CrawlBackwards: ["crawl", "crawls backwards", "crawls back on hands and knees"],
  Skip: ["skip", "skips", "skips forward"],
  Skipping: ["skip", "skips forward", "skips along"],
  Walk: ["walk", "walks", "walks forward"],
  WalkBack: ["walk backwards", "walks backwards", "walks back"],
  WalkBackwards: ["walk backwards", "walks backwards", "walks back"],
  TurnForwards: ["walk", "turns around and walks forward", "turns to walk forward"],
  StopForwards: ["walk", "stops and walks forward", "stops, then walks forward"],
  WalkTurnAround180: ["turn", "walks, turns around and walks back", "turns by 180 degrees while walking"],
  WalkTurnChangeDirection: ["turn", "walks and changes direction", "changes direction while walking"],
  Run: ["run", "runs", "runs forward"],
  RunBackwards: ["run backwards", "runs backwards", "runs back"],
  TurnRunForward: ["run", "turns around and runs forward", "turns to run forward"],
  StopRunForward: ["run", "stops and runs forward", "stops, then runs forward"],
  RunTurnAround: ["turn", "runs, turns around and runs back", "turns by 180 degrees while running"],
  RunChangeDirection: ["turn", "runs and changes direction", "changes direction while running"],
  Hop: ["jump", "hops", "hops once"],
  Leap: ["jump", "leaps", "leaps forward"],
  Jump: ["jump", "jumps", "jumps up"],
  SideStepLeft: ["side-step", "steps to the left", "side-steps to the left"],
  SideStepRight: ["side-step", "steps to the right", "side-steps to the right"],
  CartWheel: ["cartwheel", "does a cartwheel", "turns a cartwheel"],
};

/** A change from one class to another. */
const CHANGE = "transition";
/** Jumps are parts of other motions only, so they are no class. */
export const ACCAD_CLASSES: readonly string[] = [
  ...new Set(Object.values(ACTIONS).map(([name]) => name)).add("turn").add(CHANGE),
].filter((name) => name !== "jump");

/** Files that are held out for testing: takes of what others show too. */
export const ACCAD_TEST: readonly string[] = [
  ...["A02_SwayT2", "A06_LiftBoxT2", "B02_WalkToStandT2", "B10_WalkTurnLeft45", "B14_WalkTurnRight135"],
  ...[
    "B21_S2_PutDownBoxToWalk",
    "B23_SideStepRight",
    "C12_RunTurnLeft45",
    "C15_RunTurnRight45",
    "C21_S2_RunToPickUpBox",
  ],
];

/** What a file of ACCAD shows, by its name: "Female1_B09_WalkTurnLeft90". @throws where nobody has said */
export function accadCaptions(file: string): { className: string; captions: string[] } {
  const name = file.replace(/^Female1_[A-D]\d+_(S\d_)?/, "").replace(/(?<!\d)(T\d|\d)$/, "");
  const quickly = /_C2[45]_/.test(file) ? " quickly" : "";
  const found = parts(name).map((part) => actionOf(part));
  const does = [1, 2].map((way) => found.map((action) => action[way]).join(", then "));
  const classes = new Set(found.map(([className]) => className));
  const sentences = new Set(does.map((what) => `a person ${what}${quickly}`));
  return { className: classes.size === 1 ? found[0][0] : CHANGE, captions: [...sentences] };
}

/** "StandToSkip" as "Stand", "Skip"; "WalkBackwardsTurnForwards" as "WalkBackwards", "TurnForwards". */
const parts = (name: string): string[] => name.replace(/(Backwards)((Turn|Stop)\w+)/, "$1To$2").split(/To(?=[A-Z])/);

function actionOf(part: string): readonly [string, ...string[]] {
  const turn = /^(Walk|Run)Turn(Left|Right)(\d+)$/.exec(part);
  if (turn) {
    const [does, side, angle] = [`${turn[1].toLowerCase()}s`, turn[2].toLowerCase(), turn[3]];
    return ["turn", `${does} and turns ${side} by ${angle} degrees`, `${does} in a turn to the ${side}`];
  }
  if (!Object.hasOwn(ACTIONS, part)) throw new Error(`Nobody has said what "${part}" shows.`);
  return ACTIONS[part];
}
