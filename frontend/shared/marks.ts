/** The marks that stand for classes, as paths in a box from -1 to 1: drawn on canvas and as SVG from one source. */

type Point = [number, number];

const star: Point[] = Array.from({ length: 10 }, (_, i) => {
  const angle = (Math.PI * i) / 5 - Math.PI / 2;
  const radius = i % 2 ? 0.45 : 1;
  return [radius * Math.cos(angle), radius * Math.sin(angle)];
});

const POLYGONS: Record<string, Point[]> = {
  square: [
    [-0.8, -0.8],
    [0.8, -0.8],
    [0.8, 0.8],
    [-0.8, 0.8],
  ],
  triangle: [
    [0, -0.95],
    [0.95, 0.75],
    [-0.95, 0.75],
  ],
  diamond: [
    [0, -1],
    [1, 0],
    [0, 1],
    [-1, 0],
  ],
  plus: [
    [-0.32, -1],
    [0.32, -1],
    [0.32, -0.32],
    [1, -0.32],
    [1, 0.32],
    [0.32, 0.32],
    [0.32, 1],
    [-0.32, 1],
    [-0.32, 0.32],
    [-1, 0.32],
    [-1, -0.32],
    [-0.32, -0.32],
  ],
  cross: [
    [-0.95, -0.55],
    [-0.55, -0.95],
    [0, -0.4],
    [0.55, -0.95],
    [0.95, -0.55],
    [0.4, 0],
    [0.95, 0.55],
    [0.55, 0.95],
    [0, 0.4],
    [-0.55, 0.95],
    [-0.95, 0.55],
    [-0.4, 0],
  ],
  star,
  bar: [
    [-1, -0.4],
    [1, -0.4],
    [1, 0.4],
    [-1, 0.4],
  ],
};

/** SVG path data of a mark. */
export function markPath(mark: string): string {
  const points = POLYGONS[mark];
  if (!points) return "M-0.85 0a0.85 0.85 0 1 0 1.7 0a0.85 0.85 0 1 0 -1.7 0Z";
  return `M${points.map(([x, y]) => `${x.toFixed(3)} ${y.toFixed(3)}`).join("L")}Z`;
}

/** A mark drawn once into a small canvas; stamping it is far cheaper than drawing a path for each cell. */
export function markSprite(mark: string, colour: string, size_px: number, ratio: number): HTMLCanvasElement {
  const side = Math.ceil((size_px + 3) * ratio);
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = side;
  const context = canvas.getContext("2d");
  if (!context) return canvas;
  context.translate(side / 2, side / 2);
  context.scale((size_px / 2) * ratio, (size_px / 2) * ratio);
  const path = new Path2D(markPath(mark));
  context.lineJoin = "round";
  context.lineWidth = 4.4 / size_px;
  context.strokeStyle = "rgba(255,255,255,0.95)";
  context.stroke(path);
  context.lineWidth = 1.8 / size_px;
  context.strokeStyle = "rgba(0,0,0,0.75)";
  context.stroke(path);
  context.fillStyle = colour;
  context.fill(path);
  return canvas;
}
