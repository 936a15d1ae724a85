"""What Bicep puts beside a workspace, deployed to the local Azure: exactly the grants and events that Slipway needs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from azure.mgmt.authorization import AuthorizationManagementClient
from azure.mgmt.msi import ManagedServiceIdentityClient

from infra.check.sources import Sources
from local.cloud import grants, world
from local.process_environment import forget_connections
from local.stack import LocalStack
from local.waiting import PATIENCE
from tests import samples
from tests.e2e import reading
from tests.infra.checkout import ROOT
from tests.infra.evaluating import Made, Place, of_bicep, of_template

ONCE = Path(__file__).with_name("compiled_once") / "arm"
COMPILED_ONCE, MAIN_ONCE = ONCE / "workspace.json", ONCE / "main.json"
PLACE = Place(world.SUBSCRIPTION, world.RESOURCE_GROUP)
APP_ID = f"{world.SUBSCRIPTION_ID}/resourceGroups/rg-dev/providers/Microsoft.Web/sites/func-slipway-abc"
BLOB_CONTRIBUTOR = "ba92f5b4-2d11-453d-a403-e96b0029c9fe"
ASSIGNMENT = "Microsoft.Authorization/roleAssignments"
# What `plan` finds missing when a role is not there, by the role's name.
MISSING = {
    "AzureML Data Scientist": f"{reading.DEPLOYMENT_WRITE} on {world.WORKSPACE_ID}",
    "Managed Identity Operator": "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action on "
    f"{samples.USER_ASSIGNED['credit-risk-identity']}",
    "Role Based Access Control Administrator": f"{reading.GRANT} on {world.REGISTRY_ID}",
    "Monitoring Contributor": f"Microsoft.Insights/metricAlerts/write on {world.RESOURCE_GROUP_ID}",
    "Web Plan Contributor": f"Microsoft.Insights/autoscaleSettings/write on {world.RESOURCE_GROUP_ID}",
}
# What the template of an earlier version did not give.
NEWER = {"Monitoring Contributor", "Web Plan Contributor"}
IDENTITIES = {"location": world.REGION, "tags": {"azd-env-name": "dev"}, "token": "abc"}
ON_CALL = {"action_groups": [world.ACTION_GROUP_ID], "errors": {}}


def access(principal: str = world.APP.principal_id, added: str = "") -> list[Made]:
    """What the sources of today put beside the workspace."""
    parameters = {"workspaceName": world.WORKSPACE, "appPrincipalId": principal, "addedRoles": added}
    return of_bicep(Sources.read(ROOT), "infra/workspace.bicep", PLACE, parameters)


def access_as_compiled_once() -> list[Made]:
    """What the compiler's own output of an earlier version puts there; its events named an identity as well."""
    parameters = {"workspaceName": world.WORKSPACE, "appPrincipalId": world.APP.principal_id}
    others = ("functionAppId", "deadLetterStorageId", "deadLetterContainerName", "deadLetterIdentityId")
    template = json.loads(COMPILED_ONCE.read_text())
    made = of_template(template, PLACE, parameters | dict.fromkeys(others, "other"))
    return [one for one in made if one.type == ASSIGNMENT]


def identities() -> list[Made]:
    """As whom today's sources let the app run."""
    return of_bicep(Sources.read(ROOT), "infra/app/identities.bicep", PLACE, IDENTITIES)


def identities_as_compiled_once() -> list[Made]:
    """The compiler's own output for the same of an earlier version, which had a second one for undelivered events."""
    nested = [one for one in json.loads(MAIN_ONCE.read_text())["resources"] if one["name"] == "identities"]
    return of_template(nested[0]["properties"]["template"], PLACE, IDENTITIES)


def events(app_id: str = APP_ID) -> Made:
    """The subscription to registered models."""
    parameters = {"functionAppId": app_id, "storageId": "storage", "undeliveredContainerName": "undelivered"}
    [made] = of_bicep(Sources.read(ROOT), "infra/events.bicep", PLACE, parameters | {"topicName": "evgt-slipway-x"})
    return made


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    """A stack whose app has no rights at all."""
    with LocalStack(tmp_path_factory.mktemp("stack")) as stack:
        samples.register_all(stack)
        yield stack


