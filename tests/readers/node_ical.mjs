// Read calendars with node-ical; see reading.py for what comes in and what goes out.
// The package is found in the folder named by TESTS_NODE_MODULES.
import { createRequire } from "node:module";
import { join } from "node:path";
import { answer } from "./answering.mjs";

const ical = createRequire(join(process.env.TESTS_NODE_MODULES, "any.js"))("node-ical");
const CALLED = { start: "DTSTART", end: "DTEND", transparency: "TRANSP", lastmodified: "LAST-MODIFIED" };
const MADE = ["type", "datetype", "alarms", "method"]; // by the reader itself

function moment(date) {
  const local = new Date(date.getTime() - date.getTimezoneOffset() * 60000); // whole days begin at this machine's midnight
  return date.dateOnly ? local.toISOString().slice(0, 10) : date.toISOString();
}

const plain = (value) => value?.val ?? value;
const names = (part) => Object.keys(part).filter((key) => !MADE.includes(key)).map((key) => CALLED[key] ?? key.toUpperCase());

function alarm(part) {
  const [, sign, days, hours, minutes] = /^(-?)P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?)?$/.exec(plain(part.trigger));
  return (sign ? -1 : 1) * ((days ?? 0) * 1440 + (hours ?? 0) * 60 + Number(minutes ?? 0));
}

function read(part) {
  return {
    uid: part.uid, start: moment(part.start), end: moment(part.end), title: plain(part.summary), status: part.status,
    sequence: part.sequence, transparent: part.transparency === "TRANSPARENT", place: plain(part.location) ?? null,
    alarms: (part.alarms ?? []).map(alarm), names: names(part),
  };
}

await answer((text) => {
  const found = Object.values(ical.sync.parseICS(text));
  const calendar = found.find((part) => part.type === "VCALENDAR");
  const events = found.filter((part) => part.type === "VEVENT");
  return { name: calendar["WR-CALNAME"] ?? null, names: null, events: events.map(read) };
});
