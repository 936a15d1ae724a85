"""What a conda file asks for, in pip's words."""

from __future__ import annotations

import pytest
from packaging.requirements import Requirement

from local.cloud.images.conda import read
from local.cloud.images.problems import BUILD_FAILED, Refused


def conda(*dependencies: str, pip: str = "") -> str:
    lines = ["name: model-env", "channels: [conda-forge]", "dependencies:"]
    lines += [f"  - {one}" for one in dependencies]
    if pip:
        lines += ["  - pip:", *(f"    - {one}" for one in pip.split("|"))]
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("written", "means"),
    [
        ("numpy", "numpy"),
        ("numpy=1.26", "numpy==1.26.*"),
        ("numpy=1.26.*", "numpy==1.26.*"),
        ("numpy==1.26.4", "numpy==1.26.4"),
        ("numpy 1.26.4", "numpy==1.26.4"),
        ("numpy 1.26*", "numpy==1.26.*"),
        ("numpy >=1.22, <2", "numpy>=1.22,<2"),
        ("numpy=1.26.4=py312h_0", "numpy==1.26.4.*"),
        ("conda-forge::numpy~=1.26", "numpy~=1.26"),
        ("numpy[version='>=1.22']", "numpy>=1.22"),
        ("NumPy!=1.26.*", "numpy!=1.26.*"),
        ("pytorch=2.4", "torch==2.4.*"),
        ("matplotlib-base", "matplotlib"),
        ("py-xgboost==1.7.6", "xgboost==1.7.6"),
        ("python-graphviz", "graphviz"),
        ("ruamel.yaml", "ruamel-yaml"),
        ("importlib_metadata", "importlib-metadata"),
    ],
)
def test_a_conda_package_by_its_name_and_version_on_pypi(written: str, means: str) -> None:
    assert read(conda(f"{written!r}" if "[" in written else written)).from_conda == (means,)


@pytest.mark.parametrize(
    ("written", "python"),
    [
        ("python=3.9", "==3.9.*"),
        ("python==3.9.7", "==3.9.7"),
        ("python>=3.11,<3.14", ">=3.11,<3.14"),
        ("python 3.9.*", "==3.9.*"),
        ("python", ""),
        ("numpy", ""),
    ],
)
def test_the_python_that_is_wanted(written: str, python: str) -> None:
    assert read(conda(written)).python == python


def test_pips_section_is_pips_own() -> None:
    found = read(conda("pip=25.1", pip="joblib==1.5.1|inference-schema[numpy-support]|-r more.txt"))

    assert found.from_conda == ()
    assert found.from_pip == ("joblib==1.5.1", "inference-schema[numpy-support]", "-r more.txt")


@pytest.mark.parametrize("listed", ["pip=25.1", "joblib"])
@pytest.mark.parametrize(
    ("python", "brought"),
    [("3.9", {"wheel": "", "setuptools": "<80.10"}), ("3.10", {"wheel": "", "setuptools": ""}), ("3.13", {})],
)
def test_conda_puts_pip_beside_every_python_and_its_tools_while_it_did(
    listed: str, python: str, brought: dict[str, str]
) -> None:
    pip, *tools = (Requirement(one) for one in read(conda(listed)).tools)
    there: dict[str, str] = {}
    for one in tools:
        if one.marker and one.marker.evaluate({"python_version": python}):
            there[one.name] = f"{there.get(one.name, '')}{one.specifier}"

    assert (pip.name, str(pip.specifier)) == ("pip", "==25.1.*" if listed.startswith("pip") else "")
    assert there == brought


@pytest.mark.parametrize(
    ("written", "bounded"),
    [
        ("scikit-learn=1.2.2", True),
        ("scikit-learn=1.7.0", False),
        ("scikit-learn", False),
        ("scikit-learn>=1.2", False),
        ("scipy<1.13", True),
        ("pandas>=1.5,<3", False),
        ("pandas~=1.5.3", True),
        ("joblib=1.2.0", False),
    ],
)
def test_what_conda_built_against_numpy_1_stays_with_it(written: str, bounded: bool) -> None:
    assert ("numpy<2" in read(conda(written, "numpy")).from_conda) is bounded


def test_what_only_conda_has_is_refused_by_name_all_at_once() -> None:
    with pytest.raises(Refused) as refused:
        read(conda("openjdk", "numpy", "cudatoolkit=11.3", "somebodys-package"))

    code, message = refused.value.problem
    assert code == "ImageNotRunnableLocally"
    assert "openjdk is a conda package that PyPI does not have" in message
    assert "cudatoolkit is a conda package that PyPI does not have" in message
    assert "not known here whether PyPI has the conda package somebodys-package" in message
    assert "numpy" not in message


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("dependencies: [", "not YAML"),
        ("just text", "no list of dependencies"),
        ("dependencies: numpy", "no list of dependencies"),
        ("dependencies: [{conda: [numpy]}]", "neither a package nor a list under pip"),
        ("dependencies: [{pip: joblib}]", "neither a package nor a list under pip"),
        ("dependencies: ['numpy at 1']", "version cannot be read"),
        ("dependencies: ['numpy; extra']", "not a package specification"),
        ("dependencies: ['numpy=1 2 3']", "version cannot be read"),
    ],
)
def test_a_file_that_conda_does_not_take_fails_the_build(text: str, says: str) -> None:
    with pytest.raises(Refused, match=says) as refused:
        read(text)

    assert refused.value.problem.code == BUILD_FAILED


def test_alternatives_are_refused_rather_than_chosen_from() -> None:
    with pytest.raises(Refused, match="offers alternatives"):
        read(conda("numpy=1.21|1.22"))
