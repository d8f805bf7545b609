// The map: classes, or the loss, all over the plane through the picture, and a dot that can be dragged.

import { button, context2d, element, fill } from "./dom.js";
import { contour, Plane, regions } from "./plane.js";

/** @import { Network } from "./network.js" */
/** @import { OpenedData, Place, PlanesData } from "./types.js" */

// The true class is the first. Told apart by colour-blind people (Okabe and Ito); every region has its
// name written on it, too.
const COLOURS = ["#56b4e9", "#e69f00", "#cc79a7", "#009e73", "#f0e442", "#d55e00", "#0072b2"];
const OTHERS = "#999999";
const LOW = [252, 239, 217]; // of the loss, from the lowest to the highest
const HIGH = [122, 40, 12];
const LEVELS = 8; // contour lines of the loss
const NEAR = 0.012; // of the axis: a dot that is let go there is on it

/** @param {string} colour */
const rgb = (colour) => [1, 3, 5].map((start) => Number.parseInt(colour.slice(start, start + 2), 16));

export class PlaneMap {
  /** @type {Plane | null} */
  plane = null;
  /** @type {"classes" | "loss"} */
  shows = "classes";
  /** @type {HTMLCanvasElement | null} all that stays while the dot moves */
  ground = null;
  side = 0; // of the canvas, in its own pixels
  ink = "";

  /** @param {Network} network */
  constructor(network) {
    this.network = network;
    this.scene = network.scene;
    const { words } = this.scene.data;
    this.canvas = element("canvas", {
      tabindex: 0,
      role: "application",
      "aria-roledescription": words.map,
      "aria-label": fill(words.map_label, { network: network.title }),
    });
    this.switch = button(words.map_loss, () => this.toggle(), { "aria-pressed": "false" });
    this.where = element("output", { class: "where" });
    this.waiting = element("p", { class: "waiting" }, words.map_waiting);
    this.caption = element("figcaption");
    this.describe();
    this.node = element(
      "figure",
      { class: "map" },
      element("div", { class: "surface" }, this.canvas, this.waiting),
      element("div", { class: "row" }, this.where, this.switch),
      this.caption,
    );
    this.listen();
  }

  describe() {
    const { method, words } = this.scene.data;
    const direction = words.map_along[method === "targeted" || method === "l2" ? method : "fgsm"];
    const track = method === "bim" || method === "pgd" ? fill(words.map_track, { method: method.toUpperCase() }) : "";
    this.caption.textContent = `${fill(words.map_captions[this.shows], { direction })} ${track}`;
  }

  toggle() {
    this.shows = this.shows === "loss" ? "classes" : "loss";
    this.switch.setAttribute("aria-pressed", String(this.shows === "loss"));
    this.describe();
    this.ground = null;
    this.draw();
  }

  listen() {
    const { canvas, scene } = this;
    /** @param {PointerEvent} event */
    const take = (event) => {
      if (!this.plane) return;
      const { left, top, width, height } = canvas.getBoundingClientRect();
      const { reach } = this.plane;
      const x = ((event.clientX - left) / width) * 2 * reach - reach;
      const y = reach - ((event.clientY - top) / height) * 2 * reach;
      this.go([x, y], NEAR);
    };
    canvas.addEventListener("pointerdown", (event) => {
      if (event.button || !this.plane) return;
      event.preventDefault(); // the focus would scroll the map away under the pointer
      canvas.focus({ preventScroll: true });
      canvas.setPointerCapture(event.pointerId);
      take(event);
    });
    canvas.addEventListener("pointermove", (event) => {
      if (canvas.hasPointerCapture(event.pointerId)) take(event);
    });
    const done = () => {
      scene.release();
      scene.announce();
    };
    canvas.addEventListener("pointerup", done);
    canvas.addEventListener("pointercancel", done); // a gesture of the system's came between
    canvas.addEventListener("keydown", (event) => {
      /** @type {Record<string, Place>} */
      const moves = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
      const move = moves[event.key];
      if (!move || !this.plane) return;
      event.preventDefault();
      const { gap } = this.plane;
      const [x, y] = scene.place;
      const far = event.shiftKey ? 4 : 1;
      this.go([x + far * gap * move[0], y + far * gap * move[1]], gap / 2);
      scene.release();
      scene.announce();
    });
  }

