"""What every till needs: a sale that is asked for once, a scanner that collects it, and its end."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import httpx
from httpx_sse import SSEError, connect_sse

from .models import Payment, Refund, ScannerAction
from .problem import Refused
from .retry import jitter, send

ENDS = ("accepted", "authorized", "captured", "declined", "cancelled", "expired")
"""Where a till need not wait any longer: where a payment stays, and `accepted`, with which a shop that is cut off goes on. `unknown` is
none of these: it becomes known by itself, and nobody may pay again before."""
TRY_S = 60.0
"""How long one try may take: longer than the server waits for a processor."""
SILENCE_S = 20.0
"""How long the stream of events may be silent; the server says every 15 s that it is alive."""


class Till:
    """One merchant's till. May be used as a context manager."""

    def __init__(self, server: str, key: str, patience_s: float = 30.0):
        """`server`: https://pay.example. `key`: hsk_test_… or hsk_live_…. `patience_s`: how long a request is tried again."""
        self._http = httpx.Client(base_url=server, headers={"authorization": f"Bearer {key}"}, timeout=TRY_S)
        self._patience_s = patience_s

    def __enter__(self) -> Till:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        idempotency_key: str | None = None,
        patience_s: float | None = None,
    ) -> Any:
        """Any request of the API, tried again like the till's own: `till.call("GET", "/v1/sites")`."""
        headers = {"idempotency-key": idempotency_key} if idempotency_key else {}
        request = self._http.build_request(method, path, json=body, headers=headers)
        answer = send(self._http, request, self._patience_s if patience_s is None else patience_s)
        if not answer.is_success:
            raise Refused.of(answer)
        return answer.json() if answer.content else None

    def open(
        self,
        site: str,
        amount_minor: int,
        currency: str,
        *,
        client_reference: str | None = None,
        capture: str = "now",
        idempotency_key: str | None = None,
    ) -> Payment:
        """Opens a payment. `idempotency_key` names the sale: a till that may be switched off in between stores it before it asks."""
        sale = {"site": site, "amount_minor": amount_minor, "currency": currency, "capture": capture}
        if client_reference is not None:
            sale["client_reference"] = client_reference
        return self.call("POST", "/v1/payments", sale, idempotency_key or _fresh())

    def collect(self, scanner: str, payment: str) -> ScannerAction:
        """Has a scanner show an open payment to the shopper. Asked again, it goes on with what it does."""
        # What changes nothing when it is done twice has a key as well, and may be tried again.
        body = {"type": "collect_payment", "payment": payment}
        return self.call("POST", f"/v1/scanners/{scanner}/actions", body, _fresh())

    def payment(self, id: str) -> Payment:
        """A payment as it is now."""
        return self.call("GET", f"/v1/payments/{id}")

    def cancel(self, id: str) -> Payment:
        """Gives an open payment up, or lets go of what was set aside."""
        return self.call("POST", f"/v1/payments/{id}/cancel", None, _fresh())

    def capture(self, id: str, amount_minor: int | None = None, idempotency_key: str | None = None) -> Payment:
        """Takes what was set aside, all or a part."""
        body = {} if amount_minor is None else {"amount_minor": amount_minor}
        return self.call("POST", f"/v1/payments/{id}/capture", body, idempotency_key or _fresh())

    def refund(self, id: str, amount_minor: int, currency: str, idempotency_key: str | None = None) -> Refund:
        """Gives money back."""
        body = {"amount_minor": amount_minor, "currency": currency}
        return self.call("POST", f"/v1/payments/{id}/refunds", body, idempotency_key or _fresh())

    def wait(
        self, id: str, timeout_s: float = 360.0, on_change: Callable[[Payment], None] = lambda payment: None
    ) -> Payment:
        """Waits until a payment stays where it is, and gives it as it was last seen: when the time is over that may be `unknown`
        or still open. Follows the events, goes on after the last one when the connection is lost, and reads the payment where
        there are none. `on_change` is told each time the payment is seen to stand somewhere else.
        """
        end = time.monotonic() + timeout_s
        seen: Payment | None = None
        for payment in self._states(id, end):
            if seen is None or payment["status"] != seen["status"]:
                on_change(payment)
            seen = payment
            if payment["status"] in ENDS:
                break
        return seen if seen is not None else self.payment(id)

    def _states(self, id: str, end: float) -> Iterator[Payment]:
        """A payment as it is, again and again: after each event of it, and each time the stream of events is opened."""
        last: str | None = None
        tries = 0
        while (left := end - time.monotonic()) > 0:
            headers = {"last-event-id": last} if last else {}
            quiet = httpx.Timeout(min(left, SILENCE_S))
            try:
                with connect_sse(self._http, "GET", "/v1/events/stream", headers=headers, timeout=quiet) as source:
                    source.response.raise_for_status()
                    # Read once they are followed, so that nothing can happen in between.
                    if (now := self._now(id, end)) is not None:
                        yield now
                    for item in source.iter_sse():
                        event = json.loads(item.data)
                        last, tries = event["id"], 0
                        if event["data"]["payment"]["id"] == id:
                            yield event["data"]["payment"]
                        if time.monotonic() > end:
                            return
            except (httpx.HTTPError, SSEError):
                # The connection is lost, or there are no events here; the next round goes on after `last`.
                if (now := self._now(id, end)) is not None:
                    yield now
            time.sleep(max(0.0, min(jitter(tries), end - time.monotonic())))
            tries = min(tries + 1, 3)

    def _now(self, id: str, end: float) -> Payment | None:
        """A payment as it is, unless that cannot be read until `end`."""
        try:
            return self.call("GET", f"/v1/payments/{id}", patience_s=min(self._patience_s, end - time.monotonic()))
        except httpx.TransportError:
            return None
        except Refused as refused:
            if refused.status < 500 and refused.status != 429:
                raise
            return None


def _fresh() -> str:
    return str(uuid.uuid4())