@pytest.fixture
def stack(bare: LocalStack, monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalStack]:
    for held in bare.cloud.authorization.assignments(world.APP.principal_id):
        bare.cloud.authorization.remove(held.name)
    bare.cloud.authorization.settle()
    yield bare
    monkeypatch.undo()
    forget_connections()


def deploy(stack: LocalStack, made: list[Made]) -> None:
    """Deploy role assignments as the workspace's owner, through Azure's own client."""
    client = AuthorizationManagementClient(stack.cloud.credential("developer"), world.SUBSCRIPTION)
    for one in made:
        assert (one.type, one.version) == (ASSIGNMENT, "2022-04-01")
        client.role_assignments.create(one.scope, one.name, {"properties": one.body["properties"]})
    stack.cloud.authorization.settle()


def held(stack: LocalStack) -> set[tuple[str, str, str]]:
    return {
        (one.role.name, one.scope, "".join((one.condition or "").split()))
        for one in stack.cloud.authorization.assignments(world.APP.principal_id)
    }


def roles_of(stack: LocalStack, principal: str) -> set[tuple[str, str]]:
    return {(one.role.name, one.scope) for one in stack.cloud.authorization.assignments(principal)}


def plan(stack: LocalStack, body: dict[str, Any] | None = None) -> list[dict[str, Any]]:
    """The problems of a plan; without a body, of one that creates an endpoint with an identity that needs roles."""
    with stack.http as http:
        whole = samples.request(autoscale={"minimum": 1, "maximum": 3}, alerts=ON_CALL)
        answer = http.post("/api/plans", json=body or whole).raise_for_status()
    problems: list[dict[str, Any]] = answer.json()["problems"]
    return problems


@pytest.mark.parametrize("template", [access, access_as_compiled_once])
def test_the_app_gets_exactly_the_grants_that_every_end_to_end_test_runs_with(stack: LocalStack, template: Any) -> None:
    assert held(stack) == set()

    deploy(stack, template())

    assert held(stack) == {
        (seed.role, seed.scope, "".join((seed.condition or "").split()))
        for seed in grants.ROLE_SEEDS
        if seed.principal is world.APP and not (template is access_as_compiled_once and seed.role in NEWER)
    }


@pytest.mark.parametrize("template", [identities, identities_as_compiled_once])
def test_the_identity_that_is_made_for_the_app_gets_the_same_grants(stack: LocalStack, template: Any) -> None:
    client = ManagedServiceIdentityClient(stack.cloud.credential("developer"), world.SUBSCRIPTION)

    made = [
        client.user_assigned_identities.create_or_update(world.RESOURCE_GROUP, one.name, dict(one.body))
        for one in template()
    ]
    deploy(stack, access(str(made[0].principal_id)))

    assert made[0].name == "id-slipway-abc"
    assert made[0].tags == IDENTITIES["tags"]
    assert roles_of(stack, str(made[0].principal_id)) == {
        (seed.role, seed.scope) for seed in grants.ROLE_SEEDS if seed.principal is world.APP
    }


def test_deploying_again_changes_nothing(stack: LocalStack) -> None:
    deploy(stack, access())
    once = held(stack)

    deploy(stack, access())

    assert held(stack) == once
    assert len(stack.cloud.authorization.assignments(world.APP.principal_id)) == len(once)


@pytest.mark.parametrize("role", MISSING)
def test_without_one_of_them_the_plan_names_what_is_missing(stack: LocalStack, role: str) -> None:
    deploy(stack, access())
    assert plan(stack) == []

    [assignment] = [
        one for one in stack.cloud.authorization.assignments(world.APP.principal_id) if one.role.name == role
    ]
    stack.cloud.authorization.remove(assignment.name)
    stack.cloud.authorization.settle()

    problems = plan(stack)
    assert {problem["code"] for problem in problems} == {"MissingRight"}
    assert any(MISSING[role] in problem["message"] for problem in problems), problems
    assert len(MISSING) == len(access())


def test_with_them_a_deployment_succeeds(stack: LocalStack) -> None:
    deploy(stack, access())

    # With an endpoint and an identity of its own: what holds its roles already is granted none.
    status = stack.deploy(samples.request(endpoint="succeeds", identity="spare-identity"))

    assert (status["status"], status["result"]["answer"]) == ("Succeeded", [17])


