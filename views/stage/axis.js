// The slider is the x axis: it and the charts above it share one scale, and one line runs through.

import { Chart, DOTTED, FAINT, fractionAt, placeOf, STYLES } from "./charts.js";
import { element, fill, inBothUnits } from "./dom.js";

/** @import { Network } from "./network.js" */
/** @import { Scene } from "./stage.js" */
/** @import { Grid, SceneData, Series } from "./types.js" */

/**
 * What an arrow key does together with shift.
 * @type {Record<string, number>}
 */
const FAR = { ArrowRight: 4, ArrowUp: 4, ArrowLeft: -4, ArrowDown: -4 };

export class Axis {
  /** @type {Chart[]} */
  all = [];
  /** @type {number | undefined} */
  width;

  /** @param {Scene} scene */
  constructor(scene) {
    this.scene = scene;
    const { grid, words } = scene.data;
    this.charts = element("div", { class: "charts" });
    this.line = element("div", { class: "line" });
    this.slider = element("input", {
      type: "range",
      min: 0,
      max: grid.count - 1,
      step: 1,
      "aria-label": words.epsilon,
    });
    this.figure = element("output", { class: "epsilon" }); // follows the thumb
    this.ticks = element("div", { class: "ticks", "aria-hidden": "true" });
    this.marks = marksOf(grid);
    for (const { fraction, label } of this.marks) {
      const tick = element("span", {}, label);
      tick.style.left = `${100 * fraction}%`;
      this.ticks.append(tick);
    }
    this.ticks.append(this.figure);
    const bar = element("div", { class: "slider" }, this.slider, this.ticks);
    this.node = element("div", { class: "axis" }, this.charts, bar);
    if (!scene.shows("epsilon")) bar.hidden = this.line.hidden = true;
    this.listen();
    this.chart();
  }

  // The charts again: when there are other curves, or a guess may be judged.
  chart() {
    const { data, networks, open } = this.scene;
    this.all = [];
    if (open && this.scene.shows("paths")) {
      const several = networks.length > 1;
      const lines = several ? pathsOfTheTruth(networks) : pathsOfClasses(networks[0], data.classes);
      const { words } = data;
      const title = !several ? words.paths : data.label === null ? words.predictions : words.truths;
      this.all.push(new Chart(title, lines));
    }
    if (this.scene.shows("accuracy")) {
      const { words } = data;
      const under = underPgd(data) ? words.pgd_curve : words.fgsm_curve;
      const title = networks.length > 1 ? fill(words.accuracy_under, { attack: under }) : words.accuracy;
      this.all.push(new Chart(title, curves(data)));
    }
    this.charts.replaceChildren(...this.all.map(({ node }) => node), this.line);
    if (this.width) this.layOut(this.width);
  }

  listen() {
    const { scene, slider } = this;
    slider.addEventListener("pointerdown", () => (scene.dragging = true));
    slider.addEventListener("input", () => scene.move(Number(slider.value)));
    // Not "change": a browser fires none at the end of a drag in which we moved the thumb, too.
    for (const end of ["change", "pointerup", "pointercancel"]) {
      slider.addEventListener(end, () => scene.release());
    }
    slider.addEventListener("keydown", (event) => {
      const far = FAR[event.key];
      if (!event.shiftKey || !far) return;
      event.preventDefault();
      scene.move(scene.step + far);
      scene.release();
    });
    if (scene.shows("epsilon")) this.listenOnCharts();
  }

  // The charts are the same axis: a drag on them moves the thumb. A finger may be
  // scrolling the page, so it takes hold only by moving sideways, or by a tap.
  listenOnCharts() {
    const { charts, scene } = this;
    /** @type {[number, number] | null} */
    let began = null;
    /** @param {PointerEvent} event */
    const take = (event) => {
      began = null;
      scene.dragging = true;
      charts.setPointerCapture(event.pointerId);
      scene.move(this.stepAt(event));
    };
    charts.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      if (event.pointerType === "touch") began = [event.clientX, event.clientY];
      else take(event);
    });
    charts.addEventListener("pointermove", (event) => {
      if (began) {
        const [across, down] = [event.clientX - began[0], event.clientY - began[1]].map(Math.abs);
        if (across > 8 && across > down) take(event);
      } else if (charts.hasPointerCapture(event.pointerId) && scene.dragging) {
        scene.move(this.stepAt(event));
      }
    });
    charts.addEventListener("pointerup", (event) => {
      if (began) take(event);
      scene.release();
    });
    charts.addEventListener("pointercancel", () => {
      began = null;
      if (scene.dragging) scene.release();
    });
  }

  /** @param {PointerEvent} event */
  stepAt(event) {
    const { left, width } = this.charts.getBoundingClientRect();
    return stepOf(event.clientX - left, width, this.scene.data.grid);
  }

  /** @param {number} width */
  layOut(width) {
    this.width = width;
    for (const chart of this.all) chart.layOut(width);
  }

  draw() {
    const { step, epsilon, data } = this.scene;
    if (Number(this.slider.value) !== step) this.slider.value = String(step);
    this.slider.setAttribute("aria-valuetext", inBothUnits(epsilon));
    const { away } = this.scene;
    this.figure.textContent = away ? data.words.map_elsewhere : `${data.words.name} ${inBothUnits(epsilon)}`;
    const fraction = step / (data.grid.count - 1);
    this.figure.style.left = `${100 * fraction}%`;
    this.figure.style.transform = `translateX(${-15 - 70 * fraction}%)`; // whole at both ends
    this.line.style.left = `${placeOf(fraction, this.width ?? 0)}px`;
    if (this.width) for (const chart of this.all) chart.mark(step);
  }
}