  /**
   * To the nearest place that was computed, or onto the slider's way, which the coarse grid misses.
   * @param {Place} place
   * @param {number} near how far from the way a place is still on it
   */
  go(place, near) {
    const { scene, plane } = this;
    if (!plane) return;
    const beside = scene.data.method === "random" ? 0 : 1; // the direction that leads away from it
    const to = plane.snap(place);
    if (Math.abs(place[beside]) < near) to[beside] = 0;
    scene.go(to);
  }

  /** @param {Plane} plane */
  take(plane) {
    this.plane = plane;
    this.ground = null;
    this.waiting.hidden = true;
    this.node.dataset.points = String(plane.points);
    this.draw();
  }

  draw() {
    const { scene, plane } = this;
    this.node.hidden = !scene.open; // it would give away what is to be guessed
    const width = this.canvas.clientWidth;
    if (!plane || !width) return;
    const side = Math.round(width * devicePixelRatio);
    const { color } = getComputedStyle(scene.root);
    if (side !== this.side || color !== this.ink) this.ground = null;
    [this.side, this.ink] = [side, color];
    this.ground ??= this.paint(plane);
    if (this.canvas.width !== side) this.canvas.width = this.canvas.height = side;
    const context = context2d(this.canvas);
    context.drawImage(this.ground, 0, 0);
    this.drawTrack(context, plane);
    this.drawDot(context, scene.place);
    const [x, y] = scene.place;
    const figures = { along: x.toFixed(3), across: y.toFixed(3) };
    this.where.textContent = fill(scene.data.words.map_where, figures);
  }

  /** Where a point lies on the canvas. @param {Place} place @returns {Place} */
  spot([x, y]) {
    const { reach } = /** @type {Plane} */ (this.plane);
    return [((x + reach) / (2 * reach)) * this.side, ((reach - y) / (2 * reach)) * this.side];
  }

  /** All that does not move. @param {Plane} plane */
  paint(plane) {
    const { points } = plane;
    const cells = element("canvas", { width: points, height: points });
    const image = context2d(cells).createImageData(points, points);
    const found = regions(plane.predictions, points);
    const colours = this.colours(found.map(({ label }) => label));
    const highest = Math.max(...plane.losses, 1e-6);
    for (let point = 0; point < points * points; point++) {
      const label = plane.predictions[point];
      const at = 4 * ((points - 1 - Math.floor(point / points)) * points + (point % points));
      let colour = colours.get(label) ?? rgb(OTHERS);
      if (this.shows === "loss") {
        const part = plane.losses[point] / highest;
        colour = LOW.map((low, i) => low + part * (HIGH[i] - low));
      } else {
        // Pale where the network is unsure. White and not the ground, so that names hold in both themes.
        const strength = 0.25 + 0.75 * plane.probability(point, label);
        colour = colour.map((value) => 255 + strength * (value - 255));
      }
      image.data.set([...colour.map(Math.round), 255], at);
    }
    context2d(cells).putImageData(image, 0, 0);
    const ground = element("canvas", { width: this.side, height: this.side });
    const context = context2d(ground);
    context.imageSmoothingEnabled = false;
    // A point is the middle of its cell: the outermost cells stand half beside the map.
    const cell = this.side / (points - 1);
    context.drawImage(cells, -cell / 2, -cell / 2, this.side + cell, this.side + cell);
    if (this.shows === "loss") {
      for (let i = 1; i <= LEVELS; i++) {
        this.line(context, contour(plane.losses, points, (i * highest) / (LEVELS + 1)), points, "rgb(0 0 0 / 45%)", 1);
      }
    } else {
      this.line(context, contour(plane.lead(this.network.reference), points, 0), points, "#000", 2.5);
    }
    this.axes(context);
    if (this.shows === "classes") this.names(context, found, points);
    return ground;
  }

