/** No data yet: what to add to one's training, or why nothing could be loaded. */

import { css, html } from "lit";
import { define, Part } from "./part.ts";
import { base } from "./styles.ts";

const SNIPPET = `from tfexplain.callbacks import Explain

model.fit(train, validation_data=val, epochs=20,
          callbacks=[Explain(val, log_dir="logs/run1")])`;

export class EmptyState extends Part {
  static override styles = [
    base,
    css`
      :host {
        display: grid;
        place-items: center;
        overflow: auto;
        padding: 32px 16px;
      }
      .card {
        max-width: 640px;
        width: 100%;
        background: var(--panel);
        border: 1px solid var(--line);
        border-radius: 10px;
        padding: 28px 32px;
      }
      h1 {
        font-size: 20px;
        font-weight: 600;
        margin-bottom: 8px;
      }
      p,
      ol {
        margin: 0 0 12px;
      }
      ol {
        padding-left: 20px;
      }
      pre {
        margin: 0 0 16px;
        padding: 14px 16px;
        background: var(--card);
        border-radius: 6px;
        overflow: auto;
        font: 12.5px/1.55 ui-monospace, "Roboto Mono", Menlo, Consolas, monospace;
      }
      code {
        font: 12.5px ui-monospace, "Roboto Mono", Menlo, Consolas, monospace;
      }
    `,
  ];

  override render() {
    const { listing, failure } = this.dashboard.store;
    if (failure) return this.failed(failure);
    return listing ? this.empty() : html`<p role="status" class="muted">Loading…</p>`;
  }

  private failed(reason: string) {
    return html`<div class="card" role="alert">
      <h1>The log could not be loaded</h1>
      <p>${reason}</p>
      <button @click=${() => this.dashboard.refresh()}>Try again</button>
    </div>`;
  }

  private empty() {
    return html`<div class="card">
      <h1>No explanations in this log directory yet</h1>
      <p>Add one callback to your training:</p>
      <pre tabindex="0" aria-label="Example">${SNIPPET}</pre>
      <p>
        <code>val</code> is your validation data: arrays, a <code>tf.data.Dataset</code> or a Keras
        <code>Sequence</code>. A handful of its samples is explained after every epoch.
      </p>
      <p>Then, if this page stays empty:</p>
      <ol>
        <li>
          Start TensorBoard on a folder that holds the run:
          <code>tensorboard --logdir logs</code>
        </li>
        <li>Wait for the first epoch to end, and press TensorBoard’s reload button.</li>
      </ol>
    </div>`;
  }
}

define("tfx-empty", EmptyState);
