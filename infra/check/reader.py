"""Reads Bicep into a tree: the subset that `infra/` is written in, and nothing that would be half understood."""

from __future__ import annotations

from collections.abc import Callable

from infra.check.syntax import (
    Array,
    BicepFile,
    Call,
    Index,
    Literal,
    Member,
    Module,
    Name,
    Node,
    Object,
    Operation,
    Output,
    Parameter,
    Resource,
    Text,
)
from infra.check.tokens import BicepError, Token, tokens

WORDS = {"true": True, "false": False, "null": None}
# Loosest first.
OPERATORS = (("??",), ("||",), ("&&",), ("==", "!="), ("<", ">", "<=", ">="), ("+", "-"), ("*", "/", "%"))


def read_bicep(text: str) -> BicepFile:
    """The tree of a Bicep file; raises BicepError for what is not understood."""
    return Reader(text).file()


def read_expression(text: str, line: int = 1) -> Node:
    """The tree of one expression."""
    reader = Reader(text, line)
    found = reader.expression()
    reader.take("end")
    return found


class Reader:
    """Reads one text from its beginning to its end."""

    def __init__(self, text: str, line: int = 1) -> None:
        self._tokens = list(tokens(text, line))
        self._at = 0

    @property
    def next(self) -> Token:
        """The token that comes next."""
        return self._tokens[self._at]

    def take(self, kind: str, text: str | None = None) -> Token:
        """Consume the next token, which must be of `kind` and, if given, be `text`."""
        found = self.next
        if found.kind != kind or (text is not None and found.text != text):
            raise BicepError(found.line, f"{text or kind} expected, not {found.text.strip() or found.kind}")
        self._at += 1
        return found

    def taken(self, text: str) -> bool:
        """Consume the next token if it is this sign or word."""
        if self.next.kind in ("sign", "word") and self.next.text == text:
            self._at += 1
            return True
        return False

    def skip_lines(self) -> None:
        """Consume line ends."""
        while self.next.kind == "newline":
            self._at += 1

    def file(self) -> BicepFile:
        """Everything up to the end."""
        found = BicepFile()
        statements: dict[str, Callable[[BicepFile, dict[str, tuple[Node, ...]]], None]] = {
            "targetScope": self._scope,
            "param": self._parameter,
            "var": self._variable,
            "resource": self._resource,
            "module": self._module,
            "output": self._output,
        }
        self.skip_lines()
        while self.next.kind != "end":
            decorators = self._decorators()
            keyword = self.take("word")
            if keyword.text not in statements:
                raise BicepError(keyword.line, f"a statement {keyword.text} is not in the subset used here")
            statements[keyword.text](found, decorators)
            if self.next.kind != "end":
                self.take("newline")
            self.skip_lines()
        return found

    def _decorators(self) -> dict[str, tuple[Node, ...]]:
        found = {}
        while self.taken("@"):
            name = self.take("word").text
            found[name] = self._arguments()
            self.skip_lines()
        return found

    def _scope(self, file: BicepFile, _: object) -> None:
        self.take("sign", "=")
        file.scope = self.take("string").parts[0]

    def _parameter(self, file: BicepFile, decorators: dict[str, tuple[Node, ...]]) -> None:
        name, kind = self.take("word"), self.take("word").text
        default = self.expression() if self.taken("=") else None
        _once(name, file.symbols)
        file.parameters[name.text] = Parameter(name.text, kind, default, decorators, name.line)

    def _variable(self, file: BicepFile, _: object) -> None:
        name = self.take("word")
        _once(name, file.symbols)
        self.take("sign", "=")
        file.variables[name.text] = self.expression()

    def _resource(self, file: BicepFile, _: object) -> None:
        symbol, reference = self.take("word"), self.take("string").parts[0]
        _once(symbol, file.symbols)
        existing = self.taken("existing")
        condition, body = self._body()
        kind, _at, version = reference.partition("@")
        file.resources[symbol.text] = Resource(symbol.text, kind, version, existing, condition, body, symbol.line)

    def _module(self, file: BicepFile, _: object) -> None:
        symbol, path = self.take("word"), self.take("string").parts[0]
        _once(symbol, file.symbols)
        condition, body = self._body()
        file.modules[symbol.text] = Module(symbol.text, path, condition, body, symbol.line)

    def _output(self, file: BicepFile, _: object) -> None:
        name, kind = self.take("word"), self.take("word").text
        _once(name, set(file.outputs))
        self.take("sign", "=")
        file.outputs[name.text] = Output(name.text, kind, self.expression(), name.line)

    def _body(self) -> tuple[Node | None, Object]:
        self.take("sign", "=")
        condition = None
        if self.taken("if"):
            self.take("sign", "(")
            condition = self.expression()
            self.take("sign", ")")
        return condition, self._object()

    def expression(self) -> Node:
        """A condition with its two answers, or anything simpler."""
        condition = self._joined(0)
        if not self._taken_across_lines("?"):
            return condition
        yes = self.expression()
        self.skip_lines()
        self.take("sign", ":")
        return Operation("?:", (condition, yes, self.expression()), condition.line)

    def _taken_across_lines(self, sign: str) -> bool:
        before = self._at
        self.skip_lines()
        if self.taken(sign):
            return True
        self._at = before
        return False

    def _joined(self, level: int) -> Node:
        if level == len(OPERATORS):
            return self._signed()
        left = self._joined(level + 1)
        while self.next.kind == "sign" and self.next.text in OPERATORS[level]:
            sign = self.take("sign").text
            self.skip_lines()
            left = Operation(sign, (left, self._joined(level + 1)), left.line)
        return left

    def _signed(self) -> Node:
        for sign in ("!", "-"):
            line = self.next.line
            if self.taken(sign):
                return Operation(sign, (self._signed(),), line)
        return self._reached(self._primary())

    def _reached(self, found: Node) -> Node:
        """`found` with the members, calls and indices that follow it."""
        while True:
            line = self.next.line
            if self.taken("."):
                name = self.take("word").text
                if self.next.text == "(":
                    found = Call(name, self._arguments(), found, line)
                else:
                    found = Member(found, name, line)
            elif self.taken("["):
                found = Index(found, self.expression(), line)
                self.take("sign", "]")
            else:
                return found

    def _primary(self) -> Node:
        token = self.next
        if token.kind == "sign":
            return self._enclosed(token)
        self._at += 1
        if token.kind == "string":
            return _string(token)
        if token.kind == "number":
            return Literal(int(token.text), token.line)
        if token.kind == "word":
            return self._word(token)
        raise BicepError(token.line, f"a value expected, not {token.text.strip() or token.kind}")

    def _enclosed(self, token: Token) -> Node:
        if token.text == "{":
            return self._object()
        if token.text == "[":
            return self._array()
        self.take("sign", "(")
        inner = self.expression()
        self.take("sign", ")")
        return inner

    def _word(self, token: Token) -> Node:
        if token.text in WORDS:
            return Literal(WORDS[token.text], token.line)
        if self.next.kind == "sign" and self.next.text == "(":
            return Call(token.text, self._arguments(), None, token.line)
        return Name(token.text, token.line)

    def _arguments(self) -> tuple[Node, ...]:
        self.take("sign", "(")
        return tuple(self._listed(")"))

    def _array(self) -> Array:
        line = self.take("sign", "[").line
        if self.next.text == "for":
            raise BicepError(line, "a loop is not in the subset used here")
        return Array(tuple(self._listed("]")), line)

    def _listed(self, closing: str) -> list[Node]:
        items: list[Node] = []
        self.skip_lines()
        while not self.taken(closing):
            items.append(self.expression())
            self.taken(",")
            self.skip_lines()
        return items

    def _object(self) -> Object:
        line = self.take("sign", "{").line
        items: list[tuple[str | Text, Node]] = []
        self.skip_lines()
        while not self.taken("}"):
            at, key = self.next, self._key()
            if key in dict(items):
                raise BicepError(at.line, f"{key} is written twice")
            items.append((key, self._value()))
            self.taken(",")
            self.skip_lines()
        return Object(tuple(items), line)

    def _key(self) -> str | Text:
        token = self.next
        self._at += 1
        if token.kind == "word":
            return token.text
        if token.kind != "string":
            raise BicepError(token.line, f"a property name expected, not {token.text.strip() or token.kind}")
        key = _string(token)
        return str(key.value) if isinstance(key, Literal) else key

    def _value(self) -> Node:
        self.take("sign", ":")
        return self.expression()


def _once(name: Token, declared: set[str]) -> None:
    if name.text in declared:
        raise BicepError(name.line, f"{name.text} is declared twice")


def _string(token: Token) -> Literal | Text:
    if len(token.parts) == 1:
        return Literal(token.parts[0], token.line)
    parts = [read_expression(part, token.line) if at % 2 else part for at, part in enumerate(token.parts)]
    return Text(tuple(part for part in parts if part != ""), token.line)
