/**
 * How long a text is in UTF-8, for bounds in bytes. It never encodes anything.
 */

/** In bytes. A lone surrogate counts as 2; JSON never holds one, as it writes them as escapes. */
export function utf8Length(text: string): number {
  let bytes = 0;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    // Each half of a pair stands for half of its four bytes.
    if (unit < 0x80) bytes += 1;
    else if (unit < 0x800 || (unit >= 0xd800 && unit <= 0xdfff)) bytes += 2;
    else bytes += 3;
  }
  return bytes;
}
