"""What has to stand in two places says the same in both."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

from cli.outcome import has_ended
from contracts.events import EVENT_TYPE
from contracts.status import DeploymentState
from infra.check.conditions import NEVER_ASSIGNED, RBAC_ADMINISTRATOR
from local.cloud.authorization.roles import RoleDefinition, role_with_id
from local.cloud.eventgrid import MODEL_REGISTERED
from local.cloud.grants import GRANTABLE_ROLES, OWN_ROLE_SEEDS, ROLE_SEEDS
from local.cloud.world import APP
from local.stack import TERMINAL

BICEP = (Path(__file__).parents[3] / "infra" / "app" / "rbac.bicep").read_text()
GUID = r"'([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})'"
VARIABLES = dict(re.findall(rf"^var (\w+) = {GUID}$", BICEP, re.MULTILINE))


def role(guid: str) -> RoleDefinition:
    found = role_with_id(guid)
    assert found, f"infra/app/rbac.bicep names {guid}, which local/cloud/authorization/roles.json does not have"
    return found


def granted(place: str) -> list[str]:
    return [role(VARIABLES[name]).name for name in re.findall(rf"if \({place}, appPrincipalId, (\w+)\)", BICEP)]


def test_the_roles_that_may_be_granted_are_those_of_the_template() -> None:
    listed = re.findall(rf"^  {GUID} // (.+)$", BICEP, re.MULTILINE)

    assert [(role(guid).name, name) for guid, name in listed] == [(name, name) for name in GRANTABLE_ROLES]


def test_the_app_holds_locally_what_the_template_gives_it_in_the_workspaces_group() -> None:
    given = granted(r"place == 'workspace'\) \{\n  name: guid\([\w.()]+")

    assert sorted(given) == sorted(one.role for one in ROLE_SEEDS if one.principal is APP)


def test_the_app_holds_locally_what_the_template_gives_it_on_its_own_blobs() -> None:
    [blobs] = granted(r"place == 'app'\) \{\n  name: guid\(storage\.id")

    assert [(one.role, one.principal) for one in OWN_ROLE_SEEDS] == [(blobs, APP)]


def test_the_roles_that_the_check_of_the_template_watches_are_called_so() -> None:
    named = {**NEVER_ASSIGNED, RBAC_ADMINISTRATOR: "Role Based Access Control Administrator"}

    assert {guid: role(guid).name for guid in named} == named


def test_the_app_waits_for_the_event_that_the_local_event_grid_sends() -> None:
    assert EVENT_TYPE == MODEL_REGISTERED


def test_tests_wait_for_the_states_that_a_deployment_stays_in() -> None:
    assert {state for state in get_args(DeploymentState) if has_ended(state)} == set(TERMINAL)
