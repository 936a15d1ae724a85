"""What a role allows, where, and from when."""

from __future__ import annotations

from datetime import timedelta

import pytest

from local.clock import Clock
from local.cloud.authorization import Authorization, Propagation, RoleAssignment
from local.cloud.authorization.roles import built_in_roles, role_named

GROUP = "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/slipway-local"
WORKSPACE = f"{GROUP}/providers/Microsoft.MachineLearningServices/workspaces/slipway-workspace"
STORAGE = f"{GROUP}/providers/Microsoft.Storage/storageAccounts/slipwaylocal"
ENDPOINT = "aaaaaaaa-0000-0000-0000-000000000003"
READ_BLOB = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/read"
BLOB_READER = "Storage Blob Data Reader"


def assign(rbac: Authorization, role: str, *, scope: str = STORAGE, number: int = 1) -> RoleAssignment:
    assignment = RoleAssignment(
        name=f"00000000-0000-0000-0000-{number:012}",
        scope=scope,
        role=role_named(role),
        principal_id=ENDPOINT,
        principal_type="ServicePrincipal",
        created_on=rbac.clock.now(),
        created_by="somebody",
        effective_at=None,
    )
    rbac.add(assignment)
    return assignment


def reads(rbac: Authorization, scope: str = STORAGE) -> bool:
    return rbac.allowed(ENDPOINT, READ_BLOB, scope, data=True)


def test_an_assignment_counts_only_after_its_delay(rbac: Authorization, clock: Clock) -> None:
    assign(rbac, BLOB_READER)

    assert rbac.assignments(ENDPOINT) != []
    assert not reads(rbac)
    clock.advance(timedelta(minutes=3, seconds=59))
    assert not reads(rbac)
    clock.advance(timedelta(seconds=1))
    assert reads(rbac)


def test_a_removed_assignment_counts_until_the_removal_has_propagated(rbac: Authorization, clock: Clock) -> None:
    assignment = assign(rbac, BLOB_READER)
    clock.advance(timedelta(minutes=5))
    rbac.remove(assignment.name)

    assert rbac.assignments(ENDPOINT) == []
    assert reads(rbac)
    clock.advance(timedelta(minutes=4))
    assert not reads(rbac)


def test_one_role_may_never_take_effect_while_others_do(rbac: Authorization, clock: Clock) -> None:
    rbac.propagation = Propagation.fixed(timedelta()).for_role("acrpull", Propagation.never())
    assign(rbac, BLOB_READER)
    assign(rbac, "AcrPull", number=2)
    clock.advance(timedelta(days=1))

    pull = "Microsoft.ContainerRegistry/registries/pull/read"
    assert reads(rbac)
    assert not rbac.allowed(ENDPOINT, pull, STORAGE)
    rbac.settle()
    assert rbac.allowed(ENDPOINT, pull, STORAGE)


def test_drawn_delays_repeat_with_their_seed_and_stay_within_what_was_measured() -> None:
    role = role_named(BLOB_READER)
    names = [f"assignment-{number}" for number in range(200)]

    def drawn(seed: int) -> list[float]:
        delays = [Propagation.drawn(seed).until_effective(role, name) for name in names]
        return [delay.total_seconds() for delay in delays if delay is not None]

    assert drawn(7) == drawn(7)
    assert drawn(7) != drawn(8)
    usual = [delay for delay in drawn(7) if delay <= 105]
    slow = [delay for delay in drawn(7) if delay > 105]
    assert min(usual) >= 32
    assert 0 < len(slow) < 30
    assert all(900 <= delay <= 1200 for delay in slow)


def test_drawn_revocations_stay_within_what_was_measured() -> None:
    blob, pull = role_named(BLOB_READER), role_named("AcrPull")
    delays = [Propagation.drawn(7).until_revoked(blob, str(number)).total_seconds() for number in range(50)]

    assert all(1 <= delay <= 10 for delay in delays)
    assert len(set(delays)) > 1
    assert Propagation.drawn(7).until_revoked(pull, "x") > timedelta(seconds=10)
    assert Propagation.never().until_revoked(blob, "x") == timedelta()


