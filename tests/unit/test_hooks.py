"""The hooks of azure.yaml that run before something is made: what they ask, what they say, what they leave alone."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from infra.check.conditions import NEVER_ASSIGNED, RBAC_ADMINISTRATOR
from tests.infra.checkout import ROOT
from tests.infra.recorder import Ran, Recorder, fails, says

GROUP = "/subscriptions/sub/resourceGroups/rg-ml"
ENVIRONMENT = {
    "AZURE_ENV_NAME": "dev",
    "AZURE_SUBSCRIPTION_ID": "sub",
    "SLIPWAY_WORKSPACE": "mlw",
    "SLIPWAY_RESOURCE_GROUP": "rg-ml",
}
READER, PULL = "acdd72a7-3385-48ef-bd42-f606fba81ae7", "7f951dda-4ed3-4680-a7ca-43fe172d538d"
PROVIDERS = (
    "Microsoft.EventGrid",
    "Microsoft.Insights",
    "microsoft.machinelearningservices",
    "Microsoft.ManagedIdentity",
    "Microsoft.OperationalInsights",
    "Microsoft.Storage",
    "Microsoft.Web",
)


@pytest.fixture
def recorder(tmp_path: Path) -> Recorder:
    """An owner, logged in, with everything registered."""
    recorder = Recorder(tmp_path)
    recorder.rule("azure-cli", says("2.70.0"))
    recorder.rule("rest permissions", says("1"))
    recorder.rule("provider list", says("\n".join(PROVIDERS)))
    return recorder


def preup(recorder: Recorder, **more: str) -> Ran:
    return recorder.run("preup", ENVIRONMENT | more)


@pytest.mark.parametrize("script", sorted((ROOT / "infra" / "hooks").glob("*.sh")), ids=lambda path: path.name)
@pytest.mark.parametrize("shell", [["sh"], ["bash", "--posix"]], ids=lambda shell: shell[0])
def test_every_hook_is_one_that_a_shell_can_read(script: Path, shell: list[str]) -> None:
    done = subprocess.run([*shell, "-n", str(script)], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stderr) == (0, "")


def test_with_nothing_in_the_way_preup_is_silent_and_only_reads(recorder: Recorder) -> None:
    ran = preup(recorder)

    assert (ran.code, ran.said) == (0, "")
    assert {line.split(" --")[0] for line in ran.commands("az")} == {
        "az version",
        "az account get-access-token",
        "az rest",
        "az provider list",
    }
    assert all("--method get" in line for line in ran.commands("az rest"))


@pytest.mark.parametrize(
    ("words", "answer", "said"),
    [
        ("azure-cli", says("2.60.9"), "Azure CLI 2.60.9 is too old, 2.61 is needed: az upgrade"),
        ("azure-cli", says("1.99.0"), "Azure CLI 1.99.0 is too old"),
        ("azure-cli", fails(), "The Azure CLI does not say its version, 2.61 is needed: az version"),
        ("get-access-token", fails(), "az is not logged in to subscription sub: az login"),
        ("rest workspaces/mlw", fails(), "There is no workspace mlw in rg-ml that you may read"),
        ("rest permissions roleAssignments/write", says("0"), f"You may not assign roles on {GROUP}: become its Owner"),
        (f"rest permissions {GROUP}", says("0"), f"You may not create resources on {GROUP}: become its Owner, or"),
        (f"rest permissions {GROUP}", fails(), f"Azure does not say what you may do on {GROUP}"),
        ("rest workspaces/mlw", fails(), "It must be in the app's own subscription, sub;"),
        (
            "provider list",
            says("\n".join(PROVIDERS[1:])),
            "az provider register --wait --namespace Microsoft.EventGrid",
        ),
        ("provider list", fails(), "Azure does not say which resource providers are registered"),
    ],
)
def test_preup_tells_what_is_in_the_way(recorder: Recorder, words: str, answer: dict[str, object], said: str) -> None:
    recorder.rule(words, answer)

    ran = preup(recorder)

    assert ran.code == 1
    assert said in ran.said
    assert "Nothing was changed." in ran.said


def test_an_azure_that_does_not_answer_is_told_from_a_right_that_is_missing(recorder: Recorder) -> None:
    recorder.rule("rest permissions roleAssignments/write", fails())

    ran = preup(recorder)

    assert f"Azure does not say what you may do on {GROUP}" in ran.said
    assert "You may not" not in ran.said


@pytest.mark.parametrize("words", ["azure-cli", "get-access-token", f"rest permissions {GROUP}", "provider list"])
def test_preup_gives_one_cause_to_one_thing_that_azure_does_not_say(recorder: Recorder, words: str) -> None:
    recorder.rule(words, fails())

    assert "1 in the way of azd up" in preup(recorder).said


@pytest.mark.parametrize("added", ["", READER, f"{READER.upper()}, {PULL}", f"{READER},{PULL}"])
def test_roles_that_an_operator_adds_are_taken_by_their_ids(recorder: Recorder, added: str) -> None:
    assert preup(recorder, SLIPWAY_GRANTABLE_ROLES=added).code == 0


@pytest.mark.parametrize("added", ["Reader", f"{READER};{PULL}", f"{READER},", READER[:-1], f"{READER}}}) OR (true"])
def test_what_azures_condition_would_not_take_is_told_before_anything_is_made(recorder: Recorder, added: str) -> None:
    ran = preup(recorder, SLIPWAY_GRANTABLE_ROLES=added)

    assert ran.code == 1
    assert f"must be IDs of roles, separated by commas, not '{added}'" in ran.said
    assert "az role definition list" in ran.said


@pytest.mark.parametrize("guid", [*NEVER_ASSIGNED, RBAC_ADMINISTRATOR])
def test_roles_that_hold_everything_are_not_added(recorder: Recorder, guid: str) -> None:
    ran = preup(recorder, SLIPWAY_GRANTABLE_ROLES=f"{READER}, {guid.upper()}")

    assert ran.code == 1
    assert f"with {guid} whoever writes a request could give anybody everything" in ran.said
    assert guid in (ROOT / "infra" / "hooks" / "preup.ps1").read_text()


@pytest.mark.parametrize("version", ["2.61.0", "2.100.1", "3.0.0"])
def test_newer_versions_of_the_azure_cli_will_do(recorder: Recorder, version: str) -> None:
    recorder.rule("azure-cli", says(version))

    assert preup(recorder).code == 0


def test_preup_tells_everything_at_once(recorder: Recorder) -> None:
    recorder.rule("azure-cli", says("2.50.0"))
    recorder.rule("rest workspaces/mlw", fails())
    recorder.rule("rest permissions", says("0"))
    recorder.rule("provider list", says(""))

    ran = preup(recorder, SLIPWAY_BACKEND="Netherite")

    assert "14 in the way of azd up" in ran.said
    assert "SLIPWAY_BACKEND is Netherite: azd env set SLIPWAY_BACKEND AzureStorage, or DurableTaskScheduler" in ran.said


@pytest.mark.parametrize("name", ["AZURE_SUBSCRIPTION_ID", "SLIPWAY_WORKSPACE", "SLIPWAY_RESOURCE_GROUP"])
def test_preup_asks_for_what_is_not_set(recorder: Recorder, name: str) -> None:
    ran = preup(recorder, **{name: ""})

    assert ran.code == 1
    assert f"{name} is not set: azd env set {name} <value>" in ran.said


def test_preup_tells_that_there_is_no_azure_cli(recorder: Recorder) -> None:
    (recorder.programs / "az").unlink()

    ran = preup(recorder)

    assert (ran.code, ran.calls) == (1, [])
    assert "The Azure CLI is not installed" in ran.said


def test_the_scheduler_needs_its_provider_too(recorder: Recorder) -> None:
    ran = preup(recorder, SLIPWAY_BACKEND="DurableTaskScheduler")

    assert ran.code == 1
    assert "Microsoft.DurableTask is not registered" in ran.said


@pytest.mark.parametrize(
    ("region", "offered", "problems"),
    [("westeurope", "North Europe\nWest Europe", 0), ("westus", "West US 2\nWest Europe", 1), ("", "West Europe", 0)],
)
def test_the_scheduler_is_looked_for_in_the_region_before_anything_is_made_there(
    recorder: Recorder, region: str, offered: str, problems: int
) -> None:
    recorder.rule("provider list", says("\n".join([*PROVIDERS, "Microsoft.DurableTask"])))
    recorder.rule("provider show Microsoft.DurableTask", says(offered))

    ran = preup(recorder, SLIPWAY_BACKEND="DurableTaskScheduler", AZURE_LOCATION=region)

    assert (ran.code, ran.said.count(f"There is no Durable Task Scheduler in {region}")) == (problems, problems)


def test_the_host_json_of_the_backend_is_packed(recorder: Recorder) -> None:
    deployed, kept = recorder.project / "host.json", recorder.project / "infra" / "backends"
    storage = deployed.read_bytes()

    untouched = recorder.run("prepackage", {})
    assert (untouched.code, untouched.said, deployed.read_bytes()) == (0, "", storage)

    chosen = recorder.run("prepackage", {"SLIPWAY_BACKEND": "DurableTaskScheduler"})
    assert (chosen.code, chosen.said) == (0, "host.json is now the one for DurableTaskScheduler.\n")
    assert deployed.read_bytes() == (kept / "DurableTaskScheduler.json").read_bytes()

    back = recorder.run("prepackage", {"SLIPWAY_BACKEND": "AzureStorage"})
    assert (back.code, deployed.read_bytes()) == (0, storage)


def test_an_unknown_backend_packs_nothing(recorder: Recorder) -> None:
    before = (recorder.project / "host.json").read_bytes()

    ran = recorder.run("prepackage", {"SLIPWAY_BACKEND": "Netherite"})

    assert ran.code == 1
    assert "azd env set SLIPWAY_BACKEND AzureStorage" in ran.said
    assert (recorder.project / "host.json").read_bytes() == before


@pytest.mark.parametrize(
    ("answer", "pause"), [(says("func/deploy"), []), (says(""), [120]), (fails("ResourceNotFound"), [120])]
)
def test_a_first_deployment_waits_for_the_role_and_later_ones_do_not(
    recorder: Recorder, answer: dict[str, object], pause: list[int]
) -> None:
    recorder.rule("rest /functions?", answer)

    ran = recorder.run("predeploy", {"SLIPWAY_APP_ID": "/app", "SLIPWAY_PROVISIONED_BACKEND": "AzureStorage"})

    assert (ran.code, ran.slept) == (0, pause)
    assert "azd deploy" in ran.said


@pytest.mark.parametrize(
    ("chosen", "provisioned"),
    [("DurableTaskScheduler", "AzureStorage"), ("AzureStorage", "DurableTaskScheduler"), ("", "DurableTaskScheduler")],
)
def test_a_package_for_another_backend_than_the_apps_is_not_deployed(
    recorder: Recorder, chosen: str, provisioned: str
) -> None:
    environment = {"SLIPWAY_APP_ID": "/app", "SLIPWAY_BACKEND": chosen, "SLIPWAY_PROVISIONED_BACKEND": provisioned}

    ran = recorder.run("predeploy", environment)

    assert (ran.code, ran.calls) == (1, [])
    assert f"the app for {provisioned}: azd provision first" in ran.said


@pytest.mark.parametrize("hook", ["predeploy", "postdeploy"])
def test_without_a_provisioned_app_nothing_is_asked(recorder: Recorder, hook: str) -> None:
    ran = recorder.run(hook, {"AZURE_ENV_NAME": "dev", "AZURE_SUBSCRIPTION_ID": "sub"})

    assert (ran.code != 0, ran.calls) == (True, [])
    assert "azd provision first" in ran.said
