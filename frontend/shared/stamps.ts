/** Whether the same analyses are counted, and as they were: their stamps by id, as the API gives them before a signature. */
export function sameStamps(a: Record<string, string>, b: Record<string, string>): boolean {
  const ids = Object.keys(a);
  return ids.length === Object.keys(b).length && ids.every((id) => a[id] === b[id]);
}
