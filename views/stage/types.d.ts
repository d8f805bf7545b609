// What Python sends to the components, and what these hand to one another. `views/stage/payload.py` and
// `views/parts/gallery.py` make the former; a test holds the names in both places equal.

/** An array in little-endian order, as base64. */
export type Base64 = string;

/** What Streamlit gives a component whenever there is something new. */
export interface Mounted<Data, Parent extends Element = HTMLElement> {
  data: [Data];
  parentElement: Parent;
  setStateValue(name: string, value: unknown): void;
  setTriggerValue(name: string, value: unknown): void;
}

/** Which class a browser is in, and what it has told the server that it remembers. */
export interface MemoryData {
  code: string;
  /** of a class that was just started; else empty */
  key: string;
  /** name, key and code */
  known: [string, string, string] | null;
}

/** Epsilon runs from 0 in `count` values, `step` apart. */
export interface Grid {
  count: number;
  step: number;
}

/** One picture, its networks and all that follows epsilon. */
export interface SceneData {
  id: string;
  opened: number;
  walk: WalkData | null;
  step: number;
  grid: Grid;
  /** uint8 (784,) */
  picture: Base64;
  /** null for somebody's own picture */
  label: number | null;
  classes: string[];
  names: string[];
  method: "fgsm" | "bim" | "pgd" | "l2" | "targeted" | "random";
  target: number | null;
  /** int8 (784,): the direction of the random nudge */
  random_signs: Base64;
  /** uint16 (784,): where the scramble takes each pixel */
  places: Base64 | null;
  networks: NetworkData[];
  accuracy: Accuracy[];
  chance: number;
  panel: "none" | "map";
  /** the maps, where they are not sent apart: of a saved page */
  planes: PlanesData | null;
  quiz: boolean;
  hide: string[];
  file: string;
  caption: string;
  host: string | null;
  /** whether its address leads others to it: a picture of somebody's own has none, nor a saved page */
  linked: boolean;
  words: Words;
}

/** The scene with its picture unpacked: values 0 to 255. */
export type OpenedData = Omit<SceneData, "picture"> & { picture: Uint8Array };

/** The picture shown, at `place` among `count`; -1 where it is none of them. */
export interface WalkData {
  place: number;
  count: number;
}

export interface NetworkData {
  name: string;
  title: string;
  scrambled: boolean;
  attack: PathData;
  control: Omit<PathData, "direction" | "unit">;
}

/** Maps of one scene, a plane for each network. */
export interface PlanesData {
  id: string;
  reach: number;
  planes: PlaneData[];
}

export interface PlaneData {
  /** along either direction */
  points: number;
  /** gzipped: losses as uint16 in thousandths, predictions as uint8, probabilities as uint8 in 255ths */
  packed: Base64;
  /** int8 (784,): the first direction, in `unit`s */
  along: Base64;
  unit: number;
  /** int16 (steps, points of the way, 2), in 10,000ths: where an iterated attack went */
  track: Base64 | null;
}

/** What is shown of a picture that was moved by at most `size`. */
export interface Moment {
  pixels: ArrayLike<number>;
  size: number;
  predicted: number;
  probability(label: number): number;
}

export interface PathData {
  /** int8 (784,) or, where every epsilon has a way of its own, (steps, 784); in `unit`s */
  direction: Base64;
  unit: number;
  /** uint16 (steps, classes), in 65535ths */
  probabilities: Base64;
  /** uint8 (steps,) */
  predictions: Base64;
}

/** Pictures classified correctly along epsilon, of `total`. */
export interface Accuracy {
  name: string;
  total: number;
  fgsm: number[];
  random: number[];
  /** under PGD in twenty steps, where that was measured */
  pgd: number[] | null;
  here: { total: number; fgsm: number[] } | null;
}

