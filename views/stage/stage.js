// The stage: one picture, one network or several, and the slider that nudges.
//
// All that follows epsilon is drawn here, from what the server sent once. Between press and release
// the server is asked nothing; on release it learns epsilon.

import { Axis } from "./axis.js";
import { bytes, element, fill, inBothUnits, keepFocus, words16 } from "./dom.js";
import { followPlanes } from "./map.js";
import { Network } from "./network.js";
import { Tools } from "./toolbar.js";
import { Walk } from "./walk.js";

/** @import { Mounted, OpenedData, Place, SceneData } from "./types.js" */

/** @type {WeakMap<HTMLElement, Scene>} */
const scenes = new WeakMap(); // by root element, so that news of epsilon or accuracy build nothing

/** @type {Map<string, number>} */
const guesses = new Map(); // by exercise: a guess that is locked in stays

/** What is guessed, whatever stands beside it. @param {SceneData} data */
const exercise = ({ picture, method, target, networks }) =>
  [picture, method, target, ...networks.map(({ title }) => title)].join(" ");

/** @param {Mounted<SceneData>} mounted */
export default function mount({ data: [data], parentElement, setStateValue }) {
  const root = /** @type {HTMLElement} */ (parentElement.querySelector(".stage"));
  const before = scenes.get(root);
  const scene = sceneOf(root, data);
  scene.report = (step) => setStateValue("step", [scene.data.opened, step]);
  scene.choosePanel = (panel) => setStateValue("panel", panel);
  scene.follow(data);
  if (scene !== before) scene.release(); // where it was dragged while this scene was on its way
  return () => scenes.get(root)?.leave();
}

/**
 * The scene that is there, or a new one for another picture or network.
 * @param {HTMLElement} root
 * @param {SceneData} data
 */
function sceneOf(root, data) {
  const there = scenes.get(root);
  if (there?.data.id === data.id) return there;
  // The slider stays where it is, unless an address was opened. Another attack may show fewer steps.
  const stays = there?.data.opened === data.opened;
  const onGrid = (/** @type {number} */ was) =>
    stays ? Math.floor((was * there.data.grid.step) / data.grid.step + 1e-6) : data.step;
  there?.close();
  const scene = new Scene(root, data, onGrid(there?.step ?? 0), there);
  scene.reported = onGrid(there?.reported ?? 0);
  scenes.set(root, scene);
  return scene;
}

export class Scene {
  /** @type {Tools} */
  tools;
  /** @type {(step: number) => void} tells the server where the slider is */
  report;
  /** @type {(panel: SceneData["panel"]) => void} tells the server what is to stand beside the pictures */
  choosePanel;
  /** @type {Place | null} where on the map the dot was dragged to, off the slider's way */
  away = null;
  /** @type {number | null} the animation frame in which all is drawn again */
  frame = null;
  /** @type {number} the animation frame of what is on its way into the scramble, or back */
  travel = 0;
  /** @type {number | null} the fraction that it is on its way to */
  goal = null;

  /** @param {HTMLElement} root @param {SceneData} data @param {number} step @param {Scene | undefined} previous */
  constructor(root, data, step, previous) {
    this.root = root;
    /** @type {OpenedData} */
    this.data = { ...data, picture: bytes(data.picture) };
    this.step = this.reported = step; // where the slider is, and where the server knows it to be
    this.exercise = exercise(data);
    this.guess = guesses.get(this.exercise) ?? null; // where somebody expects the prediction to change
    /** @type {number} */
    this.travelled = previous?.goal ?? previous?.travelled ?? 0; // the fraction of the way into the scramble
    this.dragging = false;
    this.places = data.places ? words16(data.places) : null;
    this.networks = data.networks.map((network) => new Network(this, network));
    this.axis = new Axis(this);
    // These two stay: what is said would not be heard of a part that is new.
    /** @type {HTMLElement} */
    this.said = previous?.said ?? element("p", { class: "said", "aria-live": "polite" });
    /** @type {Walk} */
    this.walk = previous?.walk ?? new Walk(this);
    keepFocus(root, () => this.build());
    this.resized = new ResizeObserver(() => this.layOut());
    this.resized.observe(root);
    // The canvases take the theme's colours when they are drawn; a theme may change any time.
    root.ontransitionend = ({ propertyName }) => propertyName === "color" && this.drawSoon();
    this.layOut();
    this.unfollow = data.panel === "map" ? followPlanes(data.id, this.networks, data) : () => {};
    root.dataset.scene = data.id; // complete: what tests and the benchmark wait for
  }

