"""Every activity may run more than once: the second run changes nothing and answers the same."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from activities.compute_documents import maker_of
from activities.envelope import CONTRACTS
from contracts import activities as c
from contracts.automatic_runtimes import AutomaticPlanInput
from contracts.base import Contract
from contracts.orders import DeployOrder
from contracts.plan import PlanInput, PlanVerdict
from contracts.releases import Pin, ServingInput
from contracts.retiring import RetirementInput, SupersededDeployment
from contracts.runtime_deletion import DepartingRuntimeInput
from contracts.runtimes import RuntimeInput, RuntimePlan, RuntimePlanInput, RuntimeRequest
from contracts.teardown import DepartingInput
from contracts.traffic import SharesInput
from contracts.updates import UpdateInput
from local.cloud import world
from local.cloud.faults import Fault
from local.stack import LocalStack
from tests import samples
from tests.integration import acting, messages
from tests.integration.acting import INSTANCE
from triggers.requests import judged

# Of the second answer: how long the model took.
MEASURED = "milliseconds"
PRINCIPAL = world.USER_ASSIGNED[0].principal_id
THEIRS = "dep-ffffffffffffffffffffffffffffffff"


class Twice:
    """Runs activities twice at the same moment, so that nothing but the second run can explain a difference."""

    def __init__(self, stack: LocalStack) -> None:
        self.stack = stack
        self.ran: set[str] = set()

    def __call__(self, name: str, message: Contract, **otherwise: Any) -> dict[str, Any]:
        """The first answer; `otherwise` is what the second one says differently."""
        with self.stack.clock.busy():
            first = acting.done(name, message)
            after_first = acting.state(self.stack)
            self.stack.clock.advance(timedelta(seconds=1))  # a second write would carry another moment
            second = acting.done(name, message)

            assert acting.state(self.stack) == after_first, f"{name} changed something when it ran again"
        expected = {**first, **otherwise}
        assert {**second, MEASURED: 0} == {**expected, MEASURED: 0}, f"{name} answered differently when it ran again"
        self.ran.add(name)
        return first


LOGS = f"{world.RESOURCE_GROUP_ID}/providers/Microsoft.OperationalInsights/workspaces/logs"


def test_a_second_run_of_any_activity_changes_nothing(stack: LocalStack) -> None:
    twice = Twice(stack)
    within: dict[str, dict[str, Any]] = {
        "endpoint": {"mirror_traffic": {"blue": 10}},
        "deployment": {"data_collector": {"collections": {"model_inputs": {"enabled": "true"}}}},
    }
    order = acting.order(
        stack,
        within,
        diagnostics={
            "workspace_id": f"{world.RESOURCE_GROUP_ID}/providers/Microsoft.OperationalInsights/workspaces/logs"
        },
        autoscale={"minimum": 1, "maximum": 2},
        alerts={"action_groups": [world.ACTION_GROUP_ID], "errors": {}},
        traffic="none",
    )

    verdict = create(twice, order)
    serve(twice, order, verdict)
    look_and_change(twice, order, verdict)
    undo(twice, verdict, order)
    runtime(twice, verdict)

    assert twice.ran == set(CONTRACTS)


def create(twice: Twice, order: DeployOrder) -> PlanVerdict:
    """Up to a deployment that is provisioned."""
    verdict = PlanVerdict.from_wire(twice("plan_deployment", PlanInput(mark=INSTANCE, request=order.request)))
    assert verdict.problems == []
    resolved = verdict.resolved
    for kind in ("model", "environment", "code"):
        reference = getattr(resolved, kind)
        assert twice(f"register_{kind}", acting.ensuring(order, kind, resolved)) == {
            "entries": [{"kind": kind, "id": reference}]
        }
    newest = twice("find_newest_version", c.RegistrationRef(model="credit-made", version="7"))
    assert newest == {"version": "7"}
    granted = twice("grant_roles", acting.granting(verdict, PRINCIPAL))
    assert ["how" in entry for entry in granted["entries"]] == [False, False], "left out: made"
    made = twice("ensure_endpoint", acting.ensuring(order, "endpoint", resolved))
    assert made == {
        "entries": [{"kind": "endpoint", "id": resolved.endpoint}],
        "done": False,
        "principal_id": PRINCIPAL,
    }
    acting.until(twice.stack, "endpoint_provisioned", acting.about("endpoint", resolved.endpoint), acting.is_done)
    twice("endpoint_provisioned", acting.about("endpoint", resolved.endpoint))
    [setting] = twice("ensure_diagnostics", acting.ensuring(order, "diagnostics", resolved))["entries"]
    twice("remove_diagnostics", acting.about("diagnostics", setting["id"]), absent=True)
    [data] = twice("ensure_data_asset", acting.ensuring(order, "data_asset", resolved))["entries"]
    assert data == {"kind": "data_asset", "id": "data/credit-risk-blue-model_inputs/versions/1"}
    twice.stack.cloud.authorization.settle()
    begun = twice("begin_deployment", acting.ensuring(order, "deployment", resolved))
    assert begun == {"entries": [{"kind": "deployment", "id": resolved.deployment}], "done": False}
    deployment = acting.about("deployment", resolved.deployment)
    acting.until(twice.stack, "deployment_provisioned", deployment, acting.is_done)
    twice("deployment_provisioned", deployment)
    for kind in ("autoscale", "alerts"):
        [setting] = twice(f"ensure_{kind}", acting.ensuring(order, kind, resolved))["entries"]
        twice(f"remove_{kind}", acting.about(kind, setting["id"]), absent=True)
    return verdict


def serve(twice: Twice, order: DeployOrder, verdict: PlanVerdict) -> None:
    """Prove it, and give it traffic."""
    names: dict[str, Any] = {"endpoint": order.endpoint, "deployment": order.deployment}
    answer = twice("smoke_test", c.SmokeTestInput(**names, test=order.part("smoke_test")))
    assert answer["answer"] == [17]
    mirror(twice, order, verdict)
    counted = twice("count_answers", messages.looking(order, verdict.resolved)["count_answers"])
    assert counted == {"requests": 0, "failed": 0}
    shift = twice("read_traffic", c.TrafficInput(endpoint=order.endpoint, traffic={"blue": 100}))
    assert shift == {"before": {}, "after": {"blue": 100}, "mirrored": {}}
    del shift["mirrored"]
    given = twice("shift_traffic", c.EnsureInput(mark=INSTANCE, wanted=shift, resolved=verdict.resolved))
    change = {"kind": "traffic", "id": verdict.resolved.endpoint, "how": "changed", **shift}
    assert given == {"entries": [change], "done": False}
    traffic = acting.about("traffic", verdict.resolved.endpoint)
    acting.until(twice.stack, "traffic_provisioned", traffic, acting.is_done)
    twice("traffic_provisioned", traffic)
    back = c.ReadBackInput(**names, model=str(verdict.resolved.model), traffic={"blue": 100})
    assert twice("read_back", back)["traffic"] == {"blue": 100}


def look_and_change(twice: Twice, order: DeployOrder, verdict: PlanVerdict) -> None:
    """Look at what serves, change its size, and give it back what it was."""
    resolved = verdict.resolved
    pin = Pin(deployment="blue", model=resolved.model)
    assert twice("look_at_serving", ServingInput(endpoint=order.endpoint, serving=[pin]))["other"] == ["blue"]
    shares = SharesInput(endpoint=order.endpoint, traffic={"blue": 100}, test=order.part("smoke_test"))
    # How many requests a moment is long enough for is the machine's affair.
    assert set(acting.done("verify_shares", shares)["answered"]) == {"blue"}
    twice.ran.add("verify_shares")
    departing = DepartingInput(endpoint=order.endpoint, deployment="blue")
    assert [one["code"] for one in twice("plan_teardown", departing)["problems"]] == ["StillServing"]
    assert twice("plan_retirement", retiring(order))["stays"] == {"blue": "it has 100 % of the traffic"}
    wanted = {"instance_count": 2}
    asked = UpdateInput(endpoint=order.endpoint, deployment="blue", wanted=wanted)
    update = twice("plan_update", asked)
    assert (update["before"], update["after"]) == ({"instance_count": 1}, wanted)
    begun = twice("ensure_deployment_update", c.EnsureInput(mark=INSTANCE, wanted=update, resolved=resolved))
    assert not begun["done"]
    changed = acting.about(
        "deployment_update", resolved.deployment, how="changed", before=update["before"], after=wanted
    )
    acting.until(twice.stack, "deployment_update_provisioned", changed, acting.is_done)
    twice("deployment_update_provisioned", changed)
    twice("remove_deployment_update", changed, ours=False)
    acting.until(twice.stack, "remove_deployment_update", changed, acting.is_done)


def retiring(order: DeployOrder, run: str = INSTANCE) -> RetirementInput:
    """Whether the deployment is to go, which a run has made."""
    served = SupersededDeployment(deployment=order.deployment, run=run)
    return RetirementInput(endpoint=order.endpoint, keep=0, superseded=[served])


def mirror(twice: Twice, order: DeployOrder, verdict: PlanVerdict) -> None:
    """Give it a copy of the traffic, and take that back."""
    endpoint = verdict.resolved.endpoint
    begun = twice("ensure_mirror_traffic", acting.ensuring(order, "mirror_traffic", verdict.resolved))
    assert begun["entries"] == [
        {"kind": "mirror_traffic", "id": endpoint, "how": "changed", "before": {}, "after": {"blue": 10}}
    ]
    changed = acting.about("mirror_traffic", endpoint, how="changed", before={}, after={"blue": 10})
    acting.until(twice.stack, "mirror_traffic_provisioned", changed, acting.is_done)
    assert twice("plan_retirement", retiring(order))["stays"] == {"blue": "it gets a copy of 10 % of the traffic"}
    twice("mirror_traffic_provisioned", changed)
    claimed = changed.model_copy(update={"claimed_by": THEIRS})
    assert twice("remove_mirror_traffic", claimed)["stays"] == f"{THEIRS} has confirmed it"
    twice("remove_mirror_traffic", changed, ours=False)
    acting.until(twice.stack, "remove_mirror_traffic", changed, acting.is_done)


def undo(twice: Twice, verdict: PlanVerdict, order: DeployOrder) -> None:
    """Take everything back."""
    resolved = verdict.resolved
    shifted = acting.about("traffic", resolved.endpoint, how="changed", before={}, after={"blue": 100})
    twice("remove_traffic", shifted, ours=False)
    acting.until(twice.stack, "remove_traffic", shifted, acting.is_done)
    assert [one["id"] for one in twice("plan_retirement", retiring(order))["next"]] == [resolved.deployment]
    assert twice("plan_retirement", retiring(order, THEIRS))["stays"] == {"blue": "somebody has made it again"}
    deployment = acting.about("deployment", resolved.deployment)
    assert twice("keep_logs", deployment) == {"kept": ["inference-server", "storage-initializer"]}
    kept = logs(twice.stack)
    with twice.stack.clock.busy("a deployment on its way out"):
        assert not twice("remove_deployment", deployment)["done"]
        # A worker that was killed in the middle of it: the deployment may be on its way out, or gone, by the second
        # time.
        emptied = twice.stack.cloud.faults.add(Fault(path="getLogs", status=200, body={"content": ""}, times=None))
        assert acting.done("keep_logs", deployment) == {"kept": [], "nothing": "its containers wrote nothing"}
    assert logs(twice.stack) == kept
    twice.stack.cloud.faults.remove(emptied)
    acting.until(twice.stack, "remove_deployment", deployment, acting.is_done)
    assert twice("remove_deployment", deployment)["absent"]
    assert "nothing" in twice("keep_logs", deployment)
    assert logs(twice.stack) == kept
    assert twice("remove_endpoint", acting.about("endpoint", resolved.endpoint))["stays"]
    changed = acting.about("endpoint", resolved.endpoint, how="changed")
    assert twice("remove_endpoint", changed)["stays"].startswith("what was asked of it besides stays")
    data = acting.about("data_asset", "data/credit-risk-blue-model_inputs/versions/1", sure=False)
    assert twice("remove_data_asset", data)["stays"]
    for kind in ("model", "environment", "code"):
        assert twice(f"remove_{kind}", acting.about(kind, getattr(resolved, kind), sure=False))["stays"]
    for entry in acting.done("grant_roles", acting.granting(verdict, PRINCIPAL))["entries"]:
        assert twice("remove_role_assignment", acting.about("role_assignment", entry["id"]))["stays"]


def runtime(twice: Twice, verdict: PlanVerdict) -> None:
    """A runtime and its update, and both taken back."""
    twice.stack.cloud.authorization.seed(world.APP.principal_id, "AzureML Compute Operator", world.WORKSPACE_ID)
    asked = {"name": "flows", "compute": {"name": "machine", "size": "Standard_DS3_v2"}, "image": "python:3.11"}
    request = RuntimeRequest.model_validate(asked).to_wire()
    plan = RuntimePlan.from_wire(twice("plan_runtime", RuntimePlanInput(mark=INSTANCE, request=request)))
    assert (plan.problems, plan.image, plan.was) == ([], "python:3.11", None)
    wanted = c.EnsureInput(mark=INSTANCE, wanted=request["compute"], resolved=plan.resolved)
    machine = twice("ensure_compute", wanted)
    assert machine["entries"] == [{"kind": "compute", "id": "computes/machine"}]
    [pull, *_] = acting.done("grant_roles", acting.granting(verdict, machine["principal_id"]))["entries"]
    role = acting.about("role_assignment", pull["id"], goes_with="computes/machine")
    assert acting.done("remove_role_assignment", role)["stays"], "as long as there is whose identity it is"
    compute = acting.about("compute", "computes/machine")
    acting.until(twice.stack, "compute_provisioned", compute, acting.is_done)
    twice("compute_provisioned", compute)

    application = acting.about("application", "computes/machine/customServices/flows")
    made = twice("ensure_application", wanted.model_copy(update={"wanted": request}))
    assert made == {"entries": [{"kind": "application", "id": application.entry.id}], "done": False}
    acting.until(twice.stack, "application_provisioned", application, acting.is_done)
    twice("application_provisioned", application)
    looked = RuntimeInput(compute="machine", name="flows")
    assert twice("look_at_runtime", looked)["image"] == "python:3.11"

    updated = {**request, "image": "python:3.12", "was": "python:3.11"}
    [changed] = twice("ensure_application", wanted.model_copy(update={"wanted": updated}))["entries"]
    assert (changed["how"], changed["before"]) == ("changed", "python:3.11")
    acting.until(twice.stack, "application_provisioned", application, acting.is_done)
    how = {one: changed[one] for one in ("how", "before", "after")}
    by_hand(twice.stack, image="python:3.13")
    assert acting.done("remove_application", acting.about("application", changed["id"], **how))["stays"]
    late = acting.done("ensure_application", wanted.model_copy(update={"wanted": updated, "mark": THEIRS}))["entries"]
    assert late[0]["before"] == "python:3.13", "and not what a plan had found before"
    acting.until(twice.stack, "application_provisioned", application, acting.is_done)
    by_hand(twice.stack, image="python:3.12", SLIPWAY_INSTANCE=INSTANCE)
    twice("remove_application", acting.about("application", changed["id"], **how), ours=False)
    acting.until(twice.stack, "application_provisioned", application, acting.is_done)
    assert acting.done("look_at_runtime", looked)["image"] == "python:3.11"
    assert maker_of(twice.stack.cloud.state.computes["machine"].services[0]) == INSTANCE
    twice("plan_automatic_runtime", AutomaticPlanInput(request={"name": "flows", "size": "Standard_DS3_v2"}))
    going = twice("plan_runtime_teardown", DepartingRuntimeInput(compute="machine", name="flows", with_compute=True))
    assert [one["kind"] for one in going["next"]] == ["role_assignment", "role_assignment", "compute"]

    assert twice("remove_compute", compute)["stays"] == "other applications run on it by now"
    twice.stack.cloud.state.computes["machine"].services.clear()
    twice("remove_compute", compute)
    acting.until(twice.stack, "remove_compute", compute, acting.is_done)
    assert acting.done("remove_role_assignment", role)["state"] == "Deleted"


def by_hand(stack: LocalStack, *, image: str, **variables: str) -> None:
    """Somebody gives the application on the compute instance another image, or other variables."""
    service: dict[str, Any] = stack.cloud.state.computes["machine"].services[0]
    service["image"]["reference"] = image
    for name, value in variables.items():
        service["environmentVariables"][name] = {"type": "local", "value": value}


def logs(stack: LocalStack) -> dict[str, bytes]:
    """What is kept of logs, by the blob's name."""
    kept = stack.cloud.blobs.list(world.APP_STORAGE, world.LOG_CONTAINER)
    return {blob.name: blob.path.read_bytes() for blob in kept if blob.path}


