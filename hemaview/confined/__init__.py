"""Files of unknown origin are looked at in child processes that can do little: limits on memory, time, files and network."""

from hemaview.confined.child import Crashed, TookTooLong, ask
from hemaview.confined.rights import limit_self, shut_in

__all__ = ["Crashed", "TookTooLong", "ask", "limit_self", "shut_in"]
