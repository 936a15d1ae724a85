"""Names made from those of models: valid, the same where nothing was lost, and never one name for two models."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.derived_names import online_name
from contracts.names import is_online_name

EXAMPLES = settings(max_examples=400)

# Few letters, so that many of them come close to each other.
ASSET = st.text("aB1-_.", min_size=1, max_size=36).filter(lambda name: name[0] in "aB1")
TEMPLATES = st.sampled_from(
    ["{model}", "{model}-{version}", "{version}{model}", "v{version}", "Of {model}!", "-{model}-{model}x", "{model}."]
)


@pytest.mark.parametrize(
    ("template", "model", "version", "name"),
    [
        ("{model}", "credit-risk", "2", "credit-risk"),
        ("version-{version}", "credit-risk", "2", "version-2"),
        ("{model}-{version}", "credit-risk", "2", "credit-risk-2"),
        ("Scores of {model}", "fraud", "2", "scores-of-fraud"),
        ("{model}", "credit-20261126", "2", "credit-20261126"),
        ("blue", "Fraud.Model", "2", "blue"),
        ("Blue green", "Fraud.Model", "2", "Blue-green"),
    ],
)
def test_a_name_stays_as_it_is_where_nothing_is_lost(template: str, model: str, version: str, name: str) -> None:
    assert online_name(template, model, version) == name


@pytest.mark.parametrize(
    ("template", "model", "version", "head"),
    [
        ("{model}", "Fraud.Model", "2", "fraud-model-h"),
        ("{model}", "fraud_model", "2", "fraud-model-h"),
        ("{model}", "Fraud", "2", "fraud-h"),
        ("version-{version}", "fraud", "2.1", "version-2-1-h"),
        ("v{version}", "fraud", "2", "v2-h"),
        ("{model}", "3d-shapes", "2", "m-3d-shapes-h"),
        ("{model}", "a-model-with-a-name-that-is-too-long", "2", "a-model-with-a-name-th-h"),
        ("{model}-{version}", "a", "b-1", "a-b-1-h"),
        ("{model}", "copy-of-h0123abcd", "2", "copy-of-h0123abcd-h"),
    ],
)
def test_any_other_name_carries_a_digest(template: str, model: str, version: str, head: str) -> None:
    name = online_name(template, model, version)

    assert name.startswith(head)
    assert len(name) == len(head) + 8
    assert is_online_name(name)


def test_one_model_has_one_endpoint_whatever_its_versions() -> None:
    assert online_name("{model}", "Fraud.Model", "1") == online_name("{model}", "Fraud.Model", "2")
    assert online_name("{model}", "Fraud.Model", "1") != online_name("{model}", "fraud_model", "1")


@given(TEMPLATES, ASSET, ASSET, ASSET, ASSET)
@EXAMPLES
def test_no_two_models_or_versions_have_one_name(
    template: str, model: str, version: str, other: str, next_: str
) -> None:
    told = [part for part in ("{model}", "{version}") if part in template]
    one = dict(zip(("{model}", "{version}"), (model, version), strict=True))
    two = dict(zip(("{model}", "{version}"), (other, next_), strict=True))
    names = online_name(template, model, version), online_name(template, other, next_)

    assert all(is_online_name(name) and name == name.lower() for name in names)
    same = all(one[part] == two[part] for part in told)
    assert (names[0] == names[1]) is same


@given(TEMPLATES, ASSET, ASSET)
@EXAMPLES
def test_a_name_made_of_a_made_name_is_another_one(template: str, model: str, version: str) -> None:
    name = online_name("{model}", model, version)

    assert name == model or online_name("{model}", name, version) != name
