/** What all parts of the page share: the dashboard, its changes, and a place on the stage. */

import { LitElement, type PropertyDeclarations, type PropertyValues } from "lit";
import { Changes } from "../../draw/changes.ts";
import type { Dashboard } from "../../state/dashboard.ts";
import { base } from "./styles.ts";

export class Part extends LitElement {
  static override properties: PropertyDeclarations = { dashboard: { attribute: false } };
  static override styles = [base];
  declare dashboard: Dashboard;

  /** What `find` found since the last rendering: parts ask for the same in every frame. */
  private readonly found = new Map<string, Element>();

  private readonly onChange = (): void => this.requestUpdate();

  override connectedCallback(): void {
    super.connectedCallback();
    this.dashboard.addEventListener("change", this.onChange);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.dashboard.removeEventListener("change", this.onChange);
  }

  /** Draw whatever is drawn, also where nothing changed. */
  drawAnew(): void {}

  protected override update(changed: PropertyValues<this>): void {
    super.update(changed);
    this.found.clear();
  }

  /** The first element of the shadow tree that matches; it is there once rendered. */
  protected find<E extends Element>(selector: string): E | undefined {
    const known = this.found.get(selector);
    if (known) return known as E;
    const element = this.renderRoot.querySelector<E>(selector) ?? undefined;
    if (element) this.found.set(selector, element);
    return element;
  }
}

/** A part that draws itself at every frame in which it can be seen. */
export abstract class PaintedPart extends Part {
  private readonly changes = new Changes();

  get surface(): Element {
    return this;
  }

  abstract paint(): void;

  override connectedCallback(): void {
    super.connectedCallback();
    // Where the page moved it, texts that waited to be written are gone.
    this.changes.forget();
    this.dashboard.stage.add(this);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.dashboard.stage.remove(this);
  }

  override updated(): void {
    this.changes.forget();
    this.dashboard.stage.invalidate();
  }

  override drawAnew(): void {
    this.updated();
    this.paint();
  }

  /** Whether `paint` has anything to do: these are not what was painted since the last rendering. */
  protected isNew(...things: readonly unknown[]): boolean {
    return this.changes.differ(...things);
  }

  /** Write texts soon; of several before that, the last. */
  protected write(texts: () => void): void {
    this.dashboard.stage.write(this, texts);
  }
}

/** A painted part that lays itself out anew when its size changes. */
export abstract class SizedPart extends PaintedPart {
  private readonly sizes = new ResizeObserver(() => this.layOut());

  protected abstract layOut(): void;

  override connectedCallback(): void {
    super.connectedCallback();
    this.sizes.observe(this);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.sizes.disconnect();
  }
}

/**
 * Set a text only where it differs: the cheapest change of the page is none. The text node stays,
 * because the browser makes the compositor's layers anew for one that is replaced.
 */
export function setText(element: Element | undefined, text: string): void {
  const node = element?.firstChild;
  if (node instanceof Text && !node.nextSibling) {
    if (node.data !== text) node.data = text;
  } else if (element && element.textContent !== text) {
    element.textContent = text;
  }
}

export function define(name: string, part: CustomElementConstructor): void {
  if (!customElements.get(name)) customElements.define(name, part);
}
