"""The rules of infra/check.py catch what they are there to catch: each test breaks the real files in one way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from activities.roles import KNOWN_ROLES
from infra.check import rules as check
from infra.check.host import host_findings
from local.cloud import grants

ROOT = Path(check.__file__).parents[2]


@pytest.fixture
def files() -> dict[str, str]:
    paths = sorted((ROOT / "infra").rglob("*.bicep"))
    return {path.relative_to(ROOT).as_posix(): path.read_text() for path in paths}


@pytest.fixture
def azure_yaml() -> str:
    return (ROOT / "azure.yaml").read_text()


def dense(condition: str) -> str:
    """`condition` without white space, which has no meaning in it."""
    return "".join(condition.split())


def replaced(text: str, old: str, new: str) -> str:
    """`text` with one occurrence of `old` replaced; a test that no longer breaks anything must not pass."""
    assert old in text
    return text.replace(old, new, 1)


def test_the_real_files_follow_the_rules(files: dict[str, str], azure_yaml: str) -> None:
    assert check.role_assignment_findings(files) == []
    assert check.condition_findings(check.grant_condition(files[check.RBAC])) == []
    assert check.key_findings(files) == []
    assert check.hook_findings(azure_yaml, files["infra/main.bicep"], files["infra/workspace.bicep"]) == []


def test_slipway_may_grant_exactly_the_roles_it_knows_and_the_local_azure_limits_it_alike(
    files: dict[str, str],
) -> None:
    condition = check.grant_condition(files[check.RBAC])
    (allowed,) = {half["roles"] for half in check.HALF.finditer(dense(condition))}

    assert set(allowed.split(",")) == {role.guid for role in KNOWN_ROLES.values()}
    assert dense(condition) == dense(grants.GRANT_CONDITION)


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
            f"{{{check.RBAC_ADMINISTRATOR}",
            f"allows {check.RBAC_ADMINISTRATOR}",
        ),
    ],
)
def test_a_condition_that_lets_more_through_is_found(files: dict[str, str], old: str, new: str, finding: str) -> None:
    condition = replaced(check.grant_condition(files[check.RBAC]), old, new)

    assert any(finding in found for found in check.condition_findings(condition))


def test_a_right_to_grant_without_any_condition_is_found() -> None:
    assert len(check.condition_findings(check.grant_condition(""))) == 3


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
def test_a_careless_role_assignment_is_found(files: dict[str, str], old: str, new: str, finding: str) -> None:
    files[check.RBAC] = replaced(files[check.RBAC], old, new)

    assert any(finding in found for found in check.role_assignment_findings(files))


def test_a_role_assignment_outside_the_one_file_is_found(files: dict[str, str]) -> None:
    files["infra/app/events.bicep"] += "resource x 'Microsoft.Authorization/roleAssignments@2022-04-01' = {\n}\n"

    assert check.role_assignment_findings(files) == [
        "infra/app/events.bicep: assigns roles; all role assignments belong in infra/app/rbac.bicep"
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
def test_a_key_is_found_in_code_but_not_in_comments(files: dict[str, str], line: str) -> None:
    path = "infra/app/function.bicep"
    original = files[path]

    files[path] = f"{original}// {line}\n"
    assert check.key_findings(files) == []

    files[path] = f"{original}{line}\n"
    assert len(check.key_findings(files)) == 1


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("infra/app/storage.bicep", "allowSharedKeyAccess: false", "allowSharedKeyAccess: true"),
        ("infra/app/monitoring.bicep", "    DisableLocalAuth: true", "    // DisableLocalAuth: true"),
    ],
)
def test_a_resource_that_accepts_keys_is_found(files: dict[str, str], path: str, old: str, new: str) -> None:
    files[path] = replaced(files[path], old, new)

    assert [found for found in check.key_findings(files) if found.startswith(path)]


def test_settings_are_compared_with_what_the_code_reads(files: dict[str, str]) -> None:
    settings = check.app_settings(files[check.FUNCTION])
    given = [name for name in settings if name.startswith("SLIPWAY_")]
    reads_all = "\n".join(f'environ["{name}"]' for name in given)

    assert check.settings_findings(settings, reads_all) == []
    assert check.settings_findings(settings, f'"""Mentions SLIPWAY_X."""\n{reads_all}\nenviron.get("SLIPWAY_NEW")') == [
        "infra/app/function.bicep: SLIPWAY_NEW is read by settings.py but not set"
    ]
    assert check.settings_findings(settings, f'{reads_all}\nenviron.get("SLIPWAY_NEW", "a default")') == []
    assert check.settings_findings(settings, "") == [
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
def test_a_host_json_that_loses_something_is_found(files: dict[str, str], old: str, new: str, finding: str) -> None:
    settings = check.app_settings(files[check.FUNCTION])
    host = (ROOT / "host.json").read_text()

    assert host_findings(host, settings) == []
    [found] = host_findings(replaced(host, old, new), settings)
    assert finding in found


@pytest.mark.parametrize(
    ("old", "new", "finding"),
    [
        (
            'functionAppId="$SLIPWAY_FUNCTION_APP_ID"',
            "",
            "azure.yaml: a hook gives no functionAppId to workspace.bicep",
        ),
        ('functionAppId="$env:', 'functionApp="$env:', "azure.yaml: workspace.bicep has no parameter functionApp"),
        ("$SLIPWAY_STORAGE_ID", "$SLIPWAY_STORAGE", "azure.yaml: nothing provides SLIPWAY_STORAGE"),
        ("$env:SLIPWAY_STORAGE_ID", "$env:STORAGE_ID", "azure.yaml: nothing provides STORAGE_ID"),
    ],
)
def test_a_hook_that_does_not_fit_the_template_is_found(
    files: dict[str, str], azure_yaml: str, old: str, new: str, finding: str
) -> None:
    broken = replaced(azure_yaml, old, new)

    assert finding in check.hook_findings(broken, files["infra/main.bicep"], files["infra/workspace.bicep"])


def test_a_file_the_code_must_agree_with_may_not_be_missing(files: dict[str, str], tmp_path: Path) -> None:
    assert check.rule_findings(files, tmp_path) == [
        f"{name}: not there; the Bicep must agree with it" for name in ("settings.py", "host.json", "azure.yaml")
    ]


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

    assert check.lint({"results": clean}).findings == []
    assert check.lint({"results": clean | results}).findings == [finding]
