import platform
import resource

import numpy as np
import pytest

from dmenet.allocator import keep_freed_memory
from forked import run_forked

ARRAY_BYTES = 64 * 2**20


def page_faults_of_an_array() -> int:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    np.ones(ARRAY_BYTES, np.uint8)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before


def ask_twice() -> None:
    assert keep_freed_memory()
    first, second = page_faults_of_an_array(), page_faults_of_an_array()
    assert second < first / 10


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc can be told")
def test_memory_that_was_freed_is_used_again_without_page_faults() -> None:
    assert run_forked(ask_twice) == 0


def test_other_libraries_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "libc_ver", lambda: ("musl", "1.2"))
    assert not keep_freed_memory()
