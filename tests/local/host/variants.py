"""Functions whose parameters and annotations do, or do not, go with their bindings, as texts.

Which are taken in Azure is what Microsoft's worker library said of each; the test asks it again.
"""

from __future__ import annotations

BEFORE = """
import dataclasses, typing
from typing import TYPE_CHECKING, Any, Callable, Dict, Generic, List, Literal, Optional, Tuple
from typing import TypedDict, TypeVar, Union
import azure.durable_functions as df
import azure.functions as func
if TYPE_CHECKING:
    from decimal import Decimal
T = TypeVar("T")
class Payload(TypedDict):
    a: int
@dataclasses.dataclass
class Record:
    a: int
class Box(Generic[T]):
    pass
UserId = typing.NewType("UserId", str)
app = df.DFApp(http_auth_level=func.AuthLevel.ANONYMOUS)
"""
_HTTP = '@app.route(route="f")\n'
_ACTIVITY = '@app.activity_trigger(input_name="x")\n'
_EVENT = '@app.event_grid_trigger(arg_name="event")\n'
_TIMER = '@app.timer_trigger(arg_name="timer", schedule="0 0 3 * * *")\n'
_TURN = '@app.orchestration_trigger(context_name="context")\n'
_ENTITY = '@app.entity_trigger(context_name="context")\n'
_CLIENT = '@app.route(route="f")\n@app.durable_client_input(client_name="client")\n'
_CLIENT_FIRST = (
    '@app.durable_client_input(client_name="client")\n@app.route(route="f")\n'
    "async def f(req: func.HttpRequest, client): ..."
)
FUTURE = "from __future__ import annotations\n"

