"""A receiver of webhooks at http://127.0.0.1:3000: python receiver.py"""

import os
import sys
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
            payment = event["data"]["payment"]
            sys.stdout.write(f"{event['type']} {payment['id']} {payment['status']}\n")  # One write: two events may come at once.
        seen.add(event["id"])
        self.answer(204)

    def answer(self, status):
        self.send_response(status)
        self.end_headers()

    def log_message(self, *_):
        pass


sys.stdout.reconfigure(line_buffering=True)
print("ready")
ThreadingHTTPServer(("127.0.0.1", int(os.environ.get("PORT", "3000"))), Receiver).serve_forever()
