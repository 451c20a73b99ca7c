import { markPath } from "./marks";

/** A class's mark beside its name. */
export function Mark({ mark, colour, size = 12 }: { mark: string; colour: string; size?: number }) {
  return (
    <svg className="mark" width={size} height={size} viewBox="-1.2 -1.2 2.4 2.4" aria-hidden="true">
      <path d={markPath(mark)} fill={colour} strokeWidth="0.14" />
    </svg>
  );
}
