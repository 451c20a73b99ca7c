/** A websocket that comes back. Its messages are hints: `onOpen` is where the truth is read again. */

export interface SocketHandlers<T> {
  onMessage(message: T): void;
  onOpen?(again: boolean): void;
  onStatus?(online: boolean): void;
}

const NO_RIGHT = 4403;

export function delayMs(attempt: number): number {
  return Math.min(15_000, 500 * 2 ** Math.min(attempt, 6));
}

/** Opens `path` on this host and keeps it open; returns the function that closes it for good. */
export function connect<T>(path: string, handlers: SocketHandlers<T>): () => void {
  let closed = false;
  let attempt = 0;
  let opened = 0;
  let socket: WebSocket | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const open = () => {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    socket = new WebSocket(`${scheme}://${location.host}${path}`);
    socket.onopen = () => {
      attempt = 0;
      opened += 1;
      handlers.onStatus?.(true);
      handlers.onOpen?.(opened > 1);
    };
    socket.onmessage = (event) => {
      try {
        handlers.onMessage(JSON.parse(String(event.data)) as T);
      } catch (error) {
        console.warn("a message of the server could not be read", error);
      }
    };
    socket.onclose = (event) => {
      if (closed) return;
      handlers.onStatus?.(false);
      if (event.code === NO_RIGHT) return;
      timer = setTimeout(open, delayMs(attempt));
      attempt += 1;
    };
  };
  open();
  return () => {
    closed = true;
    clearTimeout(timer);
    socket?.close();
  };
}