/** Templates and labels: `STAGE` in `views/text/`. */
export interface Words {
  walk: string;
  previous: string;
  next: string;
  random: string;
  walk_key: string;
  gallery: string;
  gallery_key: string;
  name: string;
  epsilon: string;
  original: string;
  attacked: string;
  true: string;
  perturbation: string;
  no_perturbation: string;
  verdicts: Record<Verdict, string>;
  flips: Record<SceneData["method"], string>;
  at: string;
  at_and_back: string;
  and_again: string;
  never: string;
  from_the_start: string;
  reaches: string;
  reaches_not: string;
  moved: string;
  predict_first: string;
  lock_in: string;
  guesses: Record<"exact" | "early" | "late", string>;
  guess_never: string;
  guess_of_never: string;
  guess_idle: string;
  own: string;
  hidden: string;
  alt_original: string;
  alt_attacked: string;
  paths: string;
  predictions: string;
  truths: string;
  accuracy: string;
  accuracy_under: string;
  fgsm_curve: string;
  pgd_curve: string;
  random_curve: string;
  chance: string;
  map: string;
  map_label: string;
  map_show: string;
  map_loss: string;
  map_waiting: string;
  map_where: string;
  map_elsewhere: string;
  map_along: Record<"fgsm" | "targeted" | "l2", string>;
  map_captions: Record<"classes" | "loss", string>;
  map_track: string;
  scramble: string;
  as_we_see: string;
  as_network_sees: string;
  copy_link: string;
  copied: string;
  save_picture: string;
  save_numbers: string;
  poster: string;
}

export type Verdict = "right" | "fooled" | "reached" | "wrong" | "same" | "changed";

export interface GalleryData {
  /** data URI of one PNG with all thumbnails side by side */
  sheet: string;
  pictures: { index: number; name: string }[];
  chosen: number;
  page: number;
  pages: number;
  words: { title: string; earlier: string; later: string; caption: string };
}

/** Pictures as dots, where an embedding puts them under each nudge at each stored epsilon. */
export interface JourneyData {
  id: string;
  /** int16 (nudge, epsilon, picture, 2) */
  places: Base64;
  /** uint8 (nudge, epsilon, picture) */
  predictions: Base64;
  /** uint8 (picture,) */
  labels: Base64;
  /** those of which places are stored, ascending from 0 */
  epsilons: number[];
  /** the slider's steps after the first, and how far they are apart */
  steps: number;
  step: number;
  /** where the slider begins, and how many addresses were opened before */
  epsilon: number;
  opened: number;
  /** as sentences name them, and as the drawing does */
  classes: string[];
  names: string[];
  network: string;
  /** what the embedding is called */
  drawing: string;
  /** the name of the sheet of pictures, and how many stand side by side on it */
  sheet: string;
  across: number;
  words: JourneyWords;
}

export interface JourneyWords {
  canvas: string;
  epsilon: string;
  nudge: string;
  nudges: string[];
  choose: string;
  all: string;
  closer: string;
  farther: string;
  open: string;
  hint: string;
  about: string;
  at: string;
  class: string;
  save: string;
  caption: string;
  left: string;
}

export interface SheetData {
  id: string;
  /** data URI; empty where nobody asked yet */
  uri: string;
}

export interface Style {
  colour: string;
  dash: number[];
  width: number;
}

/** A line of a chart: `values` in [0, 1] over the grid. What is marked has a name. */
export interface Series {
  name?: string;
  values: number[];
  style: Style;
  marked?: boolean;
  points?: boolean;
}

/** x and y in pixels. */
export type Place = [number, number];

/** Red, green and blue, 0 to 255. */
export type Colour = number[];

export type Attributes = Record<string, string | number | boolean>;

/** Puts text on a canvas. */
export type Write = (text: string, x: number, y: number, font?: string, align?: CanvasTextAlign) => void;

declare global {
  interface Window {
    nudgeLinks?: boolean;
    nudgeSheets?: Map<string, string>;
    nudgePlanes?: Map<string, PlanesData>;
  }
  interface WindowEventMap {
    "nudge:place": CustomEvent<number>;
    "nudge:gallery": CustomEvent<null>;
    "nudge:planes": CustomEvent<string>;
    "nudge:sheet": CustomEvent<string>;
    "nudge:sheet-wanted": CustomEvent<null>;
    "nudge:epsilon": CustomEvent<number>;
  }
}
