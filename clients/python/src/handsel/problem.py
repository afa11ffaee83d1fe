"""What a server refuses, as an error whose code a program can match on."""

from __future__ import annotations

import json

import httpx

from .models import Code, Problem


class Refused(Exception):
    """The server refused. What is no answer of the server itself (a proxy's page, say) has no code."""

    def __init__(self, status: int, problem: Problem | None):
        self.status = status
        """The HTTP status."""
        self.problem = problem
        """The refusal as the server words it (RFC 9457), where it is one of the server's."""
        words = f"{problem['code']}: {problem['detail']}" if problem else f"status {status}, not worded by a Handsel server"
        super().__init__(words)

    @property
    def code(self) -> Code | None:
        """Stable: `refund_too_large`, `wrong_state`, … Match on it, never on texts."""
        return self.problem["code"] if self.problem else None

    @staticmethod
    def of(answer: httpx.Response) -> Refused:
        """The refusal that an answer is."""
        try:
            body = json.loads(answer.content)
        except ValueError:
            body = None
        worded = isinstance(body, dict) and "code" in body and "detail" in body
        return Refused(answer.status_code, body if worded else None)