  /** The true class has the first colour, the others by how much of the map is theirs. @param {number[]} labels */
  colours(labels) {
    const others = labels.filter((label) => label !== this.network.reference);
    return new Map([this.network.reference, ...others].map((label, i) => [label, rgb(COLOURS[i] ?? OTHERS)]));
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {number[][]} segments
   * @param {number} points
   * @param {string} colour
   * @param {number} width
   */
  line(context, segments, points, colour, width) {
    const cell = this.side / (points - 1);
    context.strokeStyle = colour;
    context.lineWidth = width * devicePixelRatio;
    context.lineCap = "round";
    context.beginPath();
    for (const [fromX, fromY, toX, toY] of segments) {
      context.moveTo(fromX * cell, this.side - fromY * cell);
      context.lineTo(toX * cell, this.side - toY * cell);
    }
    context.stroke();
  }

  /** @param {CanvasRenderingContext2D} context */
  axes(context) {
    const half = this.side / 2;
    context.setLineDash([4 * devicePixelRatio, 3 * devicePixelRatio]);
    context.strokeStyle = "rgb(0 0 0 / 60%)";
    context.lineWidth = devicePixelRatio;
    context.beginPath();
    context.moveTo(0, half);
    context.lineTo(this.side, half);
    context.moveTo(half, 0);
    context.lineTo(half, this.side);
    context.stroke();
    context.setLineDash([]);
  }

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {{ label: number, point: number, depth: number }[]} found
   * @param {number} points
   */
  names(context, found, points) {
    const cell = this.side / (points - 1);
    const size = Math.max(11, Math.min(15, this.side / devicePixelRatio / 20)) * devicePixelRatio;
    context.font = `600 ${size}px sans-serif`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.lineJoin = "round";
    for (const { label, point, depth } of found) {
      if (depth * cell < size * 0.8) continue; // no room for a name
      const name = this.scene.data.names[label];
      const half = context.measureText(name).width / 2 + 3;
      const x = Math.min(this.side - half, Math.max(half, (point % points) * cell));
      const y = Math.min(this.side - size, Math.max(size, this.side - Math.floor(point / points) * cell));
      context.strokeStyle = "#fff";
      context.lineWidth = 4 * devicePixelRatio;
      context.strokeText(name, x, y);
      context.fillStyle = "#000";
      context.fillText(name, x, y);
    }
  }

  /** Where the steps of an iterated attack led. @param {CanvasRenderingContext2D} context @param {Plane} plane */
  drawTrack(context, plane) {
    if (this.scene.away) return;
    const spots = plane.trackAt(this.scene.step, this.scene.data.grid.count).map((place) => this.spot(place));
    if (!spots.length) return;
    for (const [colour, width] of /** @type {[string, number][]} */ ([
      ["#fff", 4],
      ["#000", 1.5],
    ])) {
      context.strokeStyle = colour;
      context.lineWidth = width * devicePixelRatio;
      context.beginPath();
      for (const [x, y] of spots) context.lineTo(x, y);
      const [x, y] = /** @type {Place} */ (spots.at(-1));
      const arm = 6 * devicePixelRatio;
      for (const slope of [1, -1]) {
        context.moveTo(x - arm, y - slope * arm);
        context.lineTo(x + arm, y + slope * arm);
      }
      context.stroke();
    }
  }

  /** @param {CanvasRenderingContext2D} context @param {Place} place */
  drawDot(context, place) {
    const [x, y] = this.spot(place);
    context.beginPath();
    context.arc(x, y, 7 * devicePixelRatio, 0, 2 * Math.PI);
    context.fillStyle = getComputedStyle(this.scene.root).getPropertyValue("--st-primary-color");
    context.fill();
    context.lineWidth = 2.5 * devicePixelRatio;
    context.strokeStyle = "#fff";
    context.stroke();
    context.lineWidth = devicePixelRatio;
    context.strokeStyle = "#000";
    context.stroke();
  }
}

/**
 * Hands planes to a scene's networks, now and whenever better ones come; returns how to stop that.
 * @param {string} id of the scene
 * @param {Network[]} networks
 * @param {Pick<OpenedData, "classes" | "planes">} data a saved page brings its planes along
 */
export function followPlanes(id, networks, { classes, planes: brought }) {
  /** @param {PlanesData | null | undefined} data */
  const take = async (data) => {
    if (data?.id !== id) return;
    const opened = data.planes.map((plane) => Plane.open(plane, data.reach, classes.length));
    const planes = await Promise.all(opened);
    planes.forEach((plane, i) => void networks[i].takePlane(plane));
  };
  const hear = () => take(window.nudgePlanes?.get(id));
  window.addEventListener("nudge:planes", hear);
  if (brought) take(brought);
  else hear();
  return () => window.removeEventListener("nudge:planes", hear);
}
