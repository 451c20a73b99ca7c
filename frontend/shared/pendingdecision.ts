/** Something that was decided and is done only after a while, so that it can be taken back until then; one at a time. */

const UNDO_MS = 8000;

/** Those that hold something now. */
const holding = new Set<{ flush(): Promise<void> }>();

/** Do at once what is held anywhere on the page: before something that depends on it, such as a signature. */
export async function flushPending(): Promise<void> {
  await Promise.all([...holding].map((pending) => pending.flush()));
}

export class PendingDecision<T> {
  private now: T | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private listeners = new Set<() => void>();

  constructor(
    private readonly act: (decision: T) => Promise<void>,
    private readonly undo_ms = UNDO_MS,
  ) {}

  get = (): T | null => this.now;

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** Hold a decision; the one before is done now. */
  put(decision: T): void {
    void this.flush();
    this.set(decision);
    this.timer = setTimeout(() => void this.flush(), this.undo_ms);
  }

  /** Take the decision back; false where none is held any more. */
  takeBack(): boolean {
    const hasDecision = this.now !== null;
    this.set(null);
    return hasDecision;
  }

  /** Do at once what is held. */
  async flush(): Promise<void> {
    const decision = this.now;
    if (decision === null) return;
    this.set(null);
    await this.act(decision);
  }

  private set(decision: T | null): void {
    clearTimeout(this.timer);
    this.now = decision;
    if (decision === null) holding.delete(this);
    else holding.add(this);
    for (const listener of [...this.listeners]) listener();
  }
}
