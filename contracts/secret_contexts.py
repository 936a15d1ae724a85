"""Secrets that are known by what stands around them: in URLs, headers, connection strings, command lines, lists.

And what stands in such a place and is none: a reference that is filled in elsewhere, a word of a sentence, a name.
The rows and their bounds are as in `contracts.secret_kinds`.
"""

from __future__ import annotations

import re
from base64 import b64decode

from contracts.secret_kinds import Kind, kind

MASK = "[redacted]"

_VAULT = r"(?:[A-Za-z0-9-]{1,127}@)?https://[A-Za-z0-9-]{1,63}\.vault\.azure\.net[A-Za-z0-9/_-]{0,300}"
_REFERENCE = re.compile(
    r"\$\{\{[^{}]{1,300}\}\}|\$\{[A-Za-z_][A-Za-z0-9_.]*\}|\$\([A-Za-z_][A-Za-z0-9_.]*\)|\$[A-Z_][A-Z0-9_]+"
    r"|\{\{[^{}]{1,100}\}\}|\{[A-Za-z_][A-Za-z0-9_.]*\}|%[A-Z_][A-Z0-9_]*%|%\([a-z_]+\)s|<[^<>]{1,60}>|\*{3,}|[xX]{3,}"
    rf"|@Microsoft\.KeyVault\([^()]{{1,300}}\)|{_VAULT}|{re.escape(MASK)}"
)
# Words that follow `token:` in a sentence, or stand for a value that is not there.
_ORDINARY = re.compile(
    r"(?i)none|null|nil|true|false|yes|no|empty|required|optional|missing|invalid|expired|unset|default|string|text"
    r"|bool|int|integer|number|object|array|type|never|not|unknown|is|must"
)
_WORD = r"[A-Za-z]{1,24}"
# gpt4, 20240101, 7b, cl100k: parts of names and versions, which hold both letters and digits too.
_PART = re.compile(r"[A-Za-z]{0,24}[0-9]{0,14}|[0-9]{1,4}[A-Za-z]{1,8}|[A-Za-z]{1,6}[0-9]{1,4}[A-Za-z]{1,4}")


def is_reference(text: str) -> bool:
    """Whether `text` only says where a secret comes from: `${TOKEN}`, `${{…}}`, `<token>`, a Key Vault address."""
    return _REFERENCE.fullmatch(text) is not None


def looks_random(text: str) -> bool:
    """Whether `text` looks like a generated key rather than like words, names, numbers and versions."""
    if len(text) < 8 or re.search(r"\s", text):
        return False
    parts = re.split(r"[-_./:,;=@|<>()\[\]{}]+", text)
    if any(len(part) >= 20 and len(re.findall("[a-z][A-Z]", part)) >= 3 for part in parts):
        return True
    has_both = re.search("[A-Za-z]", text) and re.search("[0-9]", text)
    return bool(has_both) and not all(_PART.fullmatch(part) for part in parts)


def _bare(text: str) -> str:
    return text.strip().strip("\\\"'")


def _no_password(text: str) -> bool:
    value = _bare(text)
    return len(value) < 3 or bool(_ORDINARY.fullmatch(value)) or is_reference(value) or MASK in value


def _no_bearer(text: str) -> bool:
    # `Bearer authentication failed`, `tokens: 512`: a token is longer than a number, and no word.
    value = _bare(text)
    if _names_user(value.partition(" ")[0]):
        return False
    return _no_password(text) or bool(re.fullmatch(_WORD + r"[.!?]?|[0-9.]{1,12}", value.split(" ", 1)[0]))


def _names_user(text: str) -> bool:
    # `user:password` in base64, as the scheme `Basic` has it.
    try:
        told = b64decode(text, validate=True).decode()
    except ValueError:
        return False
    return told.isprintable() and ":" in told


def _no_key(text: str) -> bool:
    # `primary_key: customer_id` as well.
    return _no_bearer(text) or bool(re.fullmatch(rf"{_WORD}(?:[_.-]{_WORD}){{0,6}}", _bare(text)))


def _no_keys(text: str) -> bool:
    return all(_no_key(one) for one in re.split(r"[\s,]+", text.strip(" \r\n[](){}")) if one)


def _no_credentials(text: str) -> bool:
    user, _, password = text.removesuffix("@").partition(":")
    if password and not is_reference(password):
        return False
    return is_reference(user) or (len(user) < 40 and not looks_random(user))


def _no_url_password(text: str) -> bool:
    return is_reference(text.removesuffix("@"))


def _not_random(text: str) -> bool:
    return is_reference(text) or not looks_random(text)


def _no_signature(text: str) -> bool:
    return is_reference(text) or len(text) < 6


# Between a name and its value: `=` or `:`, in JSON's quotes, also those of JSON in JSON, or those of a printed dict.
_QUOTE = r"\\{0,4}[\"']?"
_IS = _QUOTE + r"\s{0,8}(?:=>|:=|[=:])\s{0,8}"
_PASSWORDS = r"passwords?|passwd|passphrases?|pwd|(?:client|shared|msi)[-_ ]?secrets?"
_KEYS = (
    r"(?:account|access|shared|primary|secondary|api|subscription|storage|master|host|functions?|admin|signing|private"
    r"|encryption|auth|secret|service|license|sas)[-_ ]?keys?|(?:x-)?identity[-_]header"
    r"|secrets?|tokens?|credentials?|client-key-data|_auth|sas"
)
_NAMES = " password passwd passphrase pwd secret key token credential identity _auth sas"
_SCHEMES = r"(?:basic|bearer|token|apikey|digest|negotiate|sharedkey(?:lite)?|sharedaccesssignature|key|splunk)"

