/** The kinds of choices that a link carries, as text and back. */

import { joinNames, splitNames } from "./hash.ts";

/** How one choice is written in a link and read back. */
export interface Field<T> {
  readonly write: (value: T) => string;
  /** undefined for text that is no such value: the default is used instead. */
  readonly read: (text: string) => T | undefined;
}

export const names: Field<readonly string[] | undefined> = {
  write: (value) => joinNames(value ?? []),
  read: splitNames,
};

export const text: Field<string | undefined> = {
  write: (value) => value ?? "",
  read: (value) => value || undefined,
};

export const whole: Field<number | undefined> = {
  write: String,
  read: (text) => (/^\d{1,9}$/.test(text) ? Number(text) : undefined),
};

/** A step: the end of an epoch, or a part of one. */
export const step: Field<number | undefined> = {
  write: String,
  read: (text) => (/^(\d{1,9}|-?\d{1,9}\.\d{1,6})$/.test(text) ? Number(text) : undefined),
};

/** Between these, in percent, a divider can be moved: nothing is ever out of sight. */
export const LEAST_SHARE = 10;
export const MOST_SHARE = 90;

export const percents: Field<number | undefined> = {
  write: String,
  read: (text) => {
    const value = whole.read(text);
    return value !== undefined && value >= LEAST_SHARE && value <= MOST_SHARE ? value : undefined;
  },
};

export function oneOf<T extends string | number>(values: readonly T[]): Field<T> {
  return { write: String, read: (text) => values.find((value) => String(value) === text) };
}
