"""Programs that call an endpoint, one for each language: they run as they are, with the key in SCORING_KEY.

What stands in them comes from elsewhere (addresses, a caller's request), and is written as a literal of the language:
nothing of it is ever code.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from dataclasses import dataclass

from activities.gates.scoring import PIN_HEADER
from contracts.base import Json
from contracts.endpoints import Language


@dataclass(frozen=True)
class Call:
    """What every sample does.

    Attributes:
        key_command: prints the key.
    """

    uri: str
    key_command: str
    request: Json
    deployment: str | None = None

    @property
    def body(self) -> str:
        """The request as JSON, in plain ASCII on one line."""
        return json.dumps(self.request)


def samples(call: Call) -> dict[Language, str]:
    """The programs, by language."""
    return {language: write(call) for language, write in WRITERS.items()}


def _curl(call: Call) -> str:
    pin = f"  --header {shlex.quote(f'{PIN_HEADER}: {call.deployment}')} \\\n" if call.deployment else ""
    return f"""\
: "${{SCORING_KEY:=$({call.key_command})}}"
curl --silent --show-error --fail-with-body {shlex.quote(call.uri)} \\
  --header "Authorization: Bearer $SCORING_KEY" \\
  --header 'Content-Type: application/json' \\
{pin}  --data-raw {shlex.quote(call.body)}
"""


def _python(call: Call) -> str:
    pin = f'    "{PIN_HEADER}": {call.deployment!r},\n' if call.deployment else ""
    return f"""\
# export SCORING_KEY=$({call.key_command})
import json
import os
import urllib.error
import urllib.request

headers = {{
    "Authorization": "Bearer " + os.environ["SCORING_KEY"],
    "Content-Type": "application/json",
{pin}}}
body = {call.request!r}
request = urllib.request.Request({call.uri!r}, json.dumps(body).encode(), headers)
try:
    with urllib.request.urlopen(request, timeout=180) as response:
        print(response.read().decode())
except urllib.error.HTTPError as refused:
    raise SystemExit(f"{{refused.code}} {{refused.read().decode()}}")
"""


def _javascript(call: Call) -> str:
    pin = f'    "{PIN_HEADER}": {json.dumps(call.deployment)},\n' if call.deployment else ""
    return f"""\
// export SCORING_KEY=$({call.key_command})
// Save as call.mjs, run with Node.js 18 or later: node call.mjs
const response = await fetch({json.dumps(call.uri)}, {{
  method: "POST",
  headers: {{
    Authorization: `Bearer ${{process.env.SCORING_KEY}}`,
    "Content-Type": "application/json",
{pin}  }},
  body: JSON.stringify({call.body}),
}});
console.log(await response.text());
if (!response.ok) process.exitCode = 1;
"""


def _csharp(call: Call) -> str:
    pin = f'request.Headers.Add("{PIN_HEADER}", {json.dumps(call.deployment)});\n' if call.deployment else ""
    return f"""\
// export SCORING_KEY=$({call.key_command})
// Program.cs of a console project: .NET 6 or later.
using System;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Text;

var key = Environment.GetEnvironmentVariable("SCORING_KEY");
using var client = new HttpClient();
using var request = new HttpRequestMessage(HttpMethod.Post, {json.dumps(call.uri)});
request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
{pin}request.Content = new StringContent({json.dumps(call.body)}, Encoding.UTF8, "application/json");
using var response = await client.SendAsync(request);
Console.WriteLine(await response.Content.ReadAsStringAsync());
return response.IsSuccessStatusCode ? 0 : 1;
"""


def _r(call: Call) -> str:
    pin = f'  req_headers("{PIN_HEADER}" = {json.dumps(call.deployment)}) |>\n' if call.deployment else ""
    return f"""\
# export SCORING_KEY=$({call.key_command})
# R 4.1 or later, with install.packages("httr2").
library(httr2)

response <- request({json.dumps(call.uri)}) |>
  req_auth_bearer_token(Sys.getenv("SCORING_KEY")) |>
{pin}  req_body_raw({json.dumps(call.body)}, type = "application/json") |>
  req_error(is_error = function(response) FALSE) |>
  req_perform()
cat(resp_body_string(response), "\\n")
if (resp_is_error(response)) quit(status = 1)
"""


WRITERS: dict[Language, Callable[[Call], str]] = {
    "curl": _curl,
    "python": _python,
    "csharp": _csharp,
    "javascript": _javascript,
    "r": _r,
}
