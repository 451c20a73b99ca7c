"""What a child process takes from itself before it opens a file of unknown origin.

`limit_self` sets limits on memory, CPU time and open files. `shut_in` has the kernel refuse, for the rest of the process,
what only a hijacked reader would ask for: sockets, programs, processes, and any change of the file system (a seccomp filter,
https://docs.kernel.org/userspace-api/seccomp_filter.html; threads and reading stay).
"""

from __future__ import annotations

import ctypes
import os
import platform
import resource
import struct

_SHARED = {"io_uring_setup": 425, "clone3": 435, "openat2": 437}
_REFUSED: dict[str, dict[str, int]] = {
    "x86_64": {
        "open": 2, "socket": 41, "connect": 42, "accept": 43, "sendto": 44, "sendmsg": 46, "bind": 49, "listen": 50,
        "socketpair": 53, "clone": 56, "fork": 57, "vfork": 58, "execve": 59, "truncate": 76, "rename": 82, "mkdir": 83,
        "rmdir": 84, "creat": 85, "link": 86, "unlink": 87, "symlink": 88, "chmod": 90, "fchmod": 91, "chown": 92, "fchown": 93,
        "lchown": 94, "ptrace": 101, "utime": 132, "mknod": 133, "mount": 165, "setxattr": 188, "utimes": 235, "openat": 257,
        "mkdirat": 258, "mknodat": 259, "fchownat": 260, "unlinkat": 263, "renameat": 264, "linkat": 265, "symlinkat": 266,
        "fchmodat": 268, "unshare": 272, "utimensat": 280, "accept4": 288, "open_by_handle_at": 304, "sendmmsg": 307,
        "setns": 308, "process_vm_writev": 311, "renameat2": 316, "bpf": 321, "execveat": 322, "userfaultfd": 323, **_SHARED,
    },
    "aarch64": {
        "mkdirat": 34, "mknodat": 33, "unlinkat": 35, "symlinkat": 36, "linkat": 37, "renameat": 38, "mount": 40,
        "truncate": 45, "fchmod": 52, "fchmodat": 53, "fchownat": 54, "fchown": 55, "openat": 56, "utimensat": 88, "unshare": 97,
        "ptrace": 117, "setxattr": 5, "socket": 198, "socketpair": 199, "bind": 200, "listen": 201, "accept": 202,
        "connect": 203, "sendto": 206, "sendmsg": 211, "clone": 220, "execve": 221, "accept4": 242,
        "open_by_handle_at": 265, "setns": 268, "sendmmsg": 269, "process_vm_writev": 271, "renameat2": 276, "bpf": 280,
        "execveat": 281, "userfaultfd": 282, **_SHARED,
    },
}  # fmt: skip
"""Number of each refused call, by machine."""
_MACHINE = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_SECCOMP = {"x86_64": 317, "aarch64": 277}
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16
_ALLOW, _REFUSE, _UNKNOWN = 0x7FFF0000, 0x00050000 | 1, 0x00050000 | 38
"""Let it through; EPERM; ENOSYS, after which the C library takes the older call."""
_CLONE_THREAD = 0x00010000
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
_NO_NEW_PRIVILEGES, _SET_FILTER, _ALL_THREADS = 38, 1, 1


def limit_self(memory_bytes: int, cpu_seconds: int, open_files: int = 256, address_bytes: int = 0) -> None:
    """Bound this process's memory, CPU time and descriptors, and let it leave no core dump. `address_bytes`: the addresses it
    may use, where its libraries alone take more of them than it may have memory (those of GPUs do); 0: as many."""
    addresses = address_bytes or memory_bytes
    resource.setrlimit(resource.RLIMIT_AS, (addresses, addresses))
    resource.setrlimit(resource.RLIMIT_DATA, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (open_files, open_files))


def shut_in() -> bool:
    """From here on no thread of this process opens a socket, starts a process or changes a file; False where the system
    cannot be asked for that (another one than Linux on x86-64 or ARM64, or a kernel without seccomp)."""
    machine = platform.machine()
    if platform.system() != "Linux" or machine not in _REFUSED:
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    rules = _filter(machine)
    code = ctypes.create_string_buffer(b"".join(rules), 8 * len(rules))
    program = ctypes.create_string_buffer(struct.pack("@HP", len(rules), ctypes.addressof(code)))
    if libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0) != 0:
        return False
    return bool(libc.syscall(_SECCOMP[machine], _SET_FILTER, _ALL_THREADS, program) == 0)


def _filter(machine: str) -> list[bytes]:
    """The filter's instructions (classic BPF over struct seccomp_data)."""
    calls = dict(_REFUSED[machine])
    rules = [_rule(_LOAD, _ARCHITECTURE), _rule(_EQUAL, _MACHINE[machine], 1, 0), _rule(_RETURN, _REFUSE)]
    rules.append(_rule(_LOAD, _NUMBER))
    if machine == "x86_64":
        rules += [
            _rule(_AT_LEAST, 0x40000000, 0, 1),
            _rule(_RETURN, _REFUSE),
        ]  # the x32 calls have numbers of their own
    for name in ("clone3", "openat2"):
        rules += [_rule(_EQUAL, calls.pop(name), 0, 1), _rule(_RETURN, _UNKNOWN)]
    # Threads are clones too, and reading opens files: what their flags say decides.
    rules += _unless(calls.pop("clone"), 0, _CLONE_THREAD, refused_where_set=False)
    rules += _unless(calls.pop("openat"), 2, _WRITES, refused_where_set=True)
    if "open" in calls:
        rules += _unless(calls.pop("open"), 1, _WRITES, refused_where_set=True)
    for number in calls.values():
        rules += [_rule(_EQUAL, number, 0, 1), _rule(_RETURN, _REFUSE)]
    return [*rules, _rule(_RETURN, _ALLOW)]


def _unless(number: int, argument: int, bits: int, refused_where_set: bool) -> list[bytes]:
    """Refuse a call by whether any of the bits is set in the lower half of its argument."""
    verdicts = (_REFUSE, _ALLOW) if refused_where_set else (_ALLOW, _REFUSE)
    return [
        _rule(_EQUAL, number, 0, 4),
        _rule(_LOAD, _ARGUMENTS + 8 * argument),
        _rule(_ANY_BIT, bits, 0, 1),
        *(_rule(_RETURN, verdict) for verdict in verdicts),
    ]


def _rule(code: int, k: int, jump_true: int = 0, jump_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, jump_true, jump_false, k)