def test_propagation_can_be_read_from_json() -> None:
    rule = Propagation.from_json({"kind": "fixed", "seconds": 30, "roles": {"AcrPull": {"kind": "never"}}})

    assert rule.until_effective(role_named(BLOB_READER), "x") == timedelta(seconds=30)
    assert rule.until_effective(role_named("AcrPull"), "x") is None
    for wrong in ({}, {"kind": "soon"}, {"kind": "fixed", "seconds": "30"}, {"kind": "drawn", "roles": []}):
        with pytest.raises(ValueError, match="propagation"):
            Propagation.from_json(wrong)


@pytest.mark.parametrize(
    ("granted", "asked", "inherited"),
    [
        (STORAGE, STORAGE, True),
        (STORAGE, f"{STORAGE}/blobServices/default/containers/models", True),
        (STORAGE, STORAGE.upper(), True),
        (GROUP, STORAGE, True),
        (GROUP.rsplit("/resourceGroups", 1)[0], STORAGE, True),
        (STORAGE, GROUP, False),
        (STORAGE, f"{STORAGE}2", False),
        (f"{STORAGE}/blobServices/default/containers/a", f"{STORAGE}/blobServices/default/containers/b", False),
    ],
)
def test_scopes_are_inherited_downwards(rbac: Authorization, granted: str, asked: str, inherited: bool) -> None:
    rbac.seed(ENDPOINT, BLOB_READER, granted)

    assert reads(rbac, asked) is inherited


@pytest.mark.parametrize(
    ("role", "action", "allowed"),
    [
        ("AzureML Data Scientist", "Microsoft.MachineLearningServices/workspaces/onlineEndpoints/write", True),
        ("AzureML Data Scientist", "microsoft.machinelearningservices/workspaces/read", True),
        ("AzureML Data Scientist", "Microsoft.MachineLearningServices/workspaces/write", False),
        ("AzureML Data Scientist", "Microsoft.Authorization/roleAssignments/write", False),
        ("Managed Identity Operator", "Microsoft.ManagedIdentity/userAssignedIdentities/assign/action", True),
        ("Managed Identity Operator", "Microsoft.ManagedIdentity/userAssignedIdentities/write", False),
        ("AzureML Metrics Writer (preview)", "Microsoft.MachineLearningServices/workspaces/metrics/x/write", True),
        ("Contributor", "Microsoft.Authorization/roleAssignments/write", False),
        ("Contributor", "Microsoft.Storage/storageAccounts/write", True),
        ("Reader", "Microsoft.Storage/storageAccounts/read", True),
        ("Reader", "Microsoft.Storage/storageAccounts/write", False),
    ],
)
def test_roles_allow_what_they_name(rbac: Authorization, role: str, action: str, allowed: bool) -> None:
    rbac.seed(ENDPOINT, role, WORKSPACE)

    assert rbac.allowed(ENDPOINT, action, WORKSPACE) is allowed


def test_control_and_data_actions_are_apart(rbac: Authorization) -> None:
    rbac.seed(ENDPOINT, "Owner", STORAGE)

    assert rbac.allowed(ENDPOINT, READ_BLOB, STORAGE)
    assert not reads(rbac)


def test_every_role_says_where_it_was_read_and_grants_something() -> None:
    roles = built_in_roles()

    assert len({role.guid for role in roles}) == len(roles)
    assert all(role.actions or role.data_actions for role in roles)
    with pytest.raises(KeyError, match="AcrPull"):
        role_named("AcrPuller")


def test_service_grants_go_with_the_identity_and_other_grants_stay(rbac: Authorization, clock: Clock) -> None:
    rbac.seed(ENDPOINT, "AcrPull", GROUP)
    assign(rbac, BLOB_READER)

    rbac.forget_service_grants(ENDPOINT)

    assert [one.role.name for one in rbac.assignments(ENDPOINT)] == [BLOB_READER]


def test_reset_leaves_nobody_with_a_role(rbac: Authorization) -> None:
    rbac.reset()

    assert rbac.assignments() == []
    assert rbac.principal(ENDPOINT) is None
