"""Offers the Python agent and function on the queue "python"."""

from __future__ import annotations

import asyncio

from agents import PythonClerk, count_words
from engine import connect
from restack_ai.restack import ServiceOptions


async def main() -> None:
    restack = connect()
    await restack.start_service(
        agents=[PythonClerk],
        functions=[count_words],
        task_queue="python",
        # This example has no engine API to announce itself to.
        options=ServiceOptions(endpoints=False),
    )


if __name__ == "__main__":
    asyncio.run(main())
