// The row of tools beside the pictures, and what can be taken away: the link, a picture, the numbers.

import { placeOf, STYLES } from "./charts.js";
import { button, context2d, download, element, fill, percent } from "./dom.js";

/** @import { Network, Path } from "./network.js" */
/** @import { Scene } from "./stage.js" */
/** @import { Write } from "./types.js" */

export class Tools {
  /** @type {HTMLButtonElement | undefined} */
  guess;
  /** @type {HTMLButtonElement[]} */
  saving = [];

  /** @param {Scene} scene */
  constructor(scene) {
    this.scene = scene;
    const { quiz, words } = scene.data;
    this.node = element("div", { class: "tools" }, scene.walk.node);
    if (scene.places && scene.shows("scramble")) this.node.append(this.scramble());
    if (scene.shows("panel")) {
      const pressed = scene.data.panel === "map";
      const choose = () => scene.choosePanel(pressed ? "none" : "map");
      this.node.append(button(words.map_show, choose, { "aria-pressed": pressed }));
    }
    if (quiz) {
      this.guess = button(words.lock_in, () => scene.commit(), { class: "guess" });
      this.node.append(this.guess);
    }
    if (scene.shows("save")) {
      this.saving = [
        button(words.save_picture, () => this.savePicture()),
        button(words.save_numbers, () => this.saveNumbers()),
      ];
      this.node.append(element("span", { class: "gap" }));
      if (scene.data.linked) {
        this.node.append(button(words.copy_link, (event) => this.copyLink(event)));
      }
      this.node.append(...this.saving);
    }
    this.update();
  }

  update() {
    const { open } = this.scene;
    if (this.guess) this.guess.disabled = open;
    for (const save of this.saving) save.disabled = !open;
  }

  // From the order that we see to the one that the network sees; at a click on either, in a second.
  scramble() {
    const { scene } = this;
    const { words } = scene.data;
    const range = element("input", { type: "range", min: 0, max: 1, step: "any" });
    range.setAttribute("aria-label", words.scramble);
    range.value = String(scene.travelled);
    /** @param {number} fraction */
    const show = (fraction) => {
      scene.travelled = fraction;
      range.value = String(fraction);
      scene.drawSoon();
    };
    range.addEventListener("input", () => {
      scene.stay();
      show(Number(range.value));
    });
    /** @param {number} to */
    const travel = (to) => () => {
      scene.stay();
      scene.goal = to;
      const [from, start] = [scene.travelled, performance.now()];
      const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
      /** @param {number} now */
      const tick = (now) => {
        const done = calm ? 1 : Math.min(1, (now - start) / 1000);
        show(done === 1 ? to : from + done * (to - from));
        if (done === 1) scene.goal = null;
        else scene.travel = requestAnimationFrame(tick);
      };
      scene.travel = requestAnimationFrame(tick);
    };
    return element(
      "span",
      { class: "scramble" },
      button(words.as_we_see, travel(0)),
      range,
      button(words.as_network_sees, travel(1)),
    );
  }

  /** @param {MouseEvent} event */
  async copyLink(event) {
    const target = /** @type {HTMLElement} */ (event.target);
    const { host, words } = this.scene.data;
    const address = new URL(location.href);
    address.hash = "";
    // The server writes the address after a release; on a slow network that takes its time.
    address.searchParams.set("epsilon", String(Number(this.scene.epsilon.toFixed(3))));
    if (host) address.hostname = host; // as others on the network can open it
    const url = address.href;
    try {
      await navigator.clipboard.writeText(url); // only where the page came by https
    } catch {
      const field = element("textarea", { readonly: "" }, url);
      this.node.append(field);
      field.select();
      const copied = document.execCommand("copy");
      field.remove();
      if (!copied) return prompt(words.copy_link, url);
    }
    target.textContent = words.copied;
    setTimeout(() => (target.textContent = words.copy_link), 2000);
  }

  saveNumbers() {
    const { data, networks } = this.scene;
    const rows = [["network", "nudge", "epsilon", "prediction", ...data.classes]];
    for (const network of networks) {
      /** @type {[string, Path][]} */
      const paths = [["random", network.control]];
      if (data.method !== "random") paths.unshift([data.method, network.attack]);
      for (const [nudge, path] of paths) {
        path.predictions.forEach((label, step) => {
          const row = data.classes.map((_, i) => path.probability(step, i).toFixed(4));
          const epsilon = (step * data.grid.step).toFixed(3);
          rows.push([network.name, nudge, epsilon, data.classes[label], ...row]);
        });
      }
    }
    download(`${data.file}.csv`, new Blob([csv(rows)], { type: "text/csv" }));
    if (networks.every(({ plane }) => plane)) this.saveMap();
  }

  // Every point of the maps.
  saveMap() {
    const { data, networks } = this.scene;
    const rows = [["network", "along", "across", "prediction", "loss", ...data.classes]];
    for (const { name, plane } of networks) {
      if (!plane) continue;
      for (let point = 0; point < plane.predictions.length; point++) {
        const place = [point % plane.points, Math.floor(point / plane.points)].map((i) =>
          (i * plane.gap - plane.reach).toFixed(2),
        );
        const row = data.classes.map((_, label) => plane.probability(point, label).toFixed(3));
        const found = [data.classes[plane.predictions[point]], plane.losses[point].toFixed(3)];
        rows.push([name, ...place, ...found, ...row]);
      }
    }
    download(`${data.file}-map.csv`, new Blob([csv(rows)], { type: "text/csv" }));
  }

