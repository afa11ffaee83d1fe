// A palm that its owner carries, where the law lets nobody search for one: taken on a phone or for a card, shown to a shop's camera, and paid with.
import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { accessibilityFindings, handsel, openPage, startServer, temporaryFolder } from "./harness.mjs";

const PIN = "483920";
/** Frames of a fake camera, 640 × 480. */
const FRAME = { width: 640, height: 480 };

/** A server under the law of the EU, a video of a hand, and somebody who signed there and has a card: `{ base, hand, wallet, folder }`. */
async function signed(t) {
  const folder = await temporaryFolder(t);
  const hand = join(folder, "hand.y4m");
  await handsel("synth", "--captures", "12", "--seed", "77", "--video", hand);
  const { base } = await startServer(t, { env: { HANDSEL_JURISDICTION: "eu" } });
  const page = await openPage(t, { video: hand });
  await page.goto(base);
  await page.getByRole("button", { name: /open the demo store/i }).click();
  await page.waitForURL(/\/shop/);
  await page.goto(`${base}/enrol`);
  await page.getByRole("button", { name: /^Yes, I am/ }).click();
  await page.getByLabel("Sign by typing your name").fill("Sorrel Vane");
  await page.getByRole("button", { name: /i agree/i }).click();
  await page.getByRole("button", { name: /link this card/i }).click();
  await page.getByText("Take your palm with you.").waitFor();
  assert.equal(await page.locator("[data-video]").isVisible(), false, "no camera was needed");
  const wallet = new URL(await page.locator("[data-open]").getAttribute("href"), base).href;
  assert.deepEqual(page.problems, []);
  return { base, hand, wallet, folder };
}

/** The wallet's page on a phone, after a palm was taken for a carrier; `before` prepares the phone, `choose` chooses more. */
async function takes(t, { hand, wallet }, carrier, { before = () => {}, choose = () => {} } = {}) {
  const phone = await openPage(t, { video: hand, viewport: { width: 390, height: 844 } });
  await before(phone);
  await phone.goto(wallet);
  await phone.getByRole("link", { name: "Carry my palm with me" }).click();
  await phone.getByText(carrier, { exact: true }).click();
  await phone.getByLabel("Choose a PIN").fill(PIN);
  await phone.getByLabel("The PIN once more").fill(PIN);
  await choose(phone);
  assert.deepEqual(await accessibilityFindings(phone), []);
  await phone.getByRole("button", { name: "Take my palm", exact: true }).click();
  return phone;
}

/** What a camera sees that a code is held before, and then the hand, as a video. */
async function shownToCamera(phone, code, hand, video) {
  const grey = await phone.evaluate(([code, { width, height }]) => {
    const canvas = Object.assign(document.createElement("canvas"), { width, height });
    const context = canvas.getContext("2d");
    context.fillStyle = "#bbb";
    context.fillRect(0, 0, width, height);
    context.drawImage(document.querySelector(code), 95, 15, 450, 450);
    const pixels = context.getImageData(0, 0, width, height).data;
    return Array.from({ length: width * height }, (_, at) => pixels[4 * at]);
  }, [code, FRAME]);
  const colourless = Buffer.alloc(FRAME.width * FRAME.height / 2, 128);
  const frame = Buffer.concat([Buffer.from("FRAME\n"), Buffer.from(grey), colourless]);
  const seen = await readFile(hand);
  const begin = seen.indexOf("\n") + 1;
  await writeFile(video, Buffer.concat([seen.subarray(0, begin), ...Array(60).fill(frame), seen.subarray(begin)]));
  return video;
}

async function asks(till, base) {
  await till.goto(base);
  await till.getByRole("button", { name: /open the demo store/i }).click();
  await till.waitForURL(/\/shop/);
  await till.getByRole("button", { name: / more$/ }).first().click();
  await till.getByRole("button", { name: "Pay", exact: true }).click();
  await till.waitForURL(/\/kiosk/);
}

async function pays(till) {
  const yes = till.getByRole("button", { name: /^Pay \W*\d/ }).filter({ visible: true });
  await yes.waitFor({ timeout: 30_000 });
  assert.match(await till.locator("[data-initials]").innerText(), /S\W*V/);
  await yes.click();
  await till.getByRole("heading", { name: /^Paid/ }).waitFor({ timeout: 20_000 });
}

