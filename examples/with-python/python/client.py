"""Starts the TypeScript agent from Python, talks to it, and prints what it answers as JSON."""

from __future__ import annotations

import asyncio
import json
import sys

from engine import connect


async def main(agent_id: str) -> None:
    restack = connect()
    run_id = await restack.schedule_agent(
        agent_name="deskAgent",
        agent_id=agent_id,
        agent_input={"name": "Ada"},
    )
    answer = await restack.send_agent_event(
        event_name="message",
        agent_id=agent_id,
        run_id=run_id,
        event_input={"text": "two words"},
        wait_for_completion=True,
    )
    state = await restack.get_agent_state(agent_id=agent_id, state_name="messages")
    await restack.send_agent_event(event_name="end", agent_id=agent_id, wait_for_completion=True)
    result = await restack.get_agent_result(agent_id=agent_id)
    print(json.dumps({"answer": answer, "state": state, "result": result}))


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else "desk-from-python"))
