"""How `-h` is laid out: plain lines, for 80 columns; verbs under their headings, examples and exit codes at the end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any, ClassVar

from typer.core import TyperCommand, TyperGroup


class VerbHelp(TyperCommand):
    """The help of one verb.

    Attributes:
        last_words: what stands at the end, by heading: a word and what it means, or a line of its own.
    """

    last_words: ClassVar[Mapping[str, Sequence[tuple[str, str]]]] = {}

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        """Write what stands at the end; examples in one piece, for whoever copies them."""
        for heading, lines in self.last_words.items():
            with formatter.section(heading):
                for word, text in lines:
                    formatter.write(f"{'':{formatter.current_indent}}{word and f'{word:<4} '}{text}\n")

    def get_help_option(self, ctx: Any) -> Any:
        """The usual option, which like every other flag takes no value."""
        return _without_value(super().get_help_option(ctx))


class GroupHelp(TyperGroup):
    """The help of several verbs."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the verbs under their headings, each with its first words."""
        found = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        verbs = [(str(getattr(command, "rich_help_panel", "")), name, command) for name, command in found if command]
        for heading, members in groupby(verbs, key=lambda verb: verb[0]):
            with formatter.section(heading):
                formatter.write_dl([(name, command.get_short_help_str(200)) for _, name, command in members])

    def get_help_option(self, ctx: Any) -> Any:
        """The usual option, which like every other flag takes no value."""
        return _without_value(super().get_help_option(ctx))


def _without_value(option: Any) -> Any:
    if option is not None:
        option.metavar, option.help = "", "show this, and do nothing"
    return option
