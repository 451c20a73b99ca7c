/** Presses of buttons whose rows move up under the pointer: the second of a double click would act on the next row. */

/** How long after a press another one may still be part of it. */
const DOUBLE_MS = 500;

/** Tells whether a press is meant by itself; the second of a double click and a key that is held down are not. */
export function pressesMeant(): (event: { detail: number; timeStamp: number }) => boolean {
  let last = Number.NEGATIVE_INFINITY;
  return ({ detail, timeStamp }) => {
    const alone = detail <= 1 && timeStamp - last > DOUBLE_MS;
    last = timeStamp;
    return alone;
  };
}

/** For the buttons of every row together. */
export const isMeant = pressesMeant();
