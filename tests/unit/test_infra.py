"""The rules of infra/check catch what they are there to catch: each test breaks the real files in one way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from activities.roles import GRANTABLE
from infra.check.access import role_assignment_findings, role_id_findings, variable_name
from infra.check.conditions import HALF, RBAC_ADMINISTRATOR, condition_findings, grant_condition
from infra.check.events import SUBSCRIPTION, destination
from infra.check.flex import app_settings, value_text
from infra.check.host import host_findings
from infra.check.keys import key_findings
from infra.check.parsers import lint, powershell_findings
from infra.check.rules import rule_findings
from infra.check.settings import difference
from infra.check.sources import FUNCTION, RBAC, Sources, data
from infra.check.syntax import Name, walk
from local.cloud import grants
from tests.infra.evaluating import Place, of_bicep
from tests.registered import triggers

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def sources() -> Sources:
    return Sources.read(ROOT)


def dense(condition: str) -> str:
    """`condition` without white space, which has no meaning in it."""
    return "".join(condition.split())


def replaced(text: str, old: str, new: str) -> str:
    """`text` with one occurrence of `old` replaced; a test that no longer breaks anything must not pass."""
    assert old in text
    return text.replace(old, new, 1)


def test_the_real_files_follow_the_rules(sources: Sources) -> None:
    assert rule_findings(sources) == []


def test_slipway_may_grant_exactly_the_roles_it_knows_and_the_local_azure_limits_it_alike(
    sources: Sources,
) -> None:
    condition = grant_condition(sources.texts[RBAC])
    (allowed,) = {half["roles"] for half in HALF.finditer(dense(condition))}

    assert set(allowed.split(",")) == {role.guid for role in GRANTABLE}
    assert dense(condition) == dense(grants.GRANT_CONDITION)


def test_the_app_keeps_logs_in_a_container_that_is_there_and_is_emptied(sources: Sources) -> None:
    place, given = Place("00000000-0000-0000-0000-000000000001", "rg"), {"location": "l", "tags": {}, "token": "t"}
    made = of_bicep(sources, "infra/app/storage.bicep", place, given | {"sku": "Standard_LRS"})
    containers = {one.name.rpartition("/")[2] for one in made if one.type.endswith("/containers")}
    [policy] = [one.body["properties"]["policy"] for one in made if one.type.endswith("/managementPolicies")]
    url = app_settings(sources.trees[FUNCTION])["SLIPWAY_LOGS_URL"]

    assert "deployment-logs" in containers
    assert [rule["definition"]["filters"]["prefixMatch"] for rule in policy["rules"]] == [["deployment-logs/"]]
    assert policy["rules"][0]["definition"]["actions"]["baseBlob"]["delete"]["daysAfterModificationGreaterThan"] == 30
    assert [part.name for part in walk(url) if isinstance(part, Name)] == ["storage", "logsContainerName"]
    assert "logsContainerName: storage.outputs.logsContainerName" in sources.texts["infra/main.bicep"]


@pytest.mark.parametrize(
    ("old", "new", "finding"),
    [
        ("roleAssignments/delete'", "roleAssignments/write'", "does not limit roleAssignments/delete"),
        ("roleAssignments/write'", "roleAssignments/read'", "does not limit roleAssignments/write"),
        (" AND ((!(ActionMatches", " OR ((!(ActionMatches", "exactly two halves joined by AND"),
        ("((!(ActionMatches", "(true) OR ((!(ActionMatches", "exactly two halves joined by AND"),
        ("@Resource[", "@Request[", "the delete half must look at @Resource"),
        ("AND @Request[", "AND @Resource[", "the write half must look at @Request"),
        ("{'ServicePrincipal'}", "{'ServicePrincipal', 'User'}", "the write half must be for principals of type"),
        ("{7f951dda-4ed3-4680-a7ca-43fe172d538d, ", "{", "the two halves allow different roles"),
        ("{7f951dda-4ed3-4680-a7ca-43fe172d538d", "{8e3af657-a8ff-443c-a75c-2fe8c4bcb635", "allows Owner"),
        (
            "{7f951dda-4ed3-4680-a7ca-43fe172d538d",
            f"{{{RBAC_ADMINISTRATOR}",
            f"allows {RBAC_ADMINISTRATOR}",
        ),
    ],
)
def test_a_condition_that_lets_more_through_is_found(sources: Sources, old: str, new: str, finding: str) -> None:
    condition = replaced(grant_condition(sources.texts[RBAC]), old, new)

    assert any(finding in found for found in condition_findings(condition))


def test_a_right_to_grant_without_any_condition_is_found() -> None:
    assert len(condition_findings(grant_condition(""))) == 3


@pytest.mark.parametrize(
    ("old", "new", "finding"),
    [
        ("// Durable's histories and instances are tables, which it creates itself.\n", "", "no comment above it"),
        ("guid(insights.id, appPrincipalId,", "guid(insights.id, place,", "name must be guid(insights.id"),
        ("    principalType: 'ServicePrincipal'\n", "", "principalType must be"),
        ("', storageBlobDataOwner)", "', place)", "must name a variable"),
        ("f6c7c914-8db3-469d-8ca1-694a8f32e121", "8e3af657-a8ff-443c-a75c-2fe8c4bcb635", "assigns Owner"),
        ("    condition: grantCondition\n", "", "the right to grant must carry"),
        ("conditionVersion: '2.0'", "conditionVersion: '1.0'", "the right to grant must carry"),
        ("\nresource telemetry 'Microsoft.A", "\n  resource telemetry 'Microsoft.A", "nested or looped"),
    ],
)
def test_a_careless_role_assignment_is_found(sources: Sources, old: str, new: str, finding: str) -> None:
    sources.texts[RBAC] = replaced(sources.texts[RBAC], old, new)

    assert any(finding in found for found in role_assignment_findings(sources))


def test_a_role_assignment_outside_the_one_file_is_found(sources: Sources) -> None:
    sources.texts["infra/events.bicep"] += "resource x 'Microsoft.Authorization/roleAssignments@2022-04-01' = {\n}\n"

    assert role_assignment_findings(sources) == [
        "infra/events.bicep: assigns roles; all role assignments belong in infra/app/rbac.bicep"
    ]


@pytest.mark.parametrize(
    "line",
    [
        "var key = storage.listKeys().keys[0].value",
        "var key = listAccountSas(storage.id, '2023-05-01', {})",
        "var text = 'DefaultEndpointsProtocol=https;AccountKey=${key}'",
        "var text = hub.properties.primaryConnectionString",
    ],
)
def test_a_key_is_found_in_code_but_not_in_comments(sources: Sources, line: str) -> None:
    path = "infra/app/function.bicep"
    original = sources.texts[path]

    sources.texts[path] = f"{original}// {line}\n"
    assert key_findings(sources) == []

    sources.texts[path] = f"{original}{line}\n"
    assert len(key_findings(sources)) == 1


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("infra/app/storage.bicep", "allowSharedKeyAccess: false", "allowSharedKeyAccess: true"),
        ("infra/app/monitoring.bicep", "    DisableLocalAuth: true", "    // DisableLocalAuth: true"),
    ],
)
def test_a_resource_that_accepts_keys_is_found(sources: Sources, path: str, old: str, new: str) -> None:
    sources.texts[path] = replaced(sources.texts[path], old, new)

    assert [found for found in key_findings(sources) if found.startswith(path)]


def test_settings_are_compared_with_what_the_code_reads(sources: Sources) -> None:
    settings = {name: value_text(node) for name, node in app_settings(sources.trees[FUNCTION]).items()}
    given = [name for name in settings if name.startswith("SLIPWAY_")]
    reads_all = "\n".join(f'environ["{name}"]' for name in given)

    assert difference(settings, reads_all) == []
    assert difference(settings, f'"""Mentions SLIPWAY_X."""\n{reads_all}\nenviron.get("SLIPWAY_NEW")') == [
        "infra/app/function.bicep: SLIPWAY_NEW is read by settings.py but not set"
    ]
    assert difference(settings, f'{reads_all}\nenviron.get("SLIPWAY_ARM_URL", "of another cloud")') == []
    assert difference(settings, "") == [
        f"infra/app/function.bicep: {name} is set but settings.py does not read it" for name in sorted(given)
    ]


@pytest.mark.parametrize(
    ("old", "new", "finding"),
    [
        (
            '"maxConcurrentOrchestratorFunctions": 6',
            '"maxConcurrentOrchestratorFunctions": 7',
            "17 functions at once on 16",
        ),
        ('"maxConcurrentOrchestratorFunctions": 6,', "", "set maxConcurrentActivityFunctions and"),
        ('"useGracefulShutdown": true', '"useGracefulShutdown": false', "set durableTask.useGracefulShutdown to true"),
        ('"workItemQueueVisibilityTimeout": "00:01:00"', '"x": 1', "workItemQueueVisibilityTimeout to 00:01:00"),
        (
            '"controlQueueVisibilityTimeout": "00:01',
            '"controlQueueVisibilityTimeout": "00:00',
            "to 00:01:00, the least",
        ),
        ('"Azure": "Warning"', '"Azure": "Warning", "azure": "Warning"', "says Azure and azure, which are one key"),
        ('"Azure": "Warning"', '"Azure": "Warning", "Azure": "Error"', "says one of azure, default twice"),
        ('"version": "2.0",', '"version": "2.0"', "is not JSON"),
    ],
)
def test_a_host_json_that_loses_something_is_found(sources: Sources, old: str, new: str, finding: str) -> None:
    settings = {name: value_text(node) for name, node in app_settings(sources.trees[FUNCTION]).items()}
    host = (ROOT / "host.json").read_text()

    assert host_findings(host, settings) == []
    [found] = host_findings(replaced(host, old, new), settings)
    assert finding in found


def test_a_file_the_code_must_agree_with_may_not_be_missing(sources: Sources, tmp_path: Path) -> None:
    (tmp_path / ".funcignore").write_text("")
    sources.root = tmp_path

    found = rule_findings(sources)

    assert {
        "settings.py: not there; the Bicep must agree with it",
        "host.json: not there",
        "azure.yaml: not there",
    } <= set(found)


def test_the_events_go_to_a_function_that_the_app_has(sources: Sources) -> None:
    [subscription] = [one for _, _, one in sources.resources() if one.type == SUBSCRIPTION]

    assert destination(subscription) in {
        name for name, trigger, _ in triggers() if trigger["type"] == "eventGridTrigger"
    }


def test_a_role_is_named_as_azure_names_it(sources: Sources) -> None:
    text = sources.texts[RBAC]
    sources.texts[RBAC] = replaced(
        text, "'7f951dda-4ed3-4680-a7ca-43fe172d538d' // AcrPull", "'7f951dda-4ed3-4680-a7ca-43fe172d538e' // AcrPull"
    )

    assert role_id_findings(sources) == [
        f"{RBAC}: AcrPull is 7f951dda-4ed3-4680-a7ca-43fe172d538d, not 7f951dda-4ed3-4680-a7ca-43fe172d538e"
    ]
    assert variable_name("Role Based Access Control Administrator") == "roleBasedAccessControlAdministrator"
    assert {role.guid for role in GRANTABLE} <= set(data("roles.json").values())


@pytest.mark.parametrize(
    ("results", "finding"),
    [
        ({"parsing_errors": ["/infra/main.bicep"]}, "/infra/main.bicep: checkov cannot parse it"),
        ({"passed_checks": []}, "checkov looked at nothing"),
        (
            {"failed_checks": [{"repo_file_path": "/a.bicep", "check_id": "CKV_1", "check_name": "Encrypt"}]},
            "/a.bicep: CKV_1 Encrypt",
        ),
        (
            {
                "skipped_checks": [
                    {"repo_file_path": "/a.bicep", "check_id": "CKV_1", "check_result": {"suppress_comment": ""}}
                ]
            },
            "/a.bicep: CKV_1 is skipped without a reason",
        ),
    ],
)
def test_checkov_exits_0_but_its_report_is_not_clean(results: dict[str, Any], finding: str) -> None:
    clean: dict[str, Any] = {"passed_checks": [{}]}

    assert lint({"results": clean}).findings == []
    assert lint({"results": clean | results}).findings == [finding]


def test_powershell_is_asked_about_its_hooks_where_it_is_at_hand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert powershell_findings(ROOT) == []

    pwsh = tmp_path / "pwsh"
    pwsh.write_text('#!/bin/sh\ncase "$*" in *Language.Parser*) grep -l "azd hooks run postdown" "$HOOK";; esac\n')
    pwsh.chmod(0o755)

    [found] = powershell_findings(ROOT)
    assert found.startswith("infra/hooks/postdown.ps1: /")
