// Small things that every part uses.

/** @import { Attributes, Base64 } from "./types.js" */

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Attributes} attributes
 * @param {(Node | string)[]} children
 */
export function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, String(value));
  node.append(...children);
  return node;
}

/** @param {string} label @param {(event: MouseEvent) => void} act @param {Attributes} attributes */
export function button(label, act, attributes = {}) {
  const node = element("button", { type: "button", ...attributes }, label);
  node.addEventListener("click", act);
  return node;
}

/**
 * The element that has the focus, in the page or the shadow in which `node` is.
 * @param {Node} node
 */
export function focusedBeside(node) {
  return /** @type {Document | ShadowRoot} */ (node.getRootNode()).activeElement;
}

/**
 * Rebuilds the inside of `root`, and gives the focus back to the part of the same name.
 * @param {HTMLElement} root
 * @param {() => void} build
 */
export function keepFocus(root, build) {
  /** @param {Element} node */
  const nameOf = (node) => node.getAttribute("aria-label") ?? node.textContent;
  const had = focusedBeside(root);
  const name = had && root.contains(had) ? nameOf(had) : null;
  build();
  if (name === null) return;
  const parts = [.../** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll("button, input, [tabindex]"))];
  parts.find((node) => nameOf(node) === name)?.focus({ preventScroll: true });
}

/**
 * Arrays travel as base64, in little-endian order, which every browser's machine has.
 * @param {Base64} text
 */
export const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
/** @param {Base64} text */
export const signedBytes = (text) => new Int8Array(bytes(text).buffer);
/** @param {Base64} text */
export const words16 = (text) => new Uint16Array(bytes(text).buffer);

/**
 * "{name} is here" with its names filled in.
 * @param {string} template
 * @param {Record<string, string | number>} values
 */
export const fill = (template, values) => template.replace(/\{(\w+)\}/g, (_, name) => String(values[name]));

/**
 * A probability for people: a softmax is never 0 and never 1.
 * @param {number} fraction
 */
export function percent(fraction) {
  if (fraction >= 0.995) return "> 99 %";
  if (fraction < 0.005) return "< 1 %";
  return `${Math.round(100 * fraction)} %`;
}

/**
 * Epsilon in both of its units.
 * @param {number} epsilon
 */
export function inBothUnits(epsilon) {
  return epsilon ? `${epsilon.toFixed(3)} ≈ ${Math.round(255 * epsilon)}/255` : "0";
}

/**
 * The context of a canvas that nobody has asked for another kind of context.
 * @param {HTMLCanvasElement} canvas
 */
export const context2d = (canvas) => /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));

/** @param {string} name @param {Blob} blob */
export function download(name, blob) {
  const link = element("a", { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
