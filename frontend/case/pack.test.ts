import { expect, test } from "vitest";
import { header, packed, zarrFolder } from "./pack";

const at = (path: string) => ({ name: path.split("/").pop() ?? "", webkitRelativePath: path });

test("a folder with a Zarr group's mark at its root is an OME-Zarr, others are not", () => {
  expect(zarrFolder([at("film.zarr/0/.zarray"), at("film.zarr/.zgroup")])).toBe("film.zarr");
  expect(zarrFolder([at("film/zarr.json")])).toBe("film");
  expect(zarrFolder([at("fields/1.jpg"), at("fields/2.jpg")])).toBe("");
  expect(zarrFolder([at("study/film.zarr/.zgroup")])).toBe("");
});

test("a file's header says its name, its size and their sum", () => {
  const block = header("0/c/0/12", 1000);
  const words = new TextDecoder().decode(block);
  expect(words.slice(0, 9)).toBe("0/c/0/12\0");
  expect(Number.parseInt(words.slice(124, 135), 8)).toBe(1000);
  const bare = block.slice();
  bare.fill(32, 148, 156);
  expect(Number.parseInt(words.slice(148, 154), 8)).toBe(bare.reduce((total, byte) => total + byte, 0));
});

test("a long path is told in two fields, and one that fits in none is refused", () => {
  const words = new TextDecoder().decode(header(`${"a".repeat(90)}/${"b".repeat(60)}`, 0));
  expect(words.slice(345, 435)).toBe("a".repeat(90));
  expect(words.slice(0, 61)).toBe(`${"b".repeat(60)}\0`);
  expect(() => header("c".repeat(200), 0)).toThrow("too long");
});

test("what is packed is named after the folder and ends on whole blocks", () => {
  const file = Object.assign(new File(["abc"], ".zgroup"), {});
  Object.defineProperty(file, "webkitRelativePath", { value: "film/.zgroup" });
  const archive = packed([file], "film");
  expect(archive.name).toBe("film.zarr.tar");
  expect(archive.size).toBe(512 * 4);
});
