"""How this process gets its memory."""

import ctypes
import platform

# From malloc.h.
M_TRIM_THRESHOLD = -1
M_MMAP_MAX = -4
_LARGEST = 2**31 - 1


def keep_freed_memory() -> bool:
    """Have the C library keep freed memory for later instead of returning it to the system.

    A network frees and asks for features of many megabytes at every layer. By default glibc maps
    and unmaps each of them, and the page faults take up to half of the time. The process then
    holds on to the most that it ever needed. For commands that run a network, not for a library.

    Returns:
        Whether it was done: other C libraries have no such setting and are left alone.
    """
    if platform.libc_ver()[0] != "glibc":
        return False
    libc = ctypes.CDLL(None)
    return bool(libc.mallopt(M_MMAP_MAX, 0) and libc.mallopt(M_TRIM_THRESHOLD, _LARGEST))
