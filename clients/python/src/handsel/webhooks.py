"""Whether a request to the till's own server really comes from its Handsel server (https://www.standardwebhooks.com)."""

from __future__ import annotations

import base64
import binascii
import json
import time
from collections.abc import Mapping

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from standardwebhooks import Webhook, WebhookVerificationError

from .models import Event

TOLERANCE_S = 5 * 60
"""How far the clocks may be apart, either way."""


def read_webhook(body: bytes, headers: Mapping[str, str], key: str) -> Event:
    """The event in a webhook's body, exactly as it arrived, if it was signed lately; `WebhookVerificationError` otherwise.

    `key` is the endpoint's secret, `whsec_…`, or the installation's public key, `whpk_…`.
    """
    named = {name.lower(): value for name, value in headers.items()}
    if key.startswith("whpk_"):
        _verify_ed25519(body, named, key)
    else:
        try:
            Webhook(key).verify(body, named, json_parse=False)
        except (ValueError, binascii.Error) as error:  # a signature that is none, a body that is no text
            raise WebhookVerificationError("not signed") from error
    return json.loads(body)


def _verify_ed25519(body: bytes, headers: Mapping[str, str], key: str) -> None:
    """The library of the standard checks secrets only."""
    id, sent, signatures = (headers.get(f"webhook-{name}", "") for name in ("id", "timestamp", "signature"))
    if not (id and sent.isdecimal() and len(sent) <= 12 and abs(time.time() - int(sent)) <= TOLERANCE_S):
        raise WebhookVerificationError("signed too long ago, in the future, or not at all")
    public_key = Ed25519PublicKey.from_public_bytes(base64.b64decode(key.removeprefix("whpk_")))
    signed = f"{id}.{sent}.".encode() + body
    for signature in signatures.split(" "):
        try:
            if signature.startswith("v1a,"):
                return public_key.verify(base64.b64decode(signature[4:]), signed)
        except (InvalidSignature, binascii.Error):
            pass
    raise WebhookVerificationError("no signature of this key")
