// The camera: lit when somebody asks for it, dark as soon as nobody needs it. Frames stay in this page's memory.

/** The longest side of a frame that is sent, pixels; more than a palm needs, a quarter of what a phone records. */
const LONGEST_PX = 1280;
/** JPEG quality of a frame, 0–1: fine skin creases survive it. */
const JPEG_QUALITY = 0.9;
/** Movement above this counts as moving: mean change of a small grey picture within 120 ms, of 255. */
const MOVING = 9;
/** A hand that never rests is sent anyway after this long, ms: a shaking hand must be able to pay. */
const PATIENCE_MS = 1500;
const SMALL = { width: 48, height: 36 };

/** @throws {Error} with words for the shopper */
export async function openCamera(video) {
  if (!navigator.mediaDevices?.getUserMedia) {
    throw new Error("No camera without https. Choose a photo instead.");
  }
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({
      video: { facingMode: { ideal: "environment" }, width: { ideal: LONGEST_PX }, height: { ideal: 960 } },
      audio: false,
    });
  } catch (error) {
    throw new Error(error.name === "NotAllowedError"
      ? "The camera was not allowed. Allow it in the address bar, or choose a photo."
      : "No camera answers. Choose a photo instead.");
  }
  video.srcObject = stream;
  try { await video.play(); } catch { /* interrupted by leaving; the stream is stopped below or by close() */ }
  const sharp = document.createElement("canvas");
  const small = Object.assign(document.createElement("canvas"), SMALL);

  return {
    /** The next frame, once the hand rests. @param {() => void} onMoving called while it does not */
    async frame(onMoving) {
      const from = performance.now();
      let before = glance(video, small);
      for (;;) {
        await new Promise((done) => setTimeout(done, 120));
        const now = glance(video, small);
        const moving = change(before, now) > MOVING;
        if (!moving || performance.now() - from > PATIENCE_MS) break;
        onMoving();
        before = now;
      }
      return toJpeg(video, video.videoWidth, video.videoHeight, sharp);
    },
    close() {
      for (const track of stream.getTracks()) track.stop();
      video.srcObject = null;
    },
  };
}

/** A picture or a video's present frame, no larger than the server needs, as a JPEG. */
export function toJpeg(source, width, height, canvas = document.createElement("canvas")) {
  const scale = Math.min(1, LONGEST_PX / Math.max(width, height));
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  canvas.getContext("2d").drawImage(source, 0, 0, canvas.width, canvas.height);
  return new Promise((done) => canvas.toBlob(done, "image/jpeg", JPEG_QUALITY));
}

function glance(video, canvas) {
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(video, 0, 0, SMALL.width, SMALL.height);
  return context.getImageData(0, 0, SMALL.width, SMALL.height).data;
}

function change(a, b) {
  let sum = 0;
  for (let i = 1; i < a.length; i += 4) sum += Math.abs(a[i] - b[i]);
  return sum / (a.length / 4);
}
