/**
 * Writes tar archives that no honest program would: entries with any name and any link target.
 */

export type TarEntry =
  | { readonly name: string; readonly linkTo: string }
  | { readonly name: string; readonly content: string };

const blockBytes = 512;

/** POSIX ustar; names and targets of at most 100 bytes. */
export function tarOf(entries: readonly TarEntry[]): Buffer {
  const blocks = entries.flatMap((entry) => {
    const content = Buffer.from("content" in entry ? entry.content : "");
    const padding = Buffer.alloc((blockBytes - (content.length % blockBytes)) % blockBytes);
    return [headerOf(entry, content.length), content, padding];
  });
  return Buffer.concat([...blocks, Buffer.alloc(2 * blockBytes)]);
}

function headerOf(entry: TarEntry, size: number): Buffer {
  const header = Buffer.alloc(blockBytes);
  const put = (text: string, offset: number): number => header.write(text, offset, "latin1");
  put(entry.name, 0);
  put("0000644\0", 100);
  put("0000000\0", 108);
  put("0000000\0", 116);
  put(`${size.toString(8).padStart(11, "0")}\0`, 124);
  put("00000000000\0", 136);
  put("linkTo" in entry ? "2" : "0", 156);
  if ("linkTo" in entry) put(entry.linkTo, 157);
  put("ustar\0" + "00", 257);
  // The sum is taken with blanks in its own place.
  put(" ".repeat(8), 148);
  const sum = header.reduce((total, byte) => total + byte, 0);
  put(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return header;
}
