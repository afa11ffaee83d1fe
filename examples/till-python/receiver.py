"""A receiver of webhooks at http://127.0.0.1:3000: python receiver.py"""

import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from handsel import WebhookVerificationError, read_webhook

seen = set()  # A till keeps these in its own database.


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self):
        length = int(self.headers.get("content-length", 65_537))
        if length > 65_536:
            return self.answer(413)
        try:
            event = read_webhook(self.rfile.read(length), self.headers, os.environ["HANDSEL_TILL_WEBHOOK_KEY"])
        except WebhookVerificationError:
            return self.answer(401)
        if event["id"] not in seen:
            print(event["type"], event["data"]["payment"]["id"], event["data"]["payment"]["status"], flush=True)
        seen.add(event["id"])
        self.answer(204)

    def answer(self, status):
        self.send_response(status)
        self.end_headers()

    def log_message(self, *_):
        pass


print("ready", flush=True)
ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", "3000"))), Receiver).serve_forever()
