import type { FigureSeries } from "../shared/types";
import { trendShape } from "./trend";

const WIDTH = 132;
const HEIGHT = 40;

/** A figure over the cases of a patient: each value with its interval, the reference range behind. */
export function Trend({ series, label }: { series: FigureSeries; label: string }) {
  const { line, dots, band } = trendShape(series.points, series.range, WIDTH, HEIGHT);
  return (
    <svg className="trend" width={WIDTH} height={HEIGHT} role="img" aria-label={label}>
      {band && <rect className="band" x={0} width={WIDTH} y={band.y} height={band.height} />}
      <polyline className="path" points={line} />
      {dots.map((dot) => (
        <g key={dot.x}>
          <line className="bar" x1={dot.x} x2={dot.x} y1={dot.top} y2={dot.bottom} />
          <circle className="dot" cx={dot.x} cy={dot.y} r={2.6} />
        </g>
      ))}
    </svg>
  );
}
