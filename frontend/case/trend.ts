/** Where the points of a small trend lie: plain geometry, drawn by Trend.tsx. */

export interface TrendPoint {
  value: number;
  low: number;
  high: number | null;
}

export interface TrendShape {
  line: string;
  dots: { x: number; y: number; top: number; bottom: number; open: boolean }[];
  band: { y: number; height: number } | null;
}

/** Points from left to right with their intervals, the reference range as a band; everything lies within width × height. */
export function trendShape(
  points: TrendPoint[],
  usual: { low: number; high: number } | null,
  width: number,
  height: number,
  pad = 5,
): TrendShape {
  const ends = points.flatMap((p) => [p.low, p.value, p.high ?? p.value]);
  if (usual) ends.push(usual.low, usual.high);
  const low = Math.min(...ends);
  const span = Math.max(...ends) - low || 1;
  const y = (value: number) => height - pad - ((value - low) / span) * (height - 2 * pad);
  const step = points.length > 1 ? (width - 2 * pad) / (points.length - 1) : 0;
  const dots = points.map((p, i) => ({
    x: pad + i * step,
    y: y(p.value),
    top: p.high === null ? pad : y(p.high),
    bottom: y(p.low),
    open: p.high === null,
  }));
  return {
    line: dots.map((d) => `${d.x.toFixed(1)},${d.y.toFixed(1)}`).join(" "),
    dots,
    band: usual ? { y: y(usual.high), height: y(usual.low) - y(usual.high) } : null,
  };
}
