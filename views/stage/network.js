// One network: original + perturbation = attacked, what it predicts, and a bar for every class.

import { bytes, element, fill, inBothUnits, percent, signedBytes, words16 } from "./dom.js";
import { PlaneMap } from "./map.js";
import { grey, moved, nudged, PIXELS, Picture, signed } from "./pictures.js";

/** @import { Scene } from "./stage.js" */
/** @import { Plane } from "./plane.js" */
/** @import { Moment, NetworkData, PathData, SceneData, Verdict, Words } from "./types.js" */

// One way to nudge the picture: a direction, and what the network predicts along it.
export class Path {
  /** @param {PathData} data @param {number} classes */
  constructor({ direction, unit, probabilities, predictions }, classes) {
    this.directions = Float32Array.from(signedBytes(direction), (value) => unit * value);
    this.probabilities = words16(probabilities); // (steps, classes), in 65535ths
    this.predictions = bytes(predictions); // (steps,)
    this.classes = classes;
  }

  /**
   * Epsilon times it is the perturbation: one for all steps, or one for each.
   * @param {number} step
   */
  direction(step) {
    const start = this.directions.length > PIXELS ? step * PIXELS : 0;
    return this.directions.subarray(start, start + PIXELS);
  }

  /** @param {number} step @param {number} label */
  probability(step, label) {
    return this.probabilities[step * this.classes + label] / 65535;
  }

  /** @param {number} label */
  alongEpsilon(label) {
    return Array.from(this.predictions, (_, step) => this.probability(step, label));
  }

  /**
   * The steps at which the prediction first is not `label`, then is, then is not again; null for never.
   * @param {number} label
   */
  flips(label) {
    /** @type {(from: number | null, is: boolean) => number | null} */
    const next = (from, is) => {
      if (from === null) return null;
      const step = this.predictions.findIndex((predicted, i) => i > from && (predicted === label) === is);
      return step < 0 ? null : step;
    };
    const away = next(-1, false);
    const back = next(away, true);
    return { away, back, again: next(back, false) };
  }

  /** @param {number} label */
  reaches(label) {
    const step = this.predictions.indexOf(label);
    return step < 0 ? null : step;
  }
}

export class Network {
  /** @type {Plane | null} what it predicts all over the map */
  plane = null;

  /** @param {Scene} scene @param {NetworkData} data */
  constructor(scene, data) {
    this.scene = scene;
    this.title = data.title;
    this.name = data.name;
    const count = scene.data.classes.length;
    this.attack = new Path(data.attack, count);
    this.control = new Path({ ...data.control, direction: scene.data.random_signs, unit: 1 }, count);
    this.shown = scene.data.method === "random" ? this.control : this.attack;
    // The true class, or the prediction for a picture whose true class is unknown.
    this.reference = scene.data.label ?? this.shown.predictions[0];
    this.verdict = element("p", { class: "verdict" });
    this.facts = element("ul", { class: "facts" });
    this.bars = new Bars(this, scene.data.words);
    const places = data.scrambled ? scene.places : null;
    this.pictures = [new Picture(places), new Picture(places), new Picture(places)];
    this.captions = this.pictures.map(() => element("figcaption"));
    this.map = scene.data.panel === "map" ? new PlaneMap(this) : null;
    this.left = element("div", {}, this.equation());
    this.node = this.build();
  }

  equation() {
    const [original, perturbation, attacked] = this.pictures.map(({ canvas }, i) =>
      element("figure", {}, canvas, this.captions[i]),
    );
    /** @param {string} text */
    const sign = (text) => element("span", { class: "sign", "aria-hidden": "true" }, text);
    const between = this.scene.shows("perturbation") ? [sign("+"), perturbation, sign("=")] : [sign("→")];
    return element("div", { class: "equation" }, original, ...between, attacked);
  }

  build() {
    const { scene } = this;
    const node = element("section", { class: "network", "aria-label": this.title });
    if (scene.data.networks.length > 1) node.append(element("h3", {}, this.name));
    const prediction = element("div", { class: "prediction" });
    if (scene.shows("verdict")) prediction.append(this.verdict, this.facts);
    const several = scene.data.networks.length > 1; // a map in place of the bars, else beside the pictures
    if (scene.shows("bars") && !(several && this.map)) prediction.append(this.bars.node);
    node.append(this.left, prediction);
    if (this.map) node.classList.add("mapped");
    if (this.map && several) this.left.append(this.map.node);
    else if (this.map) this.left.after(this.map.node);
    return node;
  }

