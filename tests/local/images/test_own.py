"""`local-images.yml`: which command serves an image on this machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from local.cloud.images.own import NotReadable, OwnImage, match, read


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "local-images.yml"


def test_the_first_pattern_that_fits_counts(file: Path) -> None:
    file.write_text(
        "images:\n"
        "  - {image: 'docker.io/tensorflow/*', command: [first, '{port}'], environment: {A: 1}}\n"
        "  - {image: 'docker.io/*', command: [second, '{port}']}\n"
    )
    known = read(file)

    assert match("docker.io/tensorflow/serving:latest", known) == OwnImage(
        "docker.io/tensorflow/*", ("first", "{port}"), {"A": "1"}
    )
    assert match("docker.io/me/mine", known) == known[1]
    assert match("ghcr.io/me/mine", known) is None


def test_a_command_has_its_places_filled_and_other_braces_left_alone(file: Path) -> None:
    command = """[docker, run, --env-file, '{env_file}', -p, '127.0.0.1:{port}:80', '{image}', '--json={"a": 1}']"""
    file.write_text(f"images: [{{image: '*', command: {command}, stop: [docker, rm, '{{name}}']}}]")

    (image,) = read(file)
    started, stop = image.filled(port=1, env_file="/e", image="me/mine:1", model_dir="/m", code_dir="/c", name="n")

    assert started == [
        "docker", "run", "--env-file", "/e", "-p", "127.0.0.1:1:80", "me/mine:1", '--json={"a": 1}',
    ]  # fmt: skip
    assert stop == ["docker", "rm", "n"]


def test_without_the_file_there_are_none(file: Path) -> None:
    assert read(file) == ()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("images: [", "is not YAML"),
        ("- a", "one key, images"),
        ("images: []\nmore: 1", "one key, images"),
        ("images: [{image: a}]", r"images\.0 must have image and command"),
        ("images: [{image: a, command: ['{port}'], comand: b}]", r"images\.0 must have image and command"),
        ("images: [{image: a, command: 'serve {port}'}]", "must be a list of texts"),
        ("images: [{image: a, command: [serve]}]", r"must have \{port\}, and may have \{code_dir\}"),
        ("images: [{image: a, command: [serve, '{port}', '{modeldir}']}]", r"must have \{port\}"),
        ("images: [{image: a, command: ['{port}'], stop: docker rm}]", r"images\.0\.stop must be a list of texts"),
        ("images: [{image: a, command: ['{port}'], stop: ['{nam}']}]", r"images\.0\.stop may have \{port\}"),
        ("images: [{image: a, command: ['{port}'], environment: [a]}]", "environment must be a mapping"),
    ],
)
def test_what_is_wrong_with_it_is_said_with_its_place(file: Path, text: str, says: str) -> None:
    file.write_text(text)

    with pytest.raises(NotReadable, match=says):
        read(file)
