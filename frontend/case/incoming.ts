/** Which of the files that a person chose or dropped come in. */

import { t } from "../shared/catalogue";

/** Slides, pictures, and files that belong to a slide, by suffix; the same as in hemaview/wsi/sources/names.py. */
const SUFFIXES = [
  "svs",
  "ndpi",
  "mrxs",
  "dat",
  "ini",
  "scn",
  "bif",
  "tif",
  "tiff",
  "dcm",
  "svslide",
  "vms",
  "vmu",
  "opt",
  "jpg",
  "vsi",
  "ets",
  "czi",
  "jpeg",
  "png",
  "webp",
  "bmp",
  "dib",
  "heic",
  "heif",
  "hif",
  "avif",
];
const OF_SYSTEMS = ["desktop.ini", "thumbs.db"];
const EXPORTED = /^([A-Za-z0-9_-]+|\d+(\.\d+)+)$/;
const MOST_NAMED = 5;

/** Whether a file may come in by its name; what it holds is looked at when it is there. */
export function mayCome(name: string): boolean {
  if (name.startsWith(".") || OF_SYSTEMS.includes(name.toLowerCase())) return false;
  const suffix = /\.([^.]+)$/.exec(name)?.[1]?.toLowerCase() ?? "";
  return SUFFIXES.includes(suffix) || /\.zarr\.tar$/i.test(name) || EXPORTED.test(name);
}

/** Of several files those that may come in, and a sentence on those that are left out; one file alone is the server's to judge. */
export async function sorted(files: readonly File[]): Promise<{ files: File[]; leftOut: string }> {
  if (files.length === 1) return { files: [...files], leftOut: "" };
  const comes = await Promise.all(files.map(async (file) => mayCome(file.name) && (await isWhatItsNameSays(file))));
  const others = files.filter((_, i) => !comes[i]).map((file) => file.name);
  if (others.length === 0) return { files: [...files], leftOut: "" };
  const more = others.length > MOST_NAMED ? ` ${t("and {n} more", { n: others.length - MOST_NAMED })}` : "";
  const names = others.slice(0, MOST_NAMED).join(", ") + more;
  return {
    files: files.filter((_, i) => comes[i]),
    leftOut: t("Left out, because they are neither slides nor pictures that can be imported: {names}.", { names }),
  };
}

/** A name without a suffix is that of DICOM as archives export it only where the file begins as DICOM does (PS3.10, 7.1). */
async function isWhatItsNameSays(file: File): Promise<boolean> {
  return !EXPORTED.test(file.name) || (await file.slice(128, 132).text()) === "DICM";
}

/** The files that were dropped, those of dropped folders with their paths, as a folder that was chosen gives them. */
export async function dropped(data: DataTransfer): Promise<File[]> {
  const entries = [...data.items].flatMap((item) => item.webkitGetAsEntry() ?? []);
  if (entries.every((entry) => entry.isFile)) return [...data.files];
  return (await Promise.all(entries.map(filesOf))).flat();
}

async function filesOf(entry: FileSystemEntry): Promise<File[]> {
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));
    return [Object.defineProperty(file, "webkitRelativePath", { value: entry.fullPath.slice(1) })];
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  const inside: FileSystemEntry[] = [];
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) break; // browsers give a hundred at a time
    inside.push(...some);
  }
  return (await Promise.all(inside.map(filesOf))).flat();
}