/**
 * Where the scale is labelled: every tenth step.
 * @param {Grid} grid
 */
export function marksOf({ count, step }) {
  const marks = [];
  for (let i = 0; i < count; i += 10) {
    marks.push({ fraction: i / (count - 1), label: String(Number((i * step).toFixed(2))) });
  }
  return marks;
}

/**
 * The step that is nearest to a place, in pixels from the left of charts as wide as `width`; it lies
 * outside of the grid for a place outside of the scale.
 * @param {number} x
 * @param {number} width
 * @param {Grid} grid
 */
export const stepOf = (x, width, { count }) => Math.round(fractionAt(x, width) * (count - 1));

/**
 * Every class; those that ever matter are marked, the most probable first, and the rest are faint.
 * @param {Pick<Network, "shown" | "reference">} network
 * @param {string[]} classes
 * @returns {Series[]}
 */
export function pathsOfClasses(network, classes) {
  const lines = classes.map((name, label) => {
    const values = network.shown.alongEpsilon(label);
    const peak = label === network.reference ? 2 : Math.max(...values);
    return { name, values, peak };
  });
  lines.sort((one, other) => other.peak - one.peak);
  return lines.map((line, i) => {
    const marked = i < STYLES.length && line.peak > 0.1;
    return { ...line, marked, style: marked ? STYLES[i] : FAINT };
  });
}

/** @param {Pick<Network, "shown" | "reference" | "name">[]} networks @returns {Series[]} */
export function pathsOfTheTruth(networks) {
  return networks.map((network, i) => ({
    name: network.name,
    values: network.shown.alongEpsilon(network.reference),
    style: STYLES[i],
    marked: true,
  }));
}

/**
 * Whether the curves of several networks are PGD's: where the picture is under such an attack, and
 * all were measured under it.
 * @param {Pick<SceneData, "accuracy" | "method">} data
 */
const underPgd = ({ accuracy, method }) => ["bim", "pgd"].includes(method) && accuracy.every(({ pgd }) => pgd !== null);

/**
 * Accuracy over the whole test set, and over what was counted here and now. One network has a curve
 * for each attack that was recorded; several have one each.
 * @param {Pick<SceneData, "accuracy" | "chance" | "grid" | "method" | "words">} data
 * @returns {Series[]}
 */
export function curves({ accuracy, chance, grid, method, words }) {
  const several = accuracy.length > 1;
  const ofPgd = several && underPgd({ accuracy, method });
  const lines = accuracy.flatMap(({ name, total, fgsm, random, pgd, here }, i) => {
    /** @type {(counts: number[], of: number) => number[]} */
    const fractions = (counts, of) => counts.map((count) => count / of);
    /** @type {Series[]} */
    const found = [
      {
        name: several ? name : words.fgsm_curve,
        values: fractions(ofPgd && pgd ? pgd : fgsm, total),
        style: several ? STYLES[i] : STYLES[1],
        marked: true,
      },
    ];
    if (!several && pgd) {
      found.push({ name: words.pgd_curve, values: fractions(pgd, total), style: STYLES[2], marked: true });
    }
    if (!several) {
      const style = { ...STYLES[0], dash: [7, 4], width: 2 };
      found.push({ name: words.random_curve, values: fractions(random, total), style, marked: true });
    }
    if (here?.total && !ofPgd) {
      const style = several ? STYLES[i] : STYLES[1];
      found.push({ values: fractions(here.fgsm, here.total), style, points: true });
    }
    return found;
  });
  const values = Array(grid.count).fill(chance);
  return [...lines, { name: words.chance, values, style: DOTTED }];
}
