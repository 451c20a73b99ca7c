/** An OME-Zarr folder as one file for the upload: POSIX ustar, as hemaview/wsi/foldertar.py reads it. */

import { t } from "../shared/catalogue";

const BLOCK = 512;
const MARKS = [".zgroup", "zarr.json"];
const text = new TextEncoder();

interface Placed {
  readonly name: string;
  readonly webkitRelativePath: string;
}

/** The name of the folder that holds the files, if it is a Zarr group; "" else. */
export function zarrFolder(files: readonly Placed[]): string {
  const markFile = files.find((f) => MARKS.some((mark) => /^[^/]+$/.test(parentOf(f, mark))));
  return markFile ? (markFile.webkitRelativePath.split("/")[0] ?? "") : "";
}

function parentOf(file: Placed, mark: string): string {
  return file.webkitRelativePath.endsWith(`/${mark}`) ? file.webkitRelativePath.slice(0, -mark.length - 1) : "/";
}

/** The folder's files in one; nothing is copied until it is sent. */
export function packed(files: readonly File[], folder: string): File {
  const parts: BlobPart[] = [];
  for (const file of files) {
    parts.push(header(file.webkitRelativePath.slice(folder.length + 1), file.size), file);
    const rest = file.size % BLOCK;
    if (rest) parts.push(new Uint8Array(BLOCK - rest));
  }
  parts.push(new Uint8Array(2 * BLOCK));
  const name = /\.zarr$/i.test(folder) ? folder : `${folder}.zarr`;
  return new File(parts, `${name}.tar`, { lastModified: Math.max(...files.map((f) => f.lastModified)) });
}

/** The block before a file: its name in two fields, its size and a checksum in octal digits. */
export function header(path: string, size: number): Uint8Array<ArrayBuffer> {
  const [prefix, own] = inTwo(path);
  const block = new Uint8Array(BLOCK);
  const put = (at: number, words: string) => block.set(text.encode(words), at);
  put(0, own);
  put(100, "0000644\0");
  put(108, "0000000\0");
  put(116, "0000000\0");
  put(124, `${size.toString(8).padStart(11, "0")}\0`);
  put(136, "00000000000\0");
  put(148, "        ");
  put(156, "0");
  put(257, "ustar\0" + "00");
  put(345, prefix);
  const sum = block.reduce((total, byte) => total + byte, 0);
  put(148, `${sum.toString(8).padStart(6, "0")}\0 `);
  return block;
}

function inTwo(path: string): [string, string] {
  const long = (words: string, most: number) => text.encode(words).length > most;
  if (!long(path, 100)) return ["", path];
  for (let at = path.indexOf("/"); at > 0; at = path.indexOf("/", at + 1)) {
    if (!long(path.slice(at + 1), 100) && !long(path.slice(0, at), 155)) return [path.slice(0, at), path.slice(at + 1)];
  }
  throw new Error(t("The folder holds a file whose path is too long: {path}.", { path }));
}
