/** Functions that remember what they made of an object, for as long as that object lives. */

/** `make`, called once for each key. */
export function memo<K extends WeakKey, V>(make: (key: K) => V): (key: K) => V {
  const made = new WeakMap<K, V>();
  return (key) => {
    const known = made.get(key);
    if (known !== undefined) return known;
    const value = make(key);
    made.set(key, value);
    return value;
  };
}

/**
 * `make`, called once for each key and a name or number beside it; what else it needs has to be the
 * same each time. `const cut = memoBy((sheet: Sheet, slice: number) => ...)`.
 */
export function memoBy<K extends WeakKey, N, R extends unknown[], V>(
  make: (key: K, by: N, ...rest: R) => V,
): (key: K, by: N, ...rest: R) => V {
  const all = memo((_: K) => new Map<N, V>());
  return (key, by, ...rest) => {
    const made = all(key);
    const known = made.get(by);
    if (known !== undefined) return known;
    const value = make(key, by, ...rest);
    made.set(by, value);
    return value;
  };
}
