// What the journey asks of the server, and tells it: apart from the dots, which are not sent again for it.

/** @import { Mounted, SheetData } from "../stage/types.js" */

/** @typedef {HTMLElement & { hear: () => void, note: (event: CustomEvent<number>) => void }} Listening */

const PATIENCE = 5000; // milliseconds for the sheet to come, before it is asked for again

/** @type {Map<string, number>} */
const asked = new Map(); // by sheet: when it was asked for

/** @param {Mounted<SheetData, Listening>} mounted */
export default function ({ data: [{ id, uri }], parentElement, setTriggerValue }) {
  window.nudgeSheets ??= new Map();
  const sheets = window.nudgeSheets;
  if (uri) {
    sheets.set(id, uri);
    window.dispatchEvent(new CustomEvent("nudge:sheet", { detail: id }));
  }
  const leave = () => {
    window.removeEventListener("nudge:sheet-wanted", parentElement.hear);
    window.removeEventListener("nudge:epsilon", parentElement.note);
  };
  leave();
  // Half a megabyte of pictures that dots alone do not need: once somebody looks for one.
  parentElement.hear = () => {
    const now = performance.now();
    if (sheets.has(id) || now - (asked.get(id) ?? -PATIENCE) < PATIENCE) return;
    asked.set(id, now);
    setTriggerValue("wanted", true);
  };
  // Where the slider was released, for the address.
  parentElement.note = ({ detail }) => setTriggerValue("epsilon", detail);
  window.addEventListener("nudge:sheet-wanted", parentElement.hear);
  window.addEventListener("nudge:epsilon", parentElement.note);
  return leave;
}
