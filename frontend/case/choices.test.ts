import { expect, test } from "vitest";
import { importFields, isChoice, mayHoldSeveral, usual } from "./choices";

const two = [
  { number: 1, name: "spot 1" },
  { number: 2, name: "spot 2" },
];

test("a single file and DICOM are looked at before they come in, photographs of a set are not", () => {
  expect(mayHoldSeveral(["a.ome.tif"])).toBe(true);
  expect(mayHoldSeveral(["1.dcm", "2.dcm"])).toBe(true);
  expect(mayHoldSeveral(["IM00001", "IM00002"])).toBe(true);
  expect(mayHoldSeveral(["1.jpg", "2.jpg"])).toBe(false);
});

test("one slide of one focal plane is no choice", () => {
  expect(isChoice({ series: [], together: false, focal_planes: 1 })).toBe(false);
  expect(isChoice({ series: [], together: false, focal_planes: 3 })).toBe(true);
  expect(isChoice({ series: two, together: false, focal_planes: 1 })).toBe(true);
});

test("what nobody chose is what an import does by itself", () => {
  expect(usual({ series: two, together: true, focal_planes: 1 })).toEqual({ which: "together", plane: 0 });
  expect(usual({ series: two, together: false, focal_planes: 1 })).toEqual({ which: 1, plane: 0 });
});

test("a chosen series and plane are asked for, the sharpest is left to the import", () => {
  const contents = { series: two, together: false, focal_planes: 3 };
  expect(importFields({ which: 2, plane: 3 }, contents)).toEqual({ series: 2, plane: 3 });
  expect(importFields({ which: 2, plane: 0 }, contents)).toEqual({ series: 2 });
  expect(importFields({ which: "together", plane: 2 }, { ...contents, focal_planes: 1 })).toEqual({});
});
