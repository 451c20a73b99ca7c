/** A place on a slide as it stands in the address: `#slide=…&x=…&y=…&z=…&r=…&cell=…`. */

export interface Place {
  slide?: string;
  /** Centre of the view, level-0 px. */
  x?: number;
  y?: number;
  /** Css px per level-0 px. */
  zoom?: number;
  /** Degrees clockwise, 0 to 359. */
  rotation?: number;
  /** Row of the chosen cell. */
  cell?: number;
}

export function formatPlace(place: Place): string {
  const parts: string[] = [];
  if (place.slide) parts.push(`slide=${encodeURIComponent(place.slide)}`);
  if (place.x !== undefined && place.y !== undefined)
    parts.push(`x=${Math.round(place.x)}`, `y=${Math.round(place.y)}`);
  if (place.zoom !== undefined) parts.push(`z=${Number(place.zoom.toPrecision(4))}`);
  if (place.rotation) parts.push(`r=${Math.round(place.rotation)}`);
  if (place.cell !== undefined) parts.push(`cell=${place.cell}`);
  return `#${parts.join("&")}`;
}

/** What can be read of an address; anything that is not a number is left out. */
export function parsePlace(hash: string): Place {
  const query = new URLSearchParams(hash.replace(/^#/, ""));
  const place: Place = {};
  const number = (key: string): number | undefined => {
    const text = query.get(key);
    const value = text === null || text.trim() === "" ? Number.NaN : Number(text);
    return Number.isFinite(value) ? value : undefined;
  };
  const slide = query.get("slide");
  if (slide) place.slide = slide;
  const x = number("x");
  const y = number("y");
  if (x !== undefined && y !== undefined) Object.assign(place, { x, y });
  const zoom = number("z");
  if (zoom !== undefined && zoom > 0) place.zoom = zoom;
  const rotation = number("r");
  if (rotation !== undefined) place.rotation = ((rotation % 360) + 360) % 360;
  const cell = number("cell");
  if (cell !== undefined && cell >= 0 && Number.isInteger(cell)) place.cell = cell;
  return place;
}
