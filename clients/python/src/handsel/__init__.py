"""A till's client for Handsel. `models.py` is generated from the API's description; `cargo xtask clients` writes it anew."""

from .problem import Refused
from .till import Till
from .webhooks import WebhookVerificationError, read_webhook

__all__ = ["Refused", "Till", "WebhookVerificationError", "read_webhook"]
