/** A small decision tree as nested conditions, each leaf with its answer and how often it is right. */

import { html, nothing, type TemplateResult } from "lit";
import { boundText, leafText } from "../../analysis/simple-models.ts";
import type { SimpleModels, TreeNode } from "../../format/simplified.ts";

export function treeRules(record: SimpleModels, colour: string) {
  const [root] = record.nodes;
  if (!root) return nothing;
  return html`<ul class="tree" aria-label="Rules of the tree">
    ${root.asks < 0 ? html`<li class="end">always ${leaf(record, root, colour)}</li>` : branches(record, root, colour)}
  </ul>`;
}

function branches(record: SimpleModels, node: TreeNode, colour: string): TemplateResult[] {
  const name = record.names[node.asks] ?? "";
  const bound = boundText(node.threshold);
  return [[node.left, "≤"] as const, [node.right, ">"] as const].flatMap(([child, sign]) => {
    const next = record.nodes[child];
    if (!next) return [];
    return [
      html`<li class=${next.asks < 0 ? "end" : ""}>
        <span class="condition"><span class="cut" title=${name}>${name}</span> ${sign} ${bound}</span>
        ${next.asks < 0 ? leaf(record, next, colour) : html`<ul>${branches(record, next, colour)}</ul>`}
      </li>`,
    ];
  });
}

/** The bar is as long as the share of all rows, and filled as far as the network agrees. */
function leaf(record: SimpleModels, node: TreeNode, colour: string) {
  const share = record.rows > 0 ? node.passed / record.rows : 0;
  const filled = record.isOfClasses && Number.isFinite(node.agree) ? node.agree : 1;
  return html`<b class="answer">${node.answer}</b>
    <span class="room"
      ><span class="leaf" style="width: ${100 * share}%; border-color: ${colour}"
        ><span style="width: ${100 * filled}%; background: ${colour}"></span></span
    ></span>
    <span class="muted">${leafText(record, node)}</span>`;
}
