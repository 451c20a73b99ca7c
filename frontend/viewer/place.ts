/** A place on a slide as a link: centre in level-0 px, zoom as objective, turn in degrees, mirrored or not; a cell is a row of
 * one analysis alone, which stands beside it. */

export interface Place {
  slide?: string;
  job?: string;
  x?: number;
  y?: number;
  z?: number;
  cell?: number;
  turn_degrees?: number;
  flip?: boolean;
  /** A list of cells to begin with. */
  list?: string;
}

export function readPlace(hash: string): Place {
  const params = new URLSearchParams(hash.replace(/^#/, ""));
  const numeric = (key: string) => {
    const text = params.get(key);
    const value = text === null || text === "" ? Number.NaN : Number(text);
    return Number.isFinite(value) ? value : undefined;
  };
  return {
    slide: params.get("slide") ?? undefined,
    job: params.get("job") ?? undefined,
    x: numeric("x"),
    y: numeric("y"),
    z: numeric("z"),
    cell: numeric("cell"),
    turn_degrees: numeric("turn"),
    flip: params.get("flip") === "1" ? true : undefined,
    list: params.get("list") ?? undefined,
  };
}

export function writePlace(place: Place): string {
  const out = new URLSearchParams();
  if (place.slide) out.set("slide", place.slide);
  if (place.job) out.set("job", place.job);
  for (const key of ["x", "y"] as const) if (place[key] !== undefined) out.set(key, String(Math.round(place[key])));
  if (place.z !== undefined) out.set("z", String(Number(place.z.toFixed(2))));
  if (place.cell !== undefined) out.set("cell", String(place.cell));
  if (place.turn_degrees) out.set("turn", String(Math.round(place.turn_degrees)));
  if (place.flip) out.set("flip", "1");
  if (place.list) out.set("list", place.list);
  return `#${out.toString()}`;
}