def test_the_log_of_somebody_elses_deployment_is_not_kept(stack: LocalStack) -> None:
    assert stack.deploy(samples.request())["status"] == "Succeeded"
    reference = "onlineEndpoints/credit-risk/deployments/blue"

    assert "nothing" in acting.done("keep_logs", acting.about("deployment", reference, mark=THEIRS))
    assert logs(stack) == {}
    found = acting.about("deployment", reference, mark=THEIRS, how="found")
    assert acting.done("keep_logs", found)["kept"]


def test_a_role_is_the_same_assignment_whenever_it_is_granted(stack: LocalStack) -> None:
    grants = acting.granting(acting.planned(acting.order(stack)), PRINCIPAL)

    first = acting.done("grant_roles", grants)["entries"]
    for entry in first:
        # The roles of an endpoint that is gone.
        gone = acting.about("role_assignment", entry["id"], goes_with="onlineEndpoints/gone")
        removed = acting.done("remove_role_assignment", gone)
        assert (removed["done"], removed["absent"], removed.get("stays")) == (True, False, None)
        assert acting.done("remove_role_assignment", gone)["absent"]

    # Two runs at once write the same assignment, even where neither sees the other's in a list yet.
    assert acting.done("grant_roles", grants)["entries"] == first


def test_a_role_that_somebody_else_granted_is_confirmed_and_not_revoked(stack: LocalStack) -> None:
    stack.cloud.authorization.seed(PRINCIPAL, "AcrPull", world.REGISTRY_ID)

    pull, read = acting.done("grant_roles", acting.granting(acting.planned(acting.order(stack)), PRINCIPAL))["entries"]

    assert (pull["how"], read.get("how", "made")) == ("found", "made")
    gone = acting.about("role_assignment", pull["id"], goes_with="onlineEndpoints/gone")
    assert not acting.done("remove_role_assignment", gone)["ours"]