def test_a_role_that_an_operator_adds_is_one_for_the_app_and_for_azure(
    stack: LocalStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    scope = world.storage_id(world.FEATURE_STORAGE)
    body = samples.request(
        identity=None,
        endpoint="added",
        access={"additional": [{"role": "Storage Blob Data Contributor", "scope": scope}]},
    )
    deploy(stack, access())
    assert [problem["code"] for problem in plan(stack, body)] == ["RoleNotGrantable"]

    deploy(stack, access(added=BLOB_CONTRIBUTOR))
    monkeypatch.setenv("SLIPWAY_GRANTABLE_ROLES", BLOB_CONTRIBUTOR)
    forget_connections()

    assert plan(stack, body) == []
    assert stack.deploy(body)["status"] == "Succeeded"
    granted = [one.scope for one in stack.cloud.authorization.assignments() if one.role.guid == BLOB_CONTRIBUTOR]
    assert granted == [scope]


def test_a_registered_model_reaches_the_app_through_the_subscription(stack: LocalStack) -> None:
    deploy(stack, access())
    body = dict(events().body["properties"])
    # The local Azure delivers to addresses and keeps no dead letters; the rest is as Bicep says it.
    function = body["destination"]["properties"]["resourceId"].removeprefix(f"{APP_ID}/functions/")
    webhook = f"{stack.host.url}/runtime/webhooks/eventgrid?functionName={function}"
    body["destination"] = {"endpointType": "WebHook", "properties": {"endpointUrl": webhook}}
    del body["deadLetterWithResourceIdentity"]
    token = stack.cloud.credential("developer").get_token("https://management.azure.com/.default").token
    resource = f"{world.WORKSPACE_ID}/providers/Microsoft.EventGrid/eventSubscriptions/slipway"
    azure = requests.Session()
    azure.headers["Authorization"] = f"Bearer {token}"
    azure.params = {"api-version": events().version}
    url = f"https://management.azure.com{resource}"
    assert azure.put(url, json={"properties": body}, timeout=PATIENCE).status_code == 201
    stack.until(lambda: azure.get(url, timeout=PATIENCE).json()["properties"]["provisioningState"] == "Succeeded")

    samples.register_model(stack, version="7")

    def told() -> list[dict[str, Any]]:
        with stack.http as http:
            found: list[dict[str, Any]] = http.get("/api/events").raise_for_status().json()["events"]
        return found

    [event] = stack.until(told)
    assert (event["model"], event["version"]) == ("credit-risk", "7")


def test_two_environments_on_one_workspace_share_nothing_but_the_topic() -> None:
    other = world.stable_id("principal", "another app")
    first, second = ([one.name for one in access(principal)] for principal in (world.APP.principal_id, other))

    assert not set(first) & set(second)
    assert events().name != events(APP_ID.replace("abc", "xyz")).name
    assert events().name.startswith("evgt-slipway-x/slipway-")


def test_the_topic_may_write_undelivered_events_and_nothing_else() -> None:
    parameters = {"storageAccountName": "st", "undeliveredContainerName": "undelivered", "topicPrincipalId": "topic"}

    [made] = of_bicep(Sources.read(ROOT), "infra/undelivered.bicep", PLACE, parameters)

    assert made.scope.endswith("/storageAccounts/st/blobServices/default/containers/undelivered")
    assert made.body["properties"]["principalId"] == "topic"


@pytest.mark.parametrize(
    ("backend", "roles"),
    [
        ("AzureStorage", {"b7e6dc6d", "974c5e8b", "0a9a7e1f", "3913510d"}),
        ("DurableTaskScheduler", {"b7e6dc6d", "0ad04412", "3913510d"}),
    ],
)
def test_the_app_reaches_only_the_backend_that_was_chosen(backend: str, roles: set[str]) -> None:
    parameters = {"place": "app", "durableBackend": backend, "storageAccountName": "st"}

    made = of_bicep(Sources.read(ROOT), "infra/app/rbac.bicep", PLACE, parameters)

    assert {one.body["properties"]["roleDefinitionId"].rsplit("/", 1)[-1][:8] for one in made} == roles