  savePicture() {
    const { data, epsilon } = this.scene;
    const name = `${data.file}-epsilon-${epsilon.toFixed(3)}.png`;
    poster(this.scene).toBlob((blob) => download(name, /** @type {Blob} */ (blob)));
  }
}

/**
 * Rows as RFC 4180 has them: what holds a comma, a quotation mark or a new line is quoted.
 * @param {string[][]} rows
 */
export function csv(rows) {
  /** @param {string} value */
  const quote = (value) => (/[",\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);
  return rows.map((row) => `${row.map(quote).join(",")}\r\n`).join("");
}

/**
 * The view as one picture, with a caption that says what it is.
 * @param {Scene} scene
 */
function poster(scene) {
  const { data, networks, axis } = scene;
  const [width, pad, side] = [1200, 24, 200];
  const rows = Math.ceil(data.classes.length / (data.classes.length > 12 ? 2 : 1));
  const panel = Math.max(side + 30, rows * 19) + 86;
  const chart = axis.all.map(({ canvas }) => (canvas.height * (width - 2 * pad)) / canvas.width + 30);
  const height = networks.length * panel + chart.reduce((sum, h) => sum + h, 0) + 116;
  const canvas = element("canvas", { width, height });
  const context = context2d(canvas);
  const style = getComputedStyle(scene.root);
  const [paper, ink] = [style.getPropertyValue("--paper"), style.color];
  /** @type {Write} */
  const write = (text, x, y, font = "16px sans-serif", align = "left") => {
    context.font = font;
    context.textAlign = align;
    context.fillStyle = ink;
    context.fillText(text, x, y, width - 2 * pad); // narrower letters, if it comes to that
  };
  context.fillStyle = paper;
  context.fillRect(0, 0, width, height);
  context.imageSmoothingEnabled = false;
  let y = pad;
  for (const network of networks) {
    write(network.title, pad, y + 16, "bold 18px sans-serif");
    if (scene.shows("verdict")) {
      const facts = [...network.facts.children].map((fact) => fact.textContent).join(" · ");
      write(network.verdict.textContent, pad, y + 42);
      write(facts, pad, y + 64, "14px sans-serif");
    }
    const perturbation = scene.shows("perturbation");
    network.pictures.forEach((picture, i) => {
      if (i === 1 && !perturbation) return;
      const x = pad + i * (side + 40);
      context.drawImage(picture.canvas, x, y + 80, side, side);
      write(network.captions[i].textContent, x + side / 2, y + 98 + side, "13px sans-serif", "center");
      const sign = !perturbation ? "→" : i ? "=" : "+";
      if (i < 2) write(sign, x + side + 20, y + 86 + side / 2, "26px sans-serif", "center");
    });
    const mapped = network.map ? side + 56 : 0;
    const bars = { x: 3 * (side + 40) + pad, y: y + 80, rows, width: width - mapped };
    if (scene.shows("bars")) drawBars(context, write, network, bars);
    if (network.map) context.drawImage(network.map.canvas, width - pad - side - 30, y + 80, side + 30, side + 30);
    y += panel;
  }
  context.imageSmoothingEnabled = true;
  axis.all.forEach((drawn, i) => {
    write(drawn.title, pad, y + 20, "bold 14px sans-serif");
    let x = pad + context.measureText(drawn.title).width + 18;
    for (const { line, figure, sample } of drawn.entries) {
      const words = `${line.name} ${figure.textContent}`;
      context.drawImage(sample, x, y + 11, 22, 8);
      write(words, x + 28, y + 20, "12px sans-serif"); // four with long names fit
      x += context.measureText(words).width + 40;
    }
    context.drawImage(drawn.canvas, pad, y + 28, width - 2 * pad, chart[i] - 30);
    y += chart[i];
  });
  const drawnWidth = axis.width ?? 0; // no charts have none
  const scale = (width - 2 * pad) / drawnWidth; // of the charts as they are drawn here
  for (const { fraction, label } of axis.all.length ? axis.marks : []) {
    write(label, pad + scale * placeOf(fraction, drawnWidth), y + 12, "12px sans-serif", "center");
  }
  const ends = { epsilon: scene.whereabouts() };
  write(fill(data.words.poster, ends), pad, y + 50, "bold 16px sans-serif");
  write(scene.shows("accuracy") ? data.caption : "", pad, y + 76, "14px sans-serif");
  return canvas;
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Write} write
 * @param {Network} network
 * @param {{ x: number, y: number, rows: number, width: number }} room
 */
function drawBars(context, write, network, { x, y, rows, width }) {
  const { scene, shown } = network;
  const { names } = scene.data;
  const now = network.now();
  const columns = Math.ceil(names.length / rows);
  const column = (width - x - 24) / columns;
  names.forEach((name, label) => {
    const left = x + Math.floor(label / rows) * column;
    const top = y + (label % rows) * 19;
    const indent = columns > 1 ? 30 : 110;
    const room = column - indent - 60;
    write(name, left + indent - 8, top + 13, "13px sans-serif", "right");
    context.fillStyle = STYLES[1].colour;
    context.fillRect(left + indent, top + 8, room * now.probability(label), 7);
    context.strokeStyle = STYLES[0].colour;
    context.lineWidth = 1.5;
    const clean = room * shown.probability(0, label);
    if (clean >= 2) context.strokeRect(left + indent, top + 1, clean, 6);
    const figure = percent(now.probability(label));
    write(figure, left + indent + room + 8, top + 13, "13px sans-serif");
  });
}
