/** What a removal takes away, compared. */

import type { Loss } from "../shared/types";

/** Whether the same would go. */
export function sameLoss(one: Loss, other: Loss | undefined): boolean {
  return other !== undefined && (Object.keys(one) as (keyof Loss)[]).every((name) => one[name] === other[name]);
}
