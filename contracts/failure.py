"""A failed step, as what activities raise and as the value that crosses to orchestrations.

Which errors there are: `contracts/errors.py`.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field

from contracts.base import Contract, beginning, ending
from contracts.container_log import telling
from contracts.redaction import redact

MESSAGE_LIMIT = 600  # bytes of JSON, as activities and custom statuses are measured
LOG_TAIL_LIMIT = 1400

# Who has to do something about it: whoever asked for the deployment, whoever runs Azure for them, or nobody but Azure.
Whose = Literal["caller", "platform team", "Azure"]


class Failure(Contract):
    """A failed step as a value: what an activity answers instead of raising."""

    code: str
    message: str
    suggestion: str
    step: str = ""
    cause: str | None = None
    retryable: bool = False
    propagation: Annotated[bool, Field(description="looks like a role assignment that is not effective yet")] = False
    retry_after: Annotated[float, Field(ge=0, description="seconds the service asked to wait")] | None = None
    log_tail: str | None = None


class DeploymentError(Exception):
    """Base: a foreseen failure with a stable code (the class name), whose problem it is, and what to do next.

    A subclass says `whose` in its head; `retryable`, whether the same step may pass when it is taken again.

    Attributes:
        message: what happened, in one sentence, safe to show (no secret, cut to `message_limit`).
        cause: the code Azure gave, where there is one.
        log_tail: the last lines of the container's log, where there is one.
        retry_after: seconds the service asked to wait.
    """

    retryable: bool = False
    propagation: ClassVar[bool] = False
    suggestion: ClassVar[str] = "Read the message."
    message_limit: ClassVar[int] = MESSAGE_LIMIT
    whose: ClassVar[Whose]

    def __init_subclass__(cls, *, whose: Whose) -> None:
        super().__init_subclass__()
        cls.whose = whose

    def __init__(
        self,
        message: str,
        *,
        cause: str | None = None,
        log_tail: str | None = None,
        retry_after: float | None = None,
        suggestion: str | None = None,
    ) -> None:
        self.message = beginning(redact(message), self.message_limit)
        super().__init__(self.message)
        self.cause = cause
        self.log_tail: str | None = None
        self.retry_after = retry_after
        self.advice = suggestion or self.suggestion
        self.with_log(log_tail or "")

    def with_log(self, log: str) -> Self:
        """This error with what a container's log tells of it: the user's exception is at the end."""
        self.log_tail = ending(redact(telling(log)), LOG_TAIL_LIMIT) or None
        return self

    def to_failure(self) -> Failure:
        """This error as the value that crosses the activity boundary."""
        return Failure(
            code=type(self).__name__,
            message=self.message,
            suggestion=self.advice,
            cause=self.cause,
            retryable=self.retryable,
            propagation=self.propagation,
            retry_after=self.retry_after,
            log_tail=self.log_tail,
        )


def place_of(error: Exception) -> str:
    """Where an exception was raised, in words that hold nothing foreign: `in <function>, line <n>`."""
    where = error.__traceback__
    while where is not None and where.tb_next is not None:
        where = where.tb_next
    return f"in {where.tb_frame.f_code.co_name}, line {where.tb_lineno}" if where else "somewhere"


class StepFailed(Exception):
    """Orchestration side: a step ended with this failure, for good."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(f"{failure.code} in {failure.step}: {failure.message}")
        self.failure = failure
