// Thumbnails to choose from. The pictures come side by side in one PNG.

import { button, element, focusedBeside, keepFocus } from "../stage/dom.js";

/** @import { GalleryData, Mounted } from "../stage/types.js" */

/** @param {Mounted<GalleryData, HTMLElement & { hear: () => void }>} mounted */
export default function ({ data: [data], parentElement, setTriggerValue }) {
  const root = /** @type {HTMLElement} */ (parentElement.querySelector(".gallery"));
  const { pictures, words, page, pages } = data;
  const thumbnails = pictures.map(({ index, name }, i) => {
    const node = button("", () => setTriggerValue("chosen", index), {
      class: "thumbnail",
      title: name,
      "aria-label": name,
      "aria-pressed": index === data.chosen,
    });
    node.style.backgroundImage = `url(${data.sheet})`;
    node.style.backgroundSize = `${100 * pictures.length}% 100%`;
    node.style.backgroundPosition = `${pictures.length > 1 ? (100 * i) / (pictures.length - 1) : 0}% 0`;
    return node;
  });
  /** @type {(label: string, sign: string, to: number) => HTMLButtonElement} */
  const turn = (label, sign, to) => {
    const node = button(sign, () => setTriggerValue("page", to), { "aria-label": label, title: label });
    node.disabled = to < 0 || to >= pages;
    return node;
  };
  const turns = [turn(words.earlier, "‹", page - 1), turn(words.later, "›", page + 1)];
  const [earlier, later] = turns;
  const had = root.contains(focusedBeside(root));
  keepFocus(root, () =>
    root.replaceChildren(
      element("div", { class: "thumbnails", role: "group", "aria-label": words.title }, ...thumbnails),
      element("div", { class: "turn" }, earlier, element("span", {}, words.caption), later),
    ),
  );
  // The first and the last page can be turned one way only: the other button has the focus then.
  if (had && !root.contains(focusedBeside(root))) turns.find((node) => !node.disabled)?.focus();
  // Somebody on the stage asks for all pictures: the chosen one comes into view, and has the focus.
  const leave = () => window.removeEventListener("nudge:gallery", parentElement.hear);
  leave();
  parentElement.hear = () => {
    const there = thumbnails.find((node) => node.ariaPressed === "true") ?? thumbnails[0];
    there?.focus({ preventScroll: true });
    root.scrollIntoView({ block: "center" });
  };
  window.addEventListener("nudge:gallery", parentElement.hear);
  return leave;
}
