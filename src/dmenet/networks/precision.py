"""In which numbers a network is run."""

from typing import Literal, get_args

import torch

from dmenet.errors import InputError

Precision = Literal["auto", "float32", "bfloat16"]

BFLOAT16_FLAGS = ("amx_bf16", "avx512_bf16")
"""Processors with one of these multiply bfloat16 at least twice as fast as float32. Others have to
emulate it, which took nine times as long as float32."""


def dtype_of(precision: str, device: torch.device) -> torch.dtype:
    """The type that a precision means on a device.

    Args:
        precision: ``float32``, ``bfloat16``, or ``auto``: what is fast here.
        device: that the network runs on.

    Raises:
        InputError: it is none of these.
    """
    if precision not in get_args(Precision):
        raise InputError(f"precision={precision}: expected one of {list(get_args(Precision))}")
    if precision == "float32":
        return torch.float32
    return torch.bfloat16 if precision == "bfloat16" or has_bfloat16(device) else torch.float32


def has_bfloat16(device: torch.device) -> bool:
    """Whether a device computes bfloat16 faster than float32."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    # Newer than the oldest torch that is allowed.
    capabilities: dict[str, object] = getattr(torch.cpu, "get_capabilities", dict)()
    return any(capabilities.get(flag) for flag in BFLOAT16_FLAGS)
