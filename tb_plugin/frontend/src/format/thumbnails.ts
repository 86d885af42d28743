/** Thumbnails of validation rows: small pictures on one sheet, or short texts. */

import { sizeOfPng } from "../data/png.ts";
import { hashesOf, type Reader } from "./reader.ts";

export interface Thumbnails {
  readonly kind: "thumbnails";
  readonly hashes: readonly string[];
  /** A PNG file; empty without pictures. */
  readonly sheet: Uint8Array<ArrayBuffer>;
  /** Pictures of `height` x `width` pixels, so many in a row. */
  readonly columns: number;
  readonly height: number;
  readonly width: number;
  /** One for each row, or none. */
  readonly texts: readonly string[];
}

export function readThumbnails(raw: Reader): Thumbnails {
  const hashes = hashesOf(raw);
  const sheet = new Uint8Array(raw.array("sheet", "U8", 1).data);
  const [columns = 0, height = 0, width = 0] = ["columns", "height", "width"].map((side) =>
    raw.number(side),
  );
  const texts = raw.longStrings("texts");
  raw.check(texts.length === 0 || texts.length === hashes.length, "a text for each row, or none");
  if (sheet.length > 0) {
    const size = sizeOfPng(sheet);
    const down = Math.ceil(hashes.length / Math.max(1, columns));
    raw.check(Math.min(columns, height, width) > 0, "sides of the pictures");
    raw.check(size.width === columns * width && size.height === down * height, "a picture a row");
  }
  return { kind: "thumbnails", hashes, sheet, columns, height, width, texts };
}
