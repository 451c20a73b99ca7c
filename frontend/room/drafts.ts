/** Comments on cells that were begun and not saved: kept while the page is open, whichever cell or analysis is shown; no DOM. */

export class Drafts {
  private readonly texts = new Map<string, string>();

  /** The text that was begun on a cell of an analysis; empty where none was. */
  of(job: string | null, cell: string): string {
    return this.texts.get(nameOf(job, cell)) ?? "";
  }

  /** Keep what was typed so far; blanks are no draft. */
  keep(job: string | null, cell: string, text: string): void {
    if (text.trim()) this.texts.set(nameOf(job, cell), text);
    else this.texts.delete(nameOf(job, cell));
  }

  /** How many there are, in all or in one analysis. */
  count(job?: string | null): number {
    const begins = nameOf(job ?? null, "");
    return job === undefined
      ? this.texts.size
      : [...this.texts.keys()].filter((name) => name.startsWith(begins)).length;
  }
}

function nameOf(job: string | null, cell: string): string {
  return `${job ?? ""} ${cell}`;
}
