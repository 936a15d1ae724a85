"""A request becomes a live, tested endpoint."""

from local.stack import LocalStack
from tests import samples


def test_a_request_ends_in_a_real_answer_with_all_traffic(stack: LocalStack) -> None:
    status = stack.deploy(samples.request())

    assert status["error"] is None if "error" in status else True
    assert status["status"] == "Succeeded"
    assert status["result"]["answer"] == [samples.answer_of([1, 2, 3])]
    assert status["result"]["observed"]["traffic"] == {"blue": 100}
    assert {step["state"] for step in status["steps"]} <= {"succeeded", "skipped"}
