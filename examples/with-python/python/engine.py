from __future__ import annotations

import os

from restack_ai import Restack
from restack_ai.restack import CloudConnectionOptions


def connect() -> Restack:
    """The engine of the environment: a Restack engine, or any Temporal server."""
    return Restack(
        CloudConnectionOptions(
            engine_id=os.getenv("RESTACK_ENGINE_ID", "local"),
            address=os.getenv("RESTACK_ENGINE_ADDRESS", "localhost:7233"),
            api_key=os.getenv("RESTACK_ENGINE_API_KEY"),
            api_address=os.getenv("RESTACK_ENGINE_API_ADDRESS"),
        ),
    )
