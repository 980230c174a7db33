// Read calendars with ical.js; see reading.py for what comes in and what goes out.
// The package is found in the folder named by TESTS_NODE_MODULES.
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { answer } from "./answering.mjs";

const folder = process.env.TESTS_NODE_MODULES;
const { default: ICAL } = await import(pathToFileURL(join(folder, "ical.js", "dist", "ical.js")).href);
const moment = (time) => (time.isDate ? time.toString() : time.toJSDate().toISOString());
const names = (part) => part.getAllProperties().map((one) => one.name.toUpperCase());

function alarm(part) {
  const trigger = part.getFirstPropertyValue("trigger");
  return trigger.toSeconds() / 60;
}

function read(part) {
  const event = new ICAL.Event(part);
  return {
    uid: event.uid, start: moment(event.startDate), end: moment(event.endDate), title: event.summary,
    status: part.getFirstPropertyValue("status"), sequence: event.sequence,
    transparent: part.getFirstPropertyValue("transp") === "TRANSPARENT", place: event.location,
    alarms: part.getAllSubcomponents("valarm").map(alarm), names: names(part),
  };
}

await answer((text) => {
  const calendar = new ICAL.Component(ICAL.parse(text));
  return {
    name: ICAL.design.icalendar.value.text.fromICAL(calendar.getFirstPropertyValue("x-wr-calname") ?? "") || null, names: names(calendar),
    events: calendar.getAllSubcomponents("vevent").map(read),
  };
});