def test_an_endpoint_that_failed_goes_with_the_roles_that_other_runs_gave_to_its_identity(stack: LocalStack) -> None:
    reader = {"role": "Storage Blob Data Reader", "scope": world.storage_id(world.FEATURE_STORAGE)}
    order = acting.order(stack, identity=None, access={"additional": [reader]})
    verdict = acting.planned(order)
    endpoint = acting.about("endpoint", verdict.resolved.endpoint)
    principal = acting.done("ensure_endpoint", acting.ensuring(order, "endpoint", verdict.resolved))["principal_id"]
    theirs = acting.granting(verdict, principal).model_copy(update={"mark": THEIRS})
    [granted] = acting.done("grant_roles", theirs)["entries"]
    by_a_person = stack.cloud.authorization.seed(principal, "AcrPull", world.REGISTRY_ID)
    acting.until(stack, "endpoint_provisioned", endpoint, acting.is_done)
    with stack.cloud.state.lock:
        [found] = stack.cloud.state.endpoints.values()
        found.state = "Failed"

    twice = Twice(stack)
    kept = endpoint.model_copy(update={"claimed_by": THEIRS})
    assert twice("remove_endpoint", kept)["stays"] == f"{THEIRS} has confirmed it"
    assert not twice("remove_endpoint", endpoint)["done"]
    left = {one.name for one in stack.cloud.authorization.assignments() if one.principal_id == principal}
    assert by_a_person.name in left
    assert granted["id"].rsplit("/", 1)[-1] not in left
    acting.until(stack, "remove_endpoint", endpoint, acting.is_done)
    assert twice("remove_endpoint", kept)["absent"]


