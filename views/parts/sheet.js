// Brings the journey's pictures once somebody looks for one: half a megabyte that dots alone do not need.

/** @import { Mounted, SheetData } from "../stage/types.js" */

/** @param {Mounted<SheetData, HTMLElement & { hear: () => void }>} mounted */
export default function ({ data: [{ id, uri }], parentElement, setTriggerValue }) {
  window.nudgeSheets ??= new Map();
  const sheets = window.nudgeSheets;
  if (uri) {
    sheets.set(id, uri);
    window.dispatchEvent(new CustomEvent("nudge:sheet", { detail: id }));
  }
  const leave = () => window.removeEventListener("nudge:sheet-wanted", parentElement.hear);
  leave();
  parentElement.hear = () => {
    if (!sheets.has(id)) setTriggerValue("wanted", true);
  };
  window.addEventListener("nudge:sheet-wanted", parentElement.hear);
  return leave;
}
