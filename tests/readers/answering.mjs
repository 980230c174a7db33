// Answer each line of the standard input, a calendar as JSON, by a line that says what a reader finds in it or how it fails.
import { createInterface } from "node:readline";

export async function answer(read) {
  for await (const line of createInterface({ input: process.stdin })) {
    let found;
    try {
      found = read(JSON.parse(line));
    } catch (error) {
      found = { failed: `${error}` };
    }
    process.stdout.write(`${JSON.stringify(found)}\n`);
  }
}
