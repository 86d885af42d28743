/** Names of layers where there is little room: what all of them begin with says nothing. */

/** The folders that all paths with folders share, and how paths are told without them. */
export function withoutShared(paths: readonly string[]): (path: string) => string {
  const folders = paths.filter((path) => path.includes("/")).map((path) => path.split("/"));
  const [first = []] = folders;
  let shared = 0;
  while (
    folders.length > 1 &&
    folders.every((parts) => shared < parts.length - 1 && parts[shared] === first[shared])
  ) {
    shared++;
  }
  const prefix = first
    .slice(0, shared)
    .map((part) => `${part}/`)
    .join("");
  const others = new Set(paths.filter((path) => !path.startsWith(prefix)));
  return (path) => {
    const rest = prefix && path.startsWith(prefix) ? path.slice(prefix.length) : path;
    // Two layers never have one name.
    return others.has(rest) ? path : rest;
  };
}
