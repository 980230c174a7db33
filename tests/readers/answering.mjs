// Answer each calendar of the standard input, a list of texts as JSON, by what a reader finds in it or how it fails.
import { readFileSync } from "node:fs";

export function answer(read) {
  const found = JSON.parse(readFileSync(0, "utf8")).map((text) => {
    try {
      return read(text);
    } catch (error) {
      return { failed: `${error}` };
    }
  });
  console.log(JSON.stringify(found));
}