test("a palm is kept on a phone, shown as a code, and pays once with each", async (t) => {
  const shop = await signed(t);
  const phone = await takes(t, shop, "This phone");
  await phone.getByRole("heading", { name: "On this phone" }).waitFor({ timeout: 30_000 });
  assert.deepEqual(await accessibilityFindings(phone), []);
  await phone.getByLabel("Your PIN").fill("593021");
  await phone.getByRole("button", { name: "Show my code" }).click();
  await phone.getByText("That PIN does not open it.").waitFor();
  await phone.getByLabel("Your PIN").fill(PIN);
  await phone.getByRole("button", { name: "Show my code" }).click();
  await phone.getByRole("heading", { name: "Hold this to the scanner" }).waitFor();
  await phone.waitForFunction(() => document.querySelector("[data-code]").width > 700);
  const overflow = await phone.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  assert.ok(overflow <= 0, `${overflow} px too wide`);

  const video = await shownToCamera(phone, "[data-code]", shop.hand, join(shop.folder, "phone.y4m"));
  const till = await openPage(t, { video });
  await asks(till, shop.base);
  await pays(till);
  await asks(till, shop.base);
  await till.getByText(/this code was used before/i).first().waitFor({ timeout: 30_000 });
  assert.deepEqual(till.problems, []);

  await phone.goto(`${shop.base}/wallet`);
  await phone.getByText("No palm is kept here.").waitFor();
  await phone.getByRole("heading", { name: "Your palm was recognised" }).waitFor();
  await phone.getByRole("heading", { name: "A palm of yours was sealed, and given to you to carry" }).waitFor();
  assert.deepEqual(phone.problems, []);
});

test("a passkey of the phone unlocks it instead of the PIN", async (t) => {
  const shop = await signed(t);
  // A passkey belongs to a name.
  shop.wallet = shop.wallet.replace("127.0.0.1", "localhost");
  const before = async (phone) => {
    const devtools = await phone.context().newCDPSession(phone);
    await devtools.send("WebAuthn.enable");
    const options = { protocol: "ctap2", ctap2Version: "ctap2_1", transport: "internal", hasResidentKey: true, hasUserVerification: true };
    await devtools.send("WebAuthn.addVirtualAuthenticator", {
      options: { ...options, hasPrf: true, isUserVerified: true, automaticPresenceSimulation: true },
    });
  };
  const choose = (phone) => phone.getByLabel(/with a passkey instead/).check();
  const phone = await takes(t, shop, "This phone", { before, choose });
  await phone.getByRole("heading", { name: "On this phone" }).waitFor({ timeout: 30_000 });
  assert.equal(await phone.getByLabel("Your PIN").isVisible(), false);
  await phone.getByRole("button", { name: "Show my code" }).click();
  await phone.waitForFunction(() => document.querySelector("[data-code]").width > 700);
  assert.deepEqual(phone.problems, []);
});

test("a printed card pays with its PIN, until its owner turns it off", async (t) => {
  const shop = await signed(t);
  const phone = await takes(t, shop, "A card that I print");
  await phone.getByRole("heading", { name: "Your card" }).waitFor({ timeout: 30_000 });
  assert.deepEqual(await accessibilityFindings(phone), []);
  await phone.emulateMedia({ media: "print" });
  assert.equal(await phone.getByRole("button", { name: "Print" }).isVisible(), false);
  assert.equal(await phone.locator("[data-card-code]").isVisible(), true, "the card itself is printed");
  await phone.emulateMedia({ media: "screen" });

  const video = await shownToCamera(phone, "[data-card-code]", shop.hand, join(shop.folder, "card.y4m"));
  const till = await openPage(t, { video });
  await asks(till, shop.base);
  const pin = till.getByLabel("PIN", { exact: true });
  await pin.fill("593021", { timeout: 30_000 });
  await till.getByRole("button", { name: "Continue" }).filter({ visible: true }).click();
  await till.getByText("That PIN does not fit").waitFor({ timeout: 30_000 });
  assert.deepEqual(await accessibilityFindings(till), []);
  await pin.fill(PIN);
  await till.getByRole("button", { name: "Continue" }).filter({ visible: true }).click();
  await pays(till);

  await phone.goto(`${shop.base}/wallet/held`);
  await phone.getByRole("button", { name: /^Turn off/ }).click();
  await phone.getByText("It opens nothing any more, wherever it lies.").waitFor();
  await asks(till, shop.base);
  await till.getByText(/this held palm opens nothing any more/i).first().waitFor({ timeout: 30_000 });
  assert.deepEqual([...till.problems, ...phone.problems], []);
});