  /** @param {Plane} plane */
  takePlane(plane) {
    if (this.plane && this.plane.points > plane.points) return; // a coarse one, too late
    this.plane = plane;
    this.map?.take(plane);
    this.scene.drawSoon();
  }

  /**
   * What is shown: the picture where the slider has it, or where the dot was dragged to on the map.
   * @returns {Moment}
   */
  now() {
    const { away, data, epsilon, step } = this.scene;
    const { plane, shown } = this;
    if (away && plane) {
      const point = plane.at(away);
      return {
        pixels: plane.nudged(data.picture, this.control.direction(0), away),
        size: Math.abs(away[0]) + Math.abs(away[1]),
        predicted: plane.predictions[point],
        probability: (label) => plane.probability(point, label),
      };
    }
    return {
      pixels: nudged(data.picture, shown.direction(step), epsilon),
      size: epsilon,
      predicted: shown.predictions[step],
      probability: (label) => shown.probability(step, label),
    };
  }

  get first() {
    const { shown } = this;
    const predicted = shown.predictions[0];
    return { predicted, probability: (/** @type {number} */ label) => shown.probability(0, label) };
  }

  draw() {
    const { travelled, open } = this.scene;
    const { picture, words } = this.scene.data;
    const now = this.now();
    const attacked = now.pixels;
    const gain = now.size ? 1 / now.size : 0;
    this.pictures[0].draw((i) => grey(picture[i]), travelled);
    this.pictures[1].draw((i) => signed((gain * (attacked[i] - picture[i])) / 255), travelled);
    this.pictures[2].draw((i) => grey(attacked[i]), travelled);
    this.captions[0].textContent = words.original;
    this.captions[1].textContent = now.size
      ? fill(words.perturbation, { gain: Number(gain.toPrecision(3)) })
      : words.no_perturbation;
    this.captions[2].textContent = words.attacked;
    this.node.dataset.state = open ? this.state(now) : "hidden";
    this.verdict.textContent = open ? this.sentence(now) : words.predict_first;
    this.facts.replaceChildren(...(open ? this.listFacts(attacked) : []).map((fact) => element("li", {}, fact)));
    this.bars.draw(open ? now : null);
    this.map?.draw();
    this.describe(now);
  }

  /** @param {Moment} now */
  state(now) {
    return verdictOf(this.scene.data, this.first.predicted, now.predicted);
  }

  /** @param {Pick<Moment, "predicted" | "probability">} moment */
  said({ predicted, probability }) {
    return `${this.scene.data.classes[predicted]} ${percent(probability(predicted))}`;
  }

  /** @param {Moment} now */
  sentence(now) {
    const { classes, label, words } = this.scene.data;
    const truth = label === null ? "" : classes[label];
    return fill(words.verdicts[this.state(now)], {
      truth,
      before: this.said(this.first),
      after: this.said(now),
    });
  }

  /**
   * When it flips, when a random nudge would, and how far pixels really moved.
   * @param {ArrayLike<number>} attacked
   */
  listFacts(attacked) {
    const { classes, grid, method, picture, target, words } = this.scene.data;
    /** @param {number} step */
    const at = (step) => inBothUnits(step * grid.step);
    const largest = Number(((grid.count - 1) * grid.step).toFixed(3));
    const never = fill(words.never, { largest });
    /** @param {Path} path */
    const flips = (path) => {
      const { away, back, again } = path.flips(this.reference);
      if (away === 0) return words.from_the_start;
      if (away === null) return never;
      const said = back === null ? words.at : again === null ? words.at_and_back : words.and_again;
      return fill(said, { away: at(away), back: at(back ?? 0), again: at(again ?? 0) });
    };
    const facts = [];
    if (method !== "random") facts.push(fill(words.flips[method], { when: flips(this.attack) }));
    if (target !== null) {
      const step = this.attack.reaches(target);
      const when = step === null ? "" : at(step);
      const said = step === null ? words.reaches_not : words.reaches;
      facts.push(fill(said, { target: classes[target], when, largest }));
    }
    facts.push(fill(words.flips.random, { when: flips(this.control) }));
    const way = moved(picture, attacked);
    const figures = { largest: way.largest.toFixed(3), mean: way.mean.toFixed(3) };
    facts.push(fill(words.moved, figures));
    if (this.scene.guess !== null) facts.unshift(this.judgeGuess(this.scene.guess));
    return facts;
  }

