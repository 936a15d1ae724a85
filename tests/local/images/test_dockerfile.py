"""The Dockerfiles that are followed without a container engine, and how the others are refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from local.cloud.images.dockerfile import Steps, read
from local.cloud.images.problems import Refused

BASE = "mcr.microsoft.com/azureml/minimal-py312-inference:latest"


@pytest.fixture
def context(tmp_path: Path) -> Path:
    (tmp_path / "requirements.txt").write_text("joblib==1.5.1  # pinned\n\n# nothing\nnumpy\n")
    (tmp_path / "conda.yaml").write_text("dependencies: [{pip: [pandas]}]\n")
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "extra.py").write_text("x = 1\n")
    return tmp_path


def steps(context: Path, *lines: str) -> Steps:
    (context / "Dockerfile").write_text("\n".join((f"FROM {BASE}", *lines)) + "\n")
    return read(context)


@pytest.mark.parametrize(
    ("lines", "requirements"),
    [
        (
            ("COPY requirements.txt /tmp/", "RUN pip install -r /tmp/requirements.txt"),
            ["joblib==1.5.1  # pinned", "numpy"],
        ),
        (
            ("COPY requirements.txt /tmp/r.txt", "RUN pip install --no-cache-dir -r /tmp/r.txt"),
            ["joblib==1.5.1  # pinned", "numpy"],
        ),
        (("WORKDIR /work", "COPY . .", "RUN pip3 install -r requirements.txt"), ["joblib==1.5.1  # pinned", "numpy"]),
        (("RUN python -m pip install -U joblib \\", "    'numpy>=2'"), ["joblib", "numpy>=2"]),
        (("RUN pip install joblib && pip install numpy",), ["joblib", "numpy"]),
        (("ARG PINNED=joblib==1.5.1", "RUN pip install $PINNED ${PINNED}"), ["joblib==1.5.1", "joblib==1.5.1"]),
        (("ARG NOTHING", "ENV A=numpy", "ENV A=joblib B=${A}$NOTHING", "RUN pip install $B"), ["numpy"]),
        (
            ("ARG WHERE=/tmp", "COPY requirements.txt $WHERE/r.txt", "WORKDIR ${WHERE}", "RUN pip install -r r.txt"),
            ["joblib==1.5.1  # pinned", "numpy"],
        ),
        (
            (
                "COPY requirements.txt .",
                "RUN pip install -r requirements.txt && \\",
                "    # not needed any more",
                "    rm requirements.txt && pip cache purge && conda clean -a -y",
                "HEALTHCHECK NONE",
            ),
            ["joblib==1.5.1  # pinned", "numpy"],
        ),
        (("# a comment", "LABEL a=b", "USER dockeruser", "EXPOSE 5001"), []),
    ],
)
def test_what_pip_installs(context: Path, lines: tuple[str, ...], requirements: list[str]) -> None:
    found = steps(context, *lines)

    assert (found.image, found.requirements) == (BASE, requirements)


def test_a_conda_file_that_updates_the_images_environment(context: Path) -> None:
    found = steps(context, "COPY conda.yaml /tmp/conda.yaml", "RUN conda env update -n amlenv --file /tmp/conda.yaml")

    assert found.conda_files == ["dependencies: [{pip: [pandas]}]\n"]
    assert found.notes == ()


def test_variables_reach_the_container(context: Path) -> None:
    assert steps(context, 'ENV A=1 B="two words"', "ENV C three").variables == {
        "A": "1",
        "B": "two words",
        "C": "three",
    }


def test_a_file_that_nothing_reads_here_is_told(context: Path) -> None:
    assert steps(context, "COPY app /app").notes == ("not there, though the Dockerfile copies it: /app/extra.py",)


@pytest.mark.parametrize(
    "line",
    [
        "RUN apt-get update",
        "RUN pip install joblib; rm -rf /",
        "RUN pip install numpy>=2",
        "RUN pip install $PACKAGE",
        "RUN pip install --index-url https://example.com joblib",
        "RUN conda env create -f conda.yaml",
        "COPY --from=other /a /b",
        "ADD https://example.com/a /a",
        "COPY *.txt /tmp/",
        "ENV PATH=/opt/bin:$PATH",
        'ENTRYPOINT ["/start"]',
        'CMD ["runsvdir"]',
        "RUN rm -rf /opt/miniconda",
        "RUN pip install '$PACKAGE'",
        "COPY ${SOMETHING} /tmp/",
        "WORKDIR $HOME/app",
        "ARG THERE=$PATH",
        f"FROM {BASE} AS second",
    ],
)
def test_anything_else_needs_an_engine_and_is_named_with_its_line(context: Path, line: str) -> None:
    with pytest.raises(Refused, match="takes a container engine") as refused:
        steps(context, "# first", line)

    code, message = refused.value.problem
    assert code == "ImageNotRunnableLocally"
    assert message.startswith(f"line 3 of the environment's Dockerfile, {line!r}".replace("ADD", "COPY"))


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        (("COPY nothing.txt /tmp/",), "COPY nothing.txt: not found in the build context"),
        (("COPY ../secret /tmp/",), "not found in the build context"),
        (("RUN pip install -r requirements.txt",), "/requirements.txt: no such file"),
    ],
)
def test_what_fails_in_docker_fails_the_build(context: Path, lines: tuple[str, ...], says: str) -> None:
    with pytest.raises(Refused, match=says) as refused:
        steps(context, *lines)

    assert refused.value.problem.code == "ImageBuildFailure"


def test_what_is_copied_is_named_from_the_context(context: Path) -> None:
    (context / "docker").mkdir()
    (context / "docker" / "dockerfile").write_text(
        f"FROM {BASE}\nCOPY ./conda.yaml .\nRUN conda env update -f conda.yaml"
    )

    assert read(context, "docker/dockerfile").conda_files == ["dependencies: [{pip: [pandas]}]\n"]


def test_no_dockerfile_fails_the_build(context: Path) -> None:
    with pytest.raises(Refused, match="no such file") as refused:
        read(context)

    assert refused.value.problem.code == "ImageBuildFailure"


@pytest.mark.parametrize(
    ("lines", "image"),
    [
        (("ARG TAG=latest", f"FROM {BASE[: -len('latest')]}${{TAG}}"), BASE),
        ((f"ARG BASE={BASE}", "FROM $BASE", "ARG BASE", 'ENV WHAT="$BASE"'), BASE),
    ],
)
def test_the_image_may_be_an_argument(context: Path, lines: tuple[str, ...], image: str) -> None:
    (context / "Dockerfile").write_text("\n".join(lines))

    found = read(context)

    assert found.image == image
    assert found.variables in ({}, {"WHAT": image})
