/** Names as one key. They hold no line break: the server refuses those that do. */
export function key(...parts: string[]): string {
  return parts.join("\n");
}
