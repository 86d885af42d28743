/**
 * The only module that touches the page around ours: TensorBoard's window, where there is one.
 *
 * In a notebook or on another origin the window above may be closed to us: then the page works
 * without links, with the system's colour scheme.
 */

import { PLUGIN_NAME } from "./tables.ts";

function guarded<T>(work: () => T, fallback: T): T {
  try {
    return work();
  } catch {
    return fallback;
  }
}

/** Whether the page stands in a notebook's cell, as a document without an address of its own. */
export function isInCell(): boolean {
  return window.location.href.split("#")[0] === "about:srcdoc";
}

/**
 * The address bar's hash, ours where there is no host; a report may hold what it opens with. The
 * address above a cell is the notebook's, and other cells have pages too: it is left alone.
 */
export function currentHash(): string {
  const above = isInCell() ? "" : guarded(() => window.parent.location.hash, "");
  return above || window.location.hash || (document.documentElement.dataset.opens ?? "");
}

/** Whether the address bar is on our tab. */
export function isOurs(): boolean {
  const shown = currentHash().replace(/^#/, "").split("&")[0] ?? "";
  return shown === PLUGIN_NAME || shown === "" || shown.startsWith("p.");
}

/** Replace the hash without a new entry in the history, unless another tab is shown. */
export function replaceHash(hash: string): void {
  if (isInCell()) return;
  guarded(() => {
    if (isOurs() && innerHeight > 0) window.parent.history.replaceState(null, "", hash);
  }, undefined);
}

/** The address to hand to somebody else. */
export function linkWith(hash: string): string {
  const address = guarded(() => window.parent.location.href, "") || window.location.href;
  return address.replace(/#.*$/, "") + hash;
}

/** Call `follow` when the user goes back, forward or edits the address. */
export function onHashChange(follow: () => void): void {
  if (isInCell()) return;
  guarded(() => window.parent.addEventListener("hashchange", follow), undefined);
}

/**
 * Whether the frames around ours let the browser save a file; undefined where one of them cannot be
 * seen, and may be sandboxed. A download that is not allowed is nothing that a page is told of.
 */
export function allowsDownloads(): boolean | undefined {
  for (let view: Window = window; view !== view.parent; view = view.parent) {
    const frame = guarded(() => view.frameElement, null);
    if (!frame) return mayBeSandboxed() ? undefined : true;
    const allowed = frame.getAttribute("sandbox")?.split(/\s+/);
    if (allowed && !allowed.includes("allow-downloads")) return false;
  }
  return true;
}

/** Chromium says of an assignment that fails everywhere whether it failed for a sandbox. */
function mayBeSandboxed(): boolean {
  try {
    document.domain = "tfexplain.invalid";
  } catch (error) {
    return !/suffix/i.test(String(error));
  }
  return true;
}

export function nameFrame(title: string): void {
  document.title = title;
  guarded(() => {
    if (window.frameElement) window.frameElement.setAttribute("title", title);
  }, undefined);
}

/** Follow the theme of TensorBoard or a notebook, or the system's where neither can be seen. */
export function onTheme(apply: (dark: boolean) => void): void {
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  const host = guarded(() => (window.parent === window ? null : window.parent.document.body), null);
  const update = (): void => apply((host && isHostDark(host)) ?? system.matches);
  system.addEventListener("change", update);
  if (host) {
    // Notebooks name their theme in attributes of their own.
    const options = isInCell() ? { attributes: true } : { attributeFilter: ["class"] };
    guarded(() => new MutationObserver(update).observe(host, options), undefined);
  }
  update();
}

/** TensorBoard's theme is a class; of notebooks, what lies behind the cell; undefined: nothing. */
function isHostDark(host: HTMLElement): boolean | undefined {
  if (!isInCell()) return host.classList.contains("dark-mode");
  let behind: Element | null | undefined = window.frameElement;
  for (; behind; behind = behind.parentElement) {
    const { backgroundColor } = getComputedStyle(behind);
    const [red = 0, green = 0, blue = 0, alpha = 1] =
      backgroundColor.match(/[\d.]+/g)?.map(Number) ?? [];
    if (alpha > 0.5) return 0.3 * red + 0.59 * green + 0.11 * blue < 128;
  }
  return undefined;
}

/** Call `reload` when TensorBoard has read new data; a hidden page waits until it is shown. */
export function onDataReloaded(reload: () => void): void {
  let dirty = false;
  window.addEventListener("resize", () => {
    if (!dirty || innerHeight === 0) return;
    dirty = false;
    reload();
  });
  listenToHost("experimental.DataReloaded", () => {
    dirty = innerHeight === 0;
    if (!dirty) reload();
  });
}

/** TensorBoard hands each frame a port; messages are `{type, id, payload}` as JSON text. */
function listenToHost(type: string, call: () => void): void {
  const channel = new MessageChannel();
  channel.port1.onmessage = ({ data }: MessageEvent<unknown>) => {
    const message = guarded(() => JSON.parse(String(data)) as Record<string, unknown>, {});
    if (message.type !== type) return;
    call();
    channel.port1.postMessage(JSON.stringify({ type, id: message.id, isReply: true }));
  };
  guarded(() => {
    window.parent.postMessage("experimental.bootstrap", "*", [channel.port2]);
  }, undefined);
}
