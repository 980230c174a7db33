// Read a calendar from the standard input with ical.js and write its events as JSON.
// The package is found in the folder named by TESTS_NODE_MODULES.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const folder = process.env.TESTS_NODE_MODULES;
const { default: ICAL } = await import(pathToFileURL(join(folder, "ical.js", "dist", "ical.js")).href);
const calendar = new ICAL.Component(ICAL.parse(readFileSync(0, "utf8")));
const moment = (time) => (time.isDate ? time.toString() : time.toJSDate().toISOString().replace(".000Z", "+00:00"));
const events = calendar.getAllSubcomponents("vevent").map((part) => {
  const event = new ICAL.Event(part);
  return [event.uid, moment(event.startDate), moment(event.endDate), event.summary, part.getFirstPropertyValue("status"),
    String(event.sequence)];
});
console.log(JSON.stringify(events));
