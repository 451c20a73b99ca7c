import { expect, test } from "vitest";
import { dropped, mayCome, sorted } from "./incoming";

const withNames = (...names: string[]) => names.map((name) => new File(["x"], name));
const dicom = (name: string) => new File(["\0".repeat(128), "DICM"], name);

test("what is no slide and no picture is left out of several files and named", async () => {
  const { files, leftOut } = await sorted(
    withNames("o1.jpg", "Thumbs.db", "desktop.ini", ".DS_Store", "note.txt", "x.gif", "y.gif"),
  );
  expect(files.map((file) => file.name)).toEqual(["o1.jpg"]);
  expect(leftOut).toContain("Thumbs.db, desktop.ini, .DS_Store, note.txt, x.gif and 1 more");
  expect((await sorted(withNames("o1.jpg", "o2.PNG"))).leftOut).toBe("");
});

test("one file alone is the server's to judge", async () => {
  const note = withNames("note.txt");
  expect(await sorted(note)).toEqual({ files: note, leftOut: "" });
});

test("a file without a suffix comes in where it is DICOM: a README beside pictures does not", async () => {
  const { files, leftOut } = await sorted([...withNames("o1.jpg", "README"), dicom("IM00001"), dicom("1.2.840.10008")]);
  expect(files.map((file) => file.name)).toEqual(["o1.jpg", "IM00001", "1.2.840.10008"]);
  expect(leftOut).toContain("README");
});

test("files of slides and of archives may come in", () => {
  for (const name of ["a.svs", "Slidedat.ini", "Data0001.dat", "IM00001", "1.2.840.10008", "film.zarr.tar"])
    expect(mayCome(name), name).toBe(true);
});

test("a dropped folder becomes its files with their paths, however many at a time the browser tells", async () => {
  const file = (path: string) => ({
    isFile: true,
    fullPath: path,
    file: (give: (f: File) => void) => give(new File(["x"], path.split("/").pop() ?? "")),
  });
  const portions = [[file("/set/1.jpg")], [file("/set/2.jpg")], []];
  const folder = {
    isFile: false,
    fullPath: "/set",
    createReader: () => ({ readEntries: (give: (e: unknown) => void) => give(portions.shift()) }),
  };
  const data = { files: [], items: [{ webkitGetAsEntry: () => folder }] } as unknown as DataTransfer;
  expect((await dropped(data)).map((f) => f.webkitRelativePath)).toEqual(["set/1.jpg", "set/2.jpg"]);
});
