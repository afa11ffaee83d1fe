// The tills and receivers of examples/, as programs of their own.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { required } from "../support/server.mjs";

const EXAMPLES = new URL("../../examples/", import.meta.url).pathname;
const node = (program) => [process.execPath, `${EXAMPLES}till-typescript/dist/${program}.js`];
const python = (program) => [required("TILL_PYTHON"), `${EXAMPLES}till-python/${program}.py`];

/** One of each language. */
export const LANGUAGES = [
  { language: "TypeScript", till: node("till"), receiver: node("receiver") },
  { language: "Python", till: python("till"), receiver: python("receiver") },
];

/** Runs a program; `line()` waits for its next line, `end()` for its exit code, `lines` is all it said so far. */
export function run(t, [program, ...args], env) {
  const child = spawn(program, args, { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise((done) => child.once("close", done));
  t.after(() => (child.kill(), ended));
  const said = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const lines = [];
  const line = async () => {
    const { value, done } = await said.next();
    if (done) throw new Error(`${program} ended after: ${lines.join(" | ")}`);
    lines.push(value);
    return value;
  };
  return { line, lines, end: () => ended };
}
