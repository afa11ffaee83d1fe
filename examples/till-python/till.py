"""A till: python till.py 1240"""

import os
import sys

from handsel import Till

site, scanner = os.environ["HANDSEL_TILL_SITE"], os.environ["HANDSEL_TILL_SCANNER"]
till = Till(os.environ["HANDSEL_TILL_SERVER"], os.environ["HANDSEL_TILL_KEY"])

payment = till.open(site, int(sys.argv[1]), "EUR", client_reference="sale 981")
till.collect(scanner, payment["id"])
print(f"{payment['id']}: hold a hand over the scanner", flush=True)


def changed(payment):
    if payment["status"] == "unknown":
        print("Do not pay twice: the card may have been charged. This is being found out.", flush=True)


end = till.wait(payment["id"], on_change=changed)
if end["status"] == "captured":
    print(f"Paid. Receipt: {end['receipt_path']}")
elif end["status"] == "unknown":
    print(f"Still not known. Do not take the money another way; look at {end['id']} later.")
else:
    print(f"Not paid: {end.get('decline') or end['status']}. Nothing was charged.")
sys.exit(end["status"] != "captured")
