/** Read a page again after so many seconds, as one that shows background work asks for by `data-refresh-s`; while a form is in use
 * it waits. */
export function refreshAfter(
  seconds: number,
  formInUse: () => boolean,
  reload: () => void,
  later: (f: () => void, ms: number) => unknown,
): void {
  if (!(seconds > 0)) return;
  const look = () => {
    if (formInUse()) later(look, seconds * 1000);
    else reload();
  };
  later(look, seconds * 1000);
}