  /** @param {number} step */
  judgeGuess(step) {
    const { grid, words } = this.scene.data;
    const { away } = this.shown.flips(this.reference);
    const guess = inBothUnits(step * grid.step);
    if (away === 0) return words.guess_idle;
    const last = step === grid.count - 1;
    if (away === null) return fill(last ? words.guess_of_never : words.guess_never, { guess });
    const off = ((step - away) * grid.step).toFixed(3);
    const key = step === away ? "exact" : Number(off) > 0 ? "late" : "early";
    const figures = { guess, off: off.replace("-", ""), away: inBothUnits(away * grid.step) };
    return fill(words.guesses[key], figures);
  }

  /** What the pictures show, for those who do not see them. @param {Moment} now */
  describe(now) {
    const { classes, label, words } = this.scene.data;
    const { open } = this.scene;
    const subject = label === null ? words.own : classes[label];
    const predicted = open && this.scene.shows("verdict") ? this.said(now) : words.hidden;
    this.pictures[0].describe(fill(words.alt_original, { subject }));
    this.pictures[1].describe(this.captions[1].textContent);
    const figures = { subject, epsilon: now.size.toFixed(3), predicted };
    this.pictures[2].describe(fill(words.alt_attacked, figures));
  }
}

/**
 * What became of a picture of class `label`, or of one whose true class is unknown.
 * @param {Pick<SceneData, "label" | "target">} data
 * @param {number} before
 * @param {number} after
 * @returns {Verdict}
 */
export function verdictOf({ label, target }, before, after) {
  if (label === null) return after === before ? "same" : "changed";
  if (before !== label) return "wrong";
  if (target !== null && target !== label && after === target) return "reached";
  return after === label ? "right" : "fooled";
}

// Clean bars are outlines and attacked ones are filled, so that colour is never needed.
class Bars {
  /** @param {Network} network @param {Words} words */
  constructor(network, words) {
    const { label, names } = network.scene.data;
    this.path = network.shown;
    this.rows = names.map((name, i) => {
      const [before, after] = [element("i", { class: "before" }), element("i", { class: "after" })];
      before.style.transform = `scaleX(${this.path.probability(0, i)})`;
      const figure = element("td", { class: "figure" });
      const mark = i === label ? [element("small", {}, ` ${words.true}`)] : [];
      const row = element(
        "tr",
        {},
        element("th", { scope: "row" }, name, ...mark),
        element("td", { class: "bar" }, before, after),
        figure,
      );
      return { row, after, figure };
    });
    const many = names.length > 12;
    const half = many ? Math.ceil(names.length / 2) : names.length;
    /** @param {number} from */
    const table = (from) =>
      element("table", many ? { class: "many" } : {}, ...this.rows.slice(from, from + half).map(({ row }) => row));
    this.key = element(
      "p",
      { class: "key" },
      element("i", { class: "before" }),
      words.original,
      element("i", { class: "after" }),
      words.attacked,
    );
    const tables = many ? [table(0), table(half)] : [table(0)];
    this.node = element("div", { class: "bars" }, this.key, ...tables);
  }

  /**
   * At a moment; null draws the clean bars alone.
   * @param {Moment | null} now
   */
  draw(now) {
    const predicted = now ? now.predicted : this.path.predictions[0];
    this.rows.forEach(({ row, after, figure }, label) => {
      const probability = now ? now.probability(label) : this.path.probability(0, label);
      after.hidden = now === null;
      after.style.transform = `scaleX(${probability})`;
      figure.textContent = percent(probability);
      row.classList.toggle("predicted", label === predicted);
    });
  }
}
