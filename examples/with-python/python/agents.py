"""An agent and a function in Python, in company with agents in TypeScript on the same engine."""

from __future__ import annotations

from datetime import timedelta

from pydantic import BaseModel
from restack_ai.agent import agent
from restack_ai.function import function


class WordsInput(BaseModel):
    text: str


@function.defn()
async def count_words(words: WordsInput) -> dict[str, int]:
    """A function that TypeScript agents run as a step on the queue "python"."""
    return {"words": len(words.text.split())}


class ClerkInput(BaseModel):
    name: str


class NoteInput(BaseModel):
    text: str


@agent.defn()
class PythonClerk:
    """Keeps notes, and asks a TypeScript function and a TypeScript agent for help."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self.ended = False

    @agent.state
    def kept(self) -> list[str]:
        return self.notes

    @agent.event
    async def note(self, note: NoteInput) -> int:
        self.notes.append(note.text)
        return len(self.notes)

    @agent.event
    async def end(self) -> str:
        self.ended = True
        return "ending"

    @agent.run
    async def run(self, clerk: ClerkInput) -> dict[str, object]:
        greeting = await agent.step(
            function="greet",
            function_input={"name": clerk.name},
            task_queue="restack",
            start_to_close_timeout=timedelta(seconds=10),
        )
        summary = await agent.child_execute(
            agent="summaryAgent",
            agent_id=f"summary-of-{clerk.name}",
            agent_input={"text": f"{greeting}, from Python"},
        )
        await agent.condition(lambda: self.ended)
        return {"greeting": greeting, "summary": summary, "notes": self.notes}
