// A till: npm run till -- 1240
import { Till } from "handsel";

const { HANDSEL_TILL_SERVER, HANDSEL_TILL_KEY, HANDSEL_TILL_SITE, HANDSEL_TILL_SCANNER } = process.env as Record<string, string>;
const till = new Till({ server: HANDSEL_TILL_SERVER!, key: HANDSEL_TILL_KEY! });

const amount_minor = Number(process.argv[2]);
const payment = await till.open({ site: HANDSEL_TILL_SITE!, amount_minor, currency: "EUR", client_reference: "sale 981" });
await till.collect(HANDSEL_TILL_SCANNER!, payment.id);
console.log(`${payment.id}: hold a hand over the scanner`);

const end = await till.wait(payment.id, {
  onChange: ({ status }) => {
    if (status === "unknown") console.log("Do not pay twice: the card may have been charged. This is being found out.");
  },
});
if (end.status === "captured") console.log(`Paid. Receipt: ${end.receipt_path}`);
else if (end.status === "unknown") console.log(`Still not known. Do not take the money another way; look at ${end.id} later.`);
else console.log(`Not paid: ${end.decline ?? end.status}. Nothing was charged.`);
process.exitCode = end.status === "captured" ? 0 : 1;
