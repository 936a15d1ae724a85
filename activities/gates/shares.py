"""Whether traffic goes where it is to go: real requests without a pin, and which deployments answered them."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import replace

from activities.envelope import activity
from activities.gates.scoring import PIN_HEADER, scores
from activities.gates.smoke_test import meaning_of, question_of
from azure_api import begin
from contracts.activities import SmokeTestInput
from contracts.endpoint_errors import SharesNotSeen
from contracts.smoke_test import SmokeTestCase
from contracts.traffic import SharesInput, SharesSeen, beyond_chance

# Of 80 requests a share of 10 % that gets nothing is beyond chance; and an activity stays short where a model is slow.
REQUESTS, SECONDS = 80, 5.0
# So long the last one may take.
LAST = 4.0
UNKNOWN = "unknown"


@activity
def verify_shares(order: SharesInput) -> SharesSeen:
    """Send the requests; raises SharesNotSeen when another deployment answers, or shares differ beyond chance."""
    answered = Counter(_names(order))
    wrong = beyond_chance(answered, order.traffic)
    if wrong:
        raise SharesNotSeen(wrong)
    return SharesSeen(answered=dict(answered))


def _names(order: SharesInput) -> list[str]:
    """By which deployment each request was answered; raises what an answer means that is no answer."""
    question = question_of(
        order.endpoint, None, SmokeTestCase.from_wire(order.test), begin.find_endpoint(order.endpoint)
    )
    began, names = time.monotonic(), []
    for answer in scores(replace(question, seconds=min(question.seconds, LAST))):
        name = answer.headers.get(PIN_HEADER, UNKNOWN).lower()
        if answer.status != 200:
            raise meaning_of(SmokeTestInput(endpoint=order.endpoint, deployment=name, test=order.test), answer)
        names.append(name)
        if len(names) == REQUESTS or time.monotonic() - began > SECONDS:
            break
    return names
