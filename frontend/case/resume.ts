/** Which interrupted upload goes on when a file is chosen again. */

interface Before {
  metadata: { [name: string]: string };
}

/** Of interrupted uploads of the same file the one into this case; one into another case would be sent whole and then refused. */
export function intoSameCase<T extends Before>(before: readonly T[], accession: string): T | undefined {
  return before.find((one) => one.metadata.case === accession);
}
