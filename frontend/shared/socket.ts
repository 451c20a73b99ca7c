/** A websocket that comes back. What it says is a hint: after each (re)connection the caller reads the truth again. */

import { line } from "./line";

/** With which the server ends a socket whose person may not, or no longer, hear of what it tells. */
const NO_RIGHT = 4403;

export interface Live {
  close(): void;
}

export function live(path: string, onMessage: (message: never) => void, onConnect: () => void): Live {
  let socket: WebSocket | null = null;
  let isClosed = false;
  let wait_ms = 500;
  let timer = 0;

  const open = () => {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    socket = new WebSocket(`${scheme}://${location.host}${path}`);
    socket.onopen = () => {
      wait_ms = 500;
      line.reached("news");
      onConnect();
    };
    socket.onmessage = (event) => onMessage(JSON.parse(String(event.data)) as never);
    socket.onclose = (event) => {
      if (isClosed) return;
      if (event.code === NO_RIGHT) {
        // Nobody, or somebody else, is signed in, or the right to see this has ended: what is read now says which.
        onConnect();
        return;
      }
      line.lost("news");
      timer = window.setTimeout(open, wait_ms);
      wait_ms = Math.min(5000, wait_ms * 2);
    };
  };
  open();
  return {
    close() {
      isClosed = true;
      window.clearTimeout(timer);
      socket?.close();
    },
  };
}