CONTEXTS: tuple[Kind, ...] = (
    kind("a URL's user name and password",
         r"(?<!abfs)(?<!abfss)(?<!wasb)(?<!wasbs)(?P<kept>://)[^\s/?#\"'`\\]{1,512}@", "://",
         "RFC 3986, 3.2.1", _no_credentials),
    kind("a URL's password",
         r"(?P<kept>://[^\s/:@?#\[]{0,128}:)(?![0-9]{1,5}(?:[/?#\s\"']|$))[^\s@\"']{1,256}+@", "://",
         "RFC 3986, 3.2.1, as people write it without quoting", _no_url_password),
    kind("a URL's signature", r"(?i)(?P<kept>(?:[?&;]|\b)sig=)[^&\s\"'<>\\]+", "sig=",
         "learn.microsoft.com: shared access signatures", _no_signature),
    kind("a URL's signature", r"(?i)(?P<kept>\b(?:x-(?:amz|goog)-)?signature=)[^&\s\"'<>\\]+", "signature=",
         "presigned URLs of S3, GCS and CloudFront", _not_random),
    kind("a key in a URL's query",
         r"(?i)(?P<kept>[?&](?:code|k|auth|st|[a-z_-]{0,32}(?:key|token|secret))=)[^&\s\"'<>\\#]+", "=",
         "learn.microsoft.com: access keys of Azure Functions (code=)", _not_random),
    kind("a conda channel's token", r"(?P<kept>/t/)[A-Za-z0-9_.~%-]{8,}", "/t/",
         "docs.anaconda.com: tokens of channels", _not_random),
    kind("an Authorization header", rf"(?i)(?P<kept>authorization{_IS}{_QUOTE}{_SCHEMES}\s{{1,8}})[^\"'\\\r\n]+",
         "authorization", "RFC 9110, 11.6.2", _no_bearer),
    kind("a bearer token", r"(?i)(?P<kept>\bbearer\s{1,8})[A-Za-z0-9._~+/=-]{8,}", "bearer", "RFC 6750", _no_bearer),
    kind("a cookie", r"(?i)(?P<kept>\b(?:set-)?cookie:\s{0,8})[^\"'\r\n]{8,}", "cookie:", "RFC 6265"),
    kind("a password", rf"(?i)(?P<kept>(?:{_PASSWORDS}){_IS}\\{{0,4}}\")[^\"\\\r\n]+", _NAMES,
         "JSON and YAML, where a password may hold spaces", _no_password),
    kind("a password", rf"(?i)(?P<kept>(?:{_PASSWORDS}){_IS}{_QUOTE})[^\s\"',;&]+", _NAMES,
         "connection strings of ODBC, ADO.NET and JDBC; environment files", _no_password),
    kind("a key or token", rf"(?i)(?P<kept>(?:{_KEYS}){_IS}\\{{0,4}}\")[^\"\\\r\n]+", _NAMES,
         "JSON and YAML", _no_key),
    kind("a key or token", rf"(?i)(?P<kept>(?:{_KEYS}){_IS}{_QUOTE})[^\s\"',;&\[{{]{{4,}}", _NAMES,
         "connection strings; headers such as api-key and x-functions-key; environment files", _no_key),
    kind("passwords or keys", rf"(?i)(?P<kept>(?:{_PASSWORDS}|{_KEYS}){_IS}[\[{{(])[^\])}}]+", _NAMES,
         "lists of them", _no_keys),
    kind("a password on a command line",
         r"(?i)(?P<kept>--?(?:[a-z]{1,16}-){0,3}(?:password|passwd|token|secret|key|pat)\s{1,4}[\"']?)[^\s\"'-][^\s\"']+",
         _NAMES + " pat", "command lines", _no_key),
    kind("a password on a command line",
         r"(?P<kept>(?:\s-u|--user)[\s=]{0,4}[\"']?[^\s:\"'/]{1,64}:)[^\s\"']{3,}", "-u --user",
         "the manual of curl", _not_random),
    kind("a password on a command line",
         r"(?P<kept>\b(?:login|sshpass)\b[^\r\n]{0,200}?\s-p[\s=]{0,4}[\"']?)[^\s\"'-][^\s\"']+", "login sshpass",
         "the manuals of docker, az and sshpass", _no_password),
    kind("a password of a .netrc", r"(?i)(?P<kept>\blogin\s{1,8}\S{1,128}\s{1,8}password\s{1,8})\S+", "login",
         "the manual of curl"),
    kind("a registry's credentials", r"(?P<kept>\"auth\\{0,4}\"\s{0,8}:\s{0,8}\\{0,4}\")[A-Za-z0-9+/=]{12,}", '"auth',
         "docs.docker.com: config.json"),
)  # fmt: skip
