// Where a hand is shown: by the camera, as a photo, or as a drawn hand from the tray. Used to pay and to enrol.
import { openCamera, toJpeg } from "./camera.js";
import { guidance } from "./guidance.js";

/** Between an answer and the next frame from the camera, ms: time to move a hand. */
const REST_MS = 350;
/** How often a borrowed hand is held again when a capture of it was no good. */
const HAND_TAKES = 5;
const REMEMBERED = "handsel.source";

/**
 * @param {HTMLElement} root
 * @param {(frame: Blob) => Promise<{say?: string, again?: boolean, restMs?: number}>} onFrame what became of the frame:
 *   what to say, whether a borrowed hand should be held again, and how long the camera waits before it looks again
 */
export function plate(root, onFrame) {
  const find = (name) => root.querySelector(`[data-${name}]`);
  const video = find("video"), still = find("still"), file = find("file"), tray = find("tray");
  const guide = guidance(root);
  let camera = null;
  let last = Promise.resolve(); // one frame is asked about at a time
  let turn = 0; // counts up whenever what is being shown changes; a loop of an older turn ends

  root.querySelector('[data-source="camera"]').addEventListener("click", () => (camera ? idle() : light()));
  root.querySelector('[data-source="photo"]').addEventListener("click", () => file.click());
  root.querySelector('[data-source="tray"]')?.addEventListener("click", () => openTray(tray.hidden));
  file.addEventListener("change", () => { if (file.files[0]) showPhoto(file.files[0]); file.value = ""; });
  addEventListener("pagehide", dark);

  /** Starts over: the way that was used last time, if it needs nothing new from the shopper. */
  async function open(say = "start", first = null) {
    if (root.dataset.source === "camera") return; // somebody was faster than the server
    idle();
    guide.say(say);
    const way = first ?? sessionStorage.getItem(REMEMBERED) ?? root.dataset.first;
    if (way === "camera") await light();
    else if (way === "tray") await openTray(true);
  }

  function close() {
    idle();
    guide.hush();
  }

  function idle() {
    turn++;
    dark();
    still.hidden = true;
    lines(0);
    delete root.dataset.source;
  }

  function dark() {
    camera?.close();
    camera = null;
    video.hidden = true;
    root.querySelector('[data-source="camera"]').setAttribute("aria-pressed", "false");
  }

  async function light() {
    idle();
    const mine = turn;
    openTray(false);
    root.dataset.source = "camera";
    try {
      const opened = await openCamera(video);
      if (mine !== turn) return opened.close();
      camera = opened;
    } catch (error) {
      if (mine === turn) { idle(); guide.say(error.message); }
      return;
    }
    sessionStorage.setItem(REMEMBERED, "camera");
    video.hidden = false;
    root.querySelector('[data-source="camera"]').setAttribute("aria-pressed", "true");
    while (mine === turn) {
      const frame = await camera.frame(() => guide.say("still"));
      if (mine !== turn || !frame) return;
      const answer = await ask(frame);
      if (mine !== turn) return;
      if (answer.say) guide.say(answer.say);
      await new Promise((done) => setTimeout(done, answer.restMs ?? REST_MS));
    }
  }

  async function showPhoto(blob) {
    idle();
    const mine = turn;
    openTray(false);
    root.dataset.source = "photo";
    sessionStorage.setItem(REMEMBERED, "photo");
    let frame;
    try {
      const picture = await createImageBitmap(blob);
      put(picture);
      frame = await toJpeg(picture, picture.width, picture.height);
    } catch {
      return guide.say("That file is not a picture we can read.");
    }
    const answer = await ask(frame);
    if (mine === turn && answer.say) guide.say(answer.say);
  }

  async function showHand(hand) {
    idle();
    const mine = turn;
    root.dataset.source = "tray";
    sessionStorage.setItem(REMEMBERED, "tray");
    for (let take = 0; take < HAND_TAKES && mine === turn; take++) {
      const answer = await fetch(`/demo/hands/${hand.id}.jpg?take=${Math.floor(Math.random() * 9000) + 1000}`);
      if (!answer.ok || mine !== turn) return guide.say("That hand is not here any more.");
      const frame = await answer.blob();
      put(await createImageBitmap(frame));
      const verdict = await ask(frame);
      if (mine !== turn) return;
      if (verdict.say) guide.say(verdict.say);
      if (!verdict.again) return;
      await new Promise((done) => setTimeout(done, REST_MS));
    }
  }

  async function ask(frame) {
    lines("busy");
    const slow = setTimeout(() => guide.say("wait"), 400);
    const asked = last.then(() => onFrame(frame));
    last = asked.catch(() => {});
    try {
      return await asked;
    } finally {
      clearTimeout(slow);
      lines(0);
    }
  }

  /** Shows a picture on the glass without keeping it anywhere else. */
  function put(picture) {
    still.width = picture.width;
    still.height = picture.height;
    still.getContext("2d").drawImage(picture, 0, 0);
    still.hidden = false;
    still.classList.remove("arrive");
    void still.offsetWidth; // starts the movement again
    still.classList.add("arrive");
  }

  function lines(step) {
    for (const line of find("lines").querySelectorAll(".line")) line.classList.toggle("busy", step === "busy");
  }

  async function openTray(wanted) {
    if (!tray) return;
    if (wanted && !tray.childElementCount) {
      const hands = await fetch(root.dataset.hands).then((answer) => (answer.ok ? answer.json() : []), () => []);
      tray.replaceChildren(...hands.map(handButton));
    }
    if (wanted) {
      dark();
      guide.say("hand");
    }
    tray.hidden = !wanted;
    root.querySelector('[data-source="tray"]').setAttribute("aria-expanded", String(wanted));
  }

  function handButton(hand) {
    const item = document.createElement("li");
    const button = Object.assign(document.createElement("button"), { type: "button" });
    const picture = Object.assign(document.createElement("img"), {
      src: `/demo/hands/${hand.id}.jpg?take=0`, alt: "", width: 96, height: 96, loading: "lazy", decoding: "async",
    });
    const label = Object.assign(document.createElement("strong"), { textContent: hand.label });
    const note = Object.assign(document.createElement("span"), { textContent: hand.note });
    button.append(picture, label, note);
    button.addEventListener("click", () => showHand(hand));
    item.append(button);
    return item;
  }

  return { open, close, say: guide.say };
}
