// What a browser remembers of a class: a name that it made up, and the keys of classes that it leads.

/** @import { MemoryData, Mounted } from "../stage/types.js" */

const WHO = "nudge-who";
/** @type {(code: string) => string} */
const keyOf = (code) => `nudge-key-${code}`;

/** A name that nobody guesses. `randomUUID` is there over https alone, and a class meets over http.
 * @returns {string} */
export function made() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The key in the part of an address that no server is sent: "#key=...".
 * @param {string} hash
 * @returns {string} */
export function keyIn(hash) {
  return new URLSearchParams(hash.replace(/^#/, "")).get("key") ?? "";
}

/** A store that forgets, where the browser keeps nothing.
 * @type {Map<string, string>} */
const forgetful = new Map();

/** @param {string} name */
function recall(name) {
  try {
    return localStorage.getItem(name) ?? forgetful.get(name) ?? "";
  } catch {
    return forgetful.get(name) ?? "";
  }
}

/** @param {string} name @param {string} value */
function remember(name, value) {
  forgetful.set(name, value);
  try {
    localStorage.setItem(name, value);
  } catch {
    // A private window: it lasts as long as the page.
  }
}

/** @param {Mounted<MemoryData>} mounted */
export default function ({ data: [data], setStateValue }) {
  const { code, key } = data;
  const given = keyIn(location.hash);
  if (code && (key || given)) remember(keyOf(code), key || given);
  // The key leads the class, so it does not stay where a projector shows it.
  if (given) history.replaceState(history.state, "", location.pathname + location.search);
  if (!recall(WHO)) remember(WHO, made());
  const known = [recall(WHO), code ? recall(keyOf(code)) : "", code];
  if (JSON.stringify(known) !== JSON.stringify(data.known)) setStateValue("known", known);
}