def test_what_somebody_else_made_is_not_undone(stack: LocalStack) -> None:
    order = acting.order(stack)
    resolved = acting.planned(order).resolved
    acting.done("ensure_endpoint", acting.ensuring(order, "endpoint", resolved, mark=THEIRS))
    endpoint = acting.about("endpoint", resolved.endpoint)
    acting.until(stack, "endpoint_provisioned", endpoint, acting.is_done)

    [confirmed] = acting.done("ensure_endpoint", acting.ensuring(order, "endpoint", resolved))["entries"]

    assert confirmed["how"] == "found"
    assert not acting.done("remove_endpoint", endpoint)["ours"]
    assert acting.done("endpoint_provisioned", endpoint)["state"] == "Succeeded"


def test_an_endpoint_that_others_have_deployed_to_is_not_undone(stack: LocalStack) -> None:
    body = samples.request(endpoint="shared")
    order = DeployOrder(request=judged(body))
    resolved = acting.planned(order).resolved
    [made] = acting.done("ensure_endpoint", acting.ensuring(order, "endpoint", resolved))["entries"]
    assert made.get("how", "made") == "made"
    # The run that made it was killed or gave up waiting; another one found it, and went on.
    assert stack.deploy(body)["status"] == "Succeeded"
    with stack.cloud.state.lock:
        [found] = stack.cloud.state.endpoints.values()
        found.state = "Failed"

    removal = acting.done("remove_endpoint", acting.about("endpoint", resolved.endpoint))

    assert (removal["done"], removal["stays"]) == (True, "it is in use by now (blue)")