  build() {
    const { networks } = this;
    const several = networks.length > 1;
    this.root.classList.toggle("several", several);
    this.tools = new Tools(this);
    const panels = element("div", { class: "networks" }, ...networks.map(({ node }) => node));
    if (several) panels.prepend(this.tools.node);
    else networks[0].left.append(this.tools.node);
    for (const old of [...this.root.children]) if (old !== this.said) old.remove();
    this.root.prepend(panels, this.axis.node);
    if (!this.said.isConnected) this.root.append(this.said);
  }

  get epsilon() {
    return this.step * this.data.grid.step;
  }

  // Whether what the network predicts may be seen.
  get open() {
    return !this.data.quiz || this.guess !== null;
  }

  /**
   * Whether a part stands on the stage; an exercise may hide it, but no quiz its own parts.
   * @param {string} part
   */
  shows(part) {
    const { hide, quiz } = this.data;
    // A map says what an exercise hides with the verdict or the bars.
    if (part === "panel" && (hide.includes("verdict") || hide.includes("bars"))) return false;
    return !hide.includes(part) || (quiz && ["epsilon", "verdict"].includes(part));
  }

  close() {
    this.resized.disconnect();
    this.unfollow();
    if (this.frame !== null) cancelAnimationFrame(this.frame);
    cancelAnimationFrame(this.travel);
  }

  // What is on its way into the scramble stops where it is.
  stay() {
    cancelAnimationFrame(this.travel);
    this.goal = null;
  }

  leave() {
    this.close();
    this.walk.close();
  }

  /**
   * News from the server about the same picture: curves have grown, or an address was opened.
   * @param {SceneData} data
   */
  follow(data) {
    const elsewhere = data.opened !== this.data.opened;
    const grown = JSON.stringify(data.accuracy) !== JSON.stringify(this.data.accuracy);
    this.data = { ...data, picture: this.data.picture };
    if (elsewhere && !this.dragging) {
      this.step = this.reported = data.step;
      this.away = null;
    }
    if (grown) this.axis.chart();
    if (grown || elsewhere) this.draw();
    this.walk.gallery.hidden = !this.shows("gallery");
    if (this.walk.follow(data.walk)) this.announce();
  }

  /**
   * Many times a second; what is drawn is drawn once a frame.
   * @param {number} step
   */
  move(step) {
    this.step = Math.max(0, Math.min(this.data.grid.count - 1, step));
    this.away = null;
    this.drawSoon();
  }

  /**
   * Where the dot is on the map.
   * @returns {Place}
   */
  get place() {
    const { epsilon, data } = this;
    if (this.away) return this.away;
    return data.method === "random" ? [0, epsilon] : [epsilon, 0];
  }

  /**
   * To a place on the map; where the slider leads, it comes along.
   * @param {Place} place
   */
  go([x, y]) {
    const { grid, method } = this.data;
    const onTheWay = method === "random" ? [x, y] : [y, x];
    const straight = method !== "bim" && method !== "pgd";
    if (straight && onTheWay[0] === 0 && onTheWay[1] >= 0) return this.move(Math.round(onTheWay[1] / grid.step));
    this.away = [x, y];
    this.drawSoon();
  }

  drawSoon() {
    this.frame ??= requestAnimationFrame(() => this.draw());
  }

  release() {
    this.dragging = false;
    if (this.step === this.reported) return;
    this.reported = this.step;
    this.report(this.step);
    this.announce();
  }

  announce() {
    if (this.frame !== null) {
      cancelAnimationFrame(this.frame); // what is said is what is drawn
      this.draw();
    }
    const spoken = this.shows("verdict") ? this.networks : [];
    const sentences = spoken.map((network) =>
      [this.networks.length > 1 ? `${network.title}: ` : "", network.verdict.textContent].join(""),
    );
    this.said.textContent = [this.whereabouts(), ...sentences].join(". ");
  }

  // How far the picture has moved.
  whereabouts() {
    const { away, data } = this;
    if (!away) return inBothUnits(this.epsilon);
    return fill(data.words.map_where, { along: away[0].toFixed(3), across: away[1].toFixed(3) });
  }

  commit() {
    this.guess = this.step;
    guesses.set(this.exercise, this.step);
    this.axis.chart();
    this.tools.update();
    this.draw();
    this.announce();
  }

  layOut() {
    const width = this.axis.charts.clientWidth;
    if (width) this.axis.layOut(width);
    this.draw();
  }

  draw() {
    const start = performance.now();
    this.frame = null;
    for (const network of this.networks) network.draw();
    this.axis.draw();
    this.root.dataset.step = String(this.step);
    this.root.dataset.drawing = String(performance.now() - start); // milliseconds, for the benchmark
  }
}
