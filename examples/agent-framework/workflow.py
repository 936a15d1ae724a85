"""The kitchen's chat as an Agent Framework workflow: find the evidence, have an agent answer from it, sign the answer.

What was a node of the flow in ../chat-flow is an executor here. The agent's model is a client that answers with the
evidence it is given, the same each time, so that the example runs without a language model; to use one, put its client
in the place of `FromEvidence`, e.g. `FoundryChatClient(credential=DefaultAzureCredential(), …)`.
"""

import hmac
import os
import re
from pathlib import Path
from typing import Any, Never

from agent_framework import (
    Agent,
    BaseChatClient,
    ChatResponse,
    Executor,
    Message,
    Workflow,
    WorkflowBuilder,
    WorkflowContext,
    handler,
)

LINES = (Path(__file__).parent / "recipes.txt").read_text(encoding="utf-8").splitlines()
# Of a connection: the deployment's variables refer to it, and Azure ML fills them in.
KEY, TEAM = "HELP_DESK_KEY", "HELP_DESK_TEAM"


def words(text: str) -> set[str]:
    return set(re.findall(r"[a-z]+", text.lower()))


class Retrieve(Executor):
    """Finds the line of recipes.txt that has most words of the question."""

    @handler
    async def find(self, asked: dict[str, Any], context: WorkflowContext[dict[str, Any]]) -> None:
        wanted = words(asked["question"])
        best = max(LINES, key=lambda line: len(wanted & words(line)))
        evidence = best if words(best.split(":")[0]) & wanted else ""
        await context.send_message({**asked, "evidence": evidence})


class FromEvidence(BaseChatClient):
    """Answers with the last line of what it is asked."""

    async def _inner_get_response(self, *, messages: list[Message], **_: Any) -> ChatResponse:
        evidence = messages[-1].text.rpartition("\n")[2]
        text = evidence or f"No recipe says that: ask {os.environ[TEAM]}."
        return ChatResponse(messages=[Message("assistant", [text])])


class Answer(Executor):
    """Has the agent answer, and signs what it says with the help desk's key."""

    def __init__(self, id: str) -> None:  # noqa: A002 - the framework's own name
        super().__init__(id=id)
        self.agent = Agent(client=FromEvidence(), name="kitchen", instructions="Answer from the evidence alone.")

    @handler
    async def answer(self, asked: dict[str, Any], context: WorkflowContext[Never, str]) -> None:
        said = await self.agent.run(f"{asked['question']}\n{asked['evidence']}")
        signed = f"{asked['question']} {said.text}".encode()
        signature = hmac.new(os.environ[KEY].encode(), signed, "sha256").hexdigest()[:8]
        turn = len(asked["chat_history"]) + 1
        await context.yield_output(f"{said.text} (turn {turn}, signed {signature} by {os.environ[TEAM]})")


def create_workflow() -> Workflow:
    """A workflow runs one request at a time, so that each request has one of its own."""
    retrieve, answer = Retrieve(id="retrieve"), Answer(id="answer")
    return WorkflowBuilder(start_executor=retrieve).add_edge(retrieve, answer).build()
