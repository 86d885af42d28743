/** What Python found in the log, for all parts that show it. */

import { type Finding, readFindings } from "../analysis/findings.ts";
import { fetchFindings } from "../data/api.ts";
import type { Listing } from "../data/listing.ts";

export class Found {
  findings: readonly Finding[] = [];
  state: "waiting" | "known" | "failed" = "waiting";
  private listing: Listing | undefined;
  private readonly changed: () => void;

  constructor(changed: () => void) {
    this.changed = changed;
  }

  /** Asked for again where the log has grown. */
  look(listing: Listing | undefined): void {
    if (!listing || listing === this.listing) return;
    this.listing = listing;
    void this.load();
  }

  private async load(): Promise<void> {
    try {
      this.findings = readFindings(await fetchFindings());
      this.state = "known";
    } catch {
      this.state = "failed";
    }
    this.changed();
  }
}
