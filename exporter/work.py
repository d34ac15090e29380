"""
Where long calculations run: one thread beside the event loop. Decoding and rendering hold the
interpreter, so more threads would only take turns, and each keeps tens of megabytes to itself.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")

WORKER = ThreadPoolExecutor(max_workers=1, thread_name_prefix="work")


async def aside(
    function: Callable[Parameters, Result], *args: Parameters.args, **kwargs: Parameters.kwargs
) -> Result:
    """What a function gives, calculated without holding up the event loop."""
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(WORKER, lambda: function(*args, **kwargs))
