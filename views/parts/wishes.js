// Tells the server of another picture that was chosen on the stage. It stands outside of the stage's
// fragment, for what is sent from there is answered by a run of the fragment first: a run too many.

/** @import { Mounted } from "../stage/types.js" */

/** @param {Mounted<never, HTMLElement & { hear: (event: CustomEvent<number>) => void }>} mounted */
export default function ({ parentElement, setTriggerValue }) {
  const leave = () => window.removeEventListener("nudge:place", parentElement.hear);
  leave();
  parentElement.hear = ({ detail }) => setTriggerValue("place", detail);
  window.addEventListener("nudge:place", parentElement.hear);
  return leave;
}
