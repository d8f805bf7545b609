// Small things that every part uses.

export function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

export function button(label, act, attributes = {}) {
  const node = element("button", { type: "button", ...attributes }, label);
  node.addEventListener("click", act);
  return node;
}

// Has the inside of `root` built anew, and gives the focus back to the part of the same name.
export function keepFocus(root, build) {
  const nameOf = (node) => node.getAttribute("aria-label") ?? node.textContent;
  const had = root.getRootNode().activeElement;
  const name = root.contains(had) ? nameOf(had) : null;
  build();
  if (name === null) return;
  const parts = [...root.querySelectorAll("button, input")];
  parts.find((node) => nameOf(node) === name)?.focus({ preventScroll: true });
}

// Arrays travel as base64, in little-endian order, which every browser's machine has.
export const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
export const signedBytes = (text) => new Int8Array(bytes(text).buffer);
export const words16 = (text) => new Uint16Array(bytes(text).buffer);

// "{name} is here" with its names filled in.
export const fill = (template, values) => template.replace(/\{(\w+)\}/g, (_, name) => values[name]);

// A probability for people: a softmax is never 0 and never 1.
export function percent(fraction) {
  if (fraction >= 0.995) return "> 99 %";
  if (fraction < 0.005) return "< 1 %";
  return `${Math.round(100 * fraction)} %`;
}

// Epsilon in both of its units.
export function inBothUnits(epsilon) {
  return epsilon ? `${epsilon.toFixed(3)} ≈ ${Math.round(255 * epsilon)}/255` : "0";
}

export function download(name, blob) {
  const link = element("a", { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
