/** The address: `#tfexplain&p.tfexplain.KEY=VALUE&...`, of which only our keys are touched. */

import { PLUGIN_NAME } from "../tables.ts";

const OURS = `p.${PLUGIN_NAME}.`;

/** The values of our keys; a value that is not well encoded is left out. */
export function readHash(hash: string): Map<string, string> {
  const values = new Map<string, string>();
  for (const part of hash.replace(/^#/, "").split("&")) {
    const at = part.indexOf("=");
    if (at < 0 || !part.startsWith(OURS)) continue;
    try {
      values.set(part.slice(OURS.length, at), decodeURIComponent(part.slice(at + 1)));
    } catch {
      // A mangled link still opens, without this part of the place.
    }
  }
  return values;
}

/** `hash` with our keys replaced by `values`; what belongs to others stays where it is. */
export function writeHash(hash: string, values: ReadonlyMap<string, string>): string {
  const others = hash.replace(/^#/, "").split("&");
  const kept = others.filter((part) => part !== "" && !part.startsWith(OURS));
  const ours = [...values].map(([key, value]) => `${OURS}${key}=${encodeURIComponent(value)}`);
  return `#${[...kept, ...ours].join("&")}`;
}

/** Names in one value: commas inside a name are escaped. */
export function joinNames(names: readonly string[]): string {
  return names.map((name) => name.replace(/%/g, "%25").replace(/,/g, "%2C")).join(",");
}

export function splitNames(text: string): string[] {
  const parts = text === "" ? [] : text.split(",");
  return parts.map((part) => part.replace(/%2C/g, ",").replace(/%25/g, "%"));
}