TAKEN = {
    "http request": _HTTP + "def f(req: func.HttpRequest) -> func.HttpResponse: ...",
    "http bare": _HTTP + "def f(req): ...",
    "http text result": _HTTP + "def f(req: func.HttpRequest) -> str: ...",
    "http text parameter": _HTTP + "def f(req: str): ...",
    "http bytes parameter": _HTTP + "def f(req: bytes): ...",
    "http context": _HTTP + "def f(req: func.HttpRequest, context: func.Context): ...",
    "http bare context": _HTTP + "def f(req, context): ...",
    "http async": _HTTP + "async def f(req: func.HttpRequest) -> func.HttpResponse: ...",
    "http keyword only": _HTTP + "def f(*, req: func.HttpRequest): ...",
    "http as text": FUTURE + _HTTP + "def f(req: func.HttpRequest) -> func.HttpResponse: ...",
    "http other name": '@app.route(route="f", trigger_arg_name="question")\ndef f(question: func.HttpRequest): ...',
    "activity bare": _ACTIVITY + "def f(x): ...",
    "activity int": _ACTIVITY + "def f(x: int) -> int: ...",
    "activity dict": _ACTIVITY + "def f(x: dict) -> dict: ...",
    "activity Dict": _ACTIVITY + "def f(x: Dict[str, Any]): ...",
    "activity bare Dict": _ACTIVITY + "def f(x: Dict): ...",
    "activity List": _ACTIVITY + "def f(x: List[int]): ...",
    "activity Literal": _ACTIVITY + 'def f(x: Literal["a"]): ...',
    "activity TypedDict": _ACTIVITY + "def f(x: Payload): ...",
    "activity dataclass": _ACTIVITY + "def f(x: Record): ...",
    "activity generic class": _ACTIVITY + "def f(x: Box[int]): ...",
    "activity None": _ACTIVITY + "def f(x: None): ...",
    "activity Annotated": _ACTIVITY + 'def f(x: typing.Annotated[str, "why"]): ...',
    "activity any result": _ACTIVITY + "def f(x: str) -> dict[str, int]: ...",
    "activity union result": _ACTIVITY + "def f(x: str) -> str | None: ...",
    "activity context": _ACTIVITY + "def f(x: str, context: func.Context): ...",
    "event": _EVENT + "def f(event: func.EventGridEvent) -> None: ...",
    "event text": _EVENT + "def f(event: str): ...",
    "event result": _EVENT + "def f(event: func.EventGridEvent) -> int: ...",
    "timer": _TIMER + "def f(timer: func.TimerRequest) -> None: ...",
    "timer text": _TIMER + "def f(timer: str): ...",
    "orchestrator": _TURN + "def f(context: df.DurableOrchestrationContext):\n    yield",
    "orchestrator bare": _TURN + "def f(context):\n    yield",
    "orchestrator wrong annotation": _TURN + "def f(context: int) -> int:\n    yield",
    "orchestrator unknown annotation": FUTURE + _TURN + "def f(context: Nowhere):\n    yield",
    "entity": _ENTITY + "def f(context: df.DurableEntityContext): ...",
    "client": _CLIENT + "async def f(req: func.HttpRequest, client: df.DurableOrchestrationClient): ...",
    "client bare": _CLIENT + "async def f(req: func.HttpRequest, client): ...",
    "client before the trigger": _CLIENT_FIRST,
    "client str": _CLIENT + "async def f(req: func.HttpRequest, client: str): ...",
}
REFUSED = {
    "http int parameter": _HTTP + "def f(req: int): ...",
    "http dict parameter": _HTTP + "def f(req: dict): ...",
    "http union parameter": _HTTP + "def f(req: func.HttpRequest | None): ...",
    "http misnamed": _HTTP + "def f(request: func.HttpRequest): ...",
    "http one too many": _HTTP + "def f(req: func.HttpRequest, other): ...",
    "http default too many": _HTTP + "def f(req: func.HttpRequest, other=1): ...",
    "http kwargs": _HTTP + "def f(req: func.HttpRequest, **more): ...",
    "http without parameters": _HTTP + "def f(): ...",
    "http dict result": _HTTP + "def f(req: func.HttpRequest) -> dict: ...",
    "http int result": _HTTP + "def f(req: func.HttpRequest) -> int: ...",
    "http None result": _HTTP + "def f(req: func.HttpRequest) -> None: ...",
    "http bytes result": _HTTP + "def f(req: func.HttpRequest) -> bytes: ...",
    "http subscripted result": _HTTP + "def f(req: func.HttpRequest) -> dict[str, Any]: ...",
    "http union result": _HTTP + "def f(req: func.HttpRequest) -> func.HttpResponse | str: ...",
    "http Out": _HTTP + "def f(req: func.Out[str]): ...",
    "http Out result": _HTTP + "def f(req: func.HttpRequest) -> func.Out[str]: ...",
    "http wrong context": _HTTP + "def f(req: func.HttpRequest, context: dict): ...",
    "http event": _HTTP + "def f(req: func.EventGridEvent): ...",
    "http type checking": FUTURE + _HTTP + "def f(req: func.HttpRequest) -> Decimal: ...",
    "activity one too many": _ACTIVITY + "def f(x, y): ...",
    "activity misnamed": _ACTIVITY + "def f(y): ...",
    "activity subscripted dict": _ACTIVITY + "def f(x: dict[str, Any]): ...",
    "activity subscripted list": _ACTIVITY + "def f(x: list[int]): ...",
    "activity union": _ACTIVITY + "def f(x: str | None): ...",
    "activity Optional": _ACTIVITY + "def f(x: Optional[str]): ...",
    "activity Union": _ACTIVITY + "def f(x: Union[str, int]): ...",
    "activity Tuple": _ACTIVITY + "def f(x: Tuple[int, int]): ...",
    "activity Callable": _ACTIVITY + "def f(x: Callable[..., int]): ...",
    "activity NewType": _ACTIVITY + "def f(x: UserId): ...",
    "activity TypeVar": _ACTIVITY + "def f(x: T): ...",
    "activity type checking": FUTURE + _ACTIVITY + "def f(x: Decimal): ...",
    "activity type checking result": FUTURE + _ACTIVITY + "def f(x: int) -> Decimal: ...",
    "activity unknown name": _ACTIVITY + 'def f(x: "Nowhere"): ...',
    "activity Out": _ACTIVITY + "def f(x: func.Out[str]): ...",
    "activity wrong context": _ACTIVITY + "def f(x: str, context: str): ...",
    "activity without parameters": _ACTIVITY + "def f(): ...",
    "event dict": _EVENT + "def f(event: dict): ...",
    "event list": _EVENT + "def f(event: List[func.EventGridEvent]): ...",
    "event cloud": _EVENT + "def f(event: func.HttpRequest): ...",
    "timer bare class": _TIMER + "def f(timer: int): ...",
    "timer misnamed": _TIMER + "def f(mytimer: func.TimerRequest): ...",
    "client misnamed": _CLIENT + "async def f(req: func.HttpRequest, starter): ...",
    "client before the trigger, misnamed": _CLIENT_FIRST.replace("client)", "starter)"),
    "two of one name": _HTTP + "def f(req): ...\n" + _ACTIVITY + "def f(x): ...",
}
