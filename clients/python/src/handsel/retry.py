"""Sends a request until it has an answer. The same request each time, with the same Idempotency-Key, so that it is done once."""

from __future__ import annotations

import random
import time

import httpx

FIRST_WAIT_S = 0.2
"""The first wait is at most this long; each next one up to twice as long."""
LONGEST_WAIT_S = 5.0


def send(http: httpx.Client, request: httpx.Request, patience_s: float) -> httpx.Response:
    """Tries again, for at most `patience_s`, after a lost connection, a 5xx and a 429 that says when."""
    end = time.monotonic() + patience_s
    tries = 0
    while True:
        lost = answer = None
        try:
            answer = http.send(request)
        except httpx.TransportError as error:
            lost = error
        wait = max(jitter(tries), _retry_after_s(answer))
        if not _is_worth_repeating(request, answer) or time.monotonic() + wait > end:
            if answer is None:
                raise lost
            return answer
        time.sleep(wait)
        tries += 1


def jitter(tries: int) -> float:
    """Between nothing and twice as much each time, so that tills that lost their server together do not come back together."""
    return random.uniform(0, min(LONGEST_WAIT_S, FIRST_WAIT_S * 2**tries))


def _is_worth_repeating(request: httpx.Request, answer: httpx.Response | None) -> bool:
    repeatable = request.method != "POST" or "idempotency-key" in request.headers
    if answer is None:
        return repeatable
    # Refused before anything was done. A 429 without `retry-after` is about a payment, and stays.
    if answer.status_code == 429:
        return "retry-after" in answer.headers
    # The first one still runs: its answer comes to whoever asks again.
    if answer.status_code == 409:
        return repeatable and _code(answer) == "idempotency_conflict"
    return repeatable and answer.status_code >= 500


def _code(answer: httpx.Response) -> object:
    answer.read()
    try:
        problem = answer.json()
    except ValueError:
        return None
    return problem.get("code") if isinstance(problem, dict) else None


def _retry_after_s(answer: httpx.Response | None) -> float:
    text = answer.headers.get("retry-after", "") if answer is not None else ""
    return float(text) if text.isdecimal() else 0.0
