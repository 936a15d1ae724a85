"""What a watch concludes from what it sees."""

from datetime import UTC, datetime, timedelta

from contracts.activities import Provisioning
from contracts.errors import EndpointBusy
from contracts.failure import Failure
from contracts.orders import WatchOrder
from orchestrations.policies import ABSENCES_BELIEVED
from orchestrations.watch import Looking

BEGAN = datetime(2030, 1, 1, tzinfo=UTC)
GONE = Provisioning(state="Deleted", done=True, absent=True)
BUSY = EndpointBusy("another operation runs").to_failure()


def looking() -> Looking:
    patience = {"first": "PT15S", "factor": 1.5, "longest": "PT2M", "allowed": "PT2H"}
    return Looking(WatchOrder.from_wire({"activity": "remove_deployment", "message": {}, **patience}), BEGAN)


def test_an_absence_is_believed_after_several_looks() -> None:
    watch = looking()

    answers = [watch.saw(GONE, BEGAN + timedelta(minutes=n)) for n in range(ABSENCES_BELIEVED)]

    assert answers[:-1] == [None] * (ABSENCES_BELIEVED - 1)
    assert answers[-1]["ok"]["absent"]


def test_what_refuses_to_be_deleted_between_them_is_there() -> None:
    """Over hours, each look in some hundreds may miss it."""
    watch = looking()

    seen: list[Provisioning | Failure] = [GONE, BUSY] * ABSENCES_BELIEVED
    answers = [watch.saw(one, BEGAN + timedelta(minutes=n)) for n, one in enumerate(seen)]

    assert answers == [None] * len(answers)


def test_an_absence_has_its_time_to_show_also_at_the_deadline() -> None:
    watch = looking()
    moment = watch.deadline - timedelta(seconds=1)

    watch.saw(GONE, moment)

    assert watch.next_look(moment) > watch.deadline
