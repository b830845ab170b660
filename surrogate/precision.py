"""Convolutions in bfloat16: half the digits, at twice the speed or more where a device has units for their products."""

from collections.abc import Mapping
from contextlib import AbstractContextManager, ExitStack
from typing import Any

import torch

from .settings import Precision


def has_bfloat16(device: torch.device) -> bool:
    """Whether a device has units for products in bfloat16: tensor cores, or AMX."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    capabilities: Mapping[str, Any] = getattr(torch.cpu, "get_capabilities", dict)()  # older ones do not tell
    return device.type == "cpu" and bool(capabilities.get("amx_bf16", False))


def in_precision(precision: Precision, *devices: torch.device) -> AbstractContextManager[object]:
    """In which convolutions on these devices run in bfloat16, if they are to."""
    contexts = ExitStack()
    for device in devices:
        if precision == "bfloat16" or (precision == "auto" and has_bfloat16(device)):
            contexts.enter_context(torch.autocast(device.type, dtype=torch.bfloat16))
    return contexts


def devices() -> tuple[torch.device, ...]:
    """The devices that predictions may run on: the CPU, and a GPU that is in use already."""
    in_use = bool(torch.cuda.is_initialized())  # type: ignore[no-untyped-call]
    return (torch.device("cpu"), torch.device("cuda")) if in_use else (torch.device("cpu"),)
