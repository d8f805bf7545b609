// Carries maps to the stage, which is another component: they come later than the picture they belong to.

/** @import { Mounted, PlanesData } from "./types.js" */

/** @param {Mounted<PlanesData>} mounted */
export default function ({ data: [data] }) {
  window.nudgePlanes ??= new Map();
  const planes = window.nudgePlanes;
  const known = planes.get(data.id);
  if (known && known.planes[0].points > data.planes[0].points) return; // coarse ones, too late
  planes.delete(data.id);
  planes.set(data.id, data);
  for (const id of planes.keys()) if (planes.size > 20) planes.delete(id); // the oldest ones
  window.dispatchEvent(new CustomEvent("nudge:planes", { detail: data.id }));
}
