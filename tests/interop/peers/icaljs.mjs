// The facts that tests/interop/readers.py asks for, by ical.js.

import { readFileSync } from "node:fs";
import ICAL from "ical.js";

const calendar = new ICAL.Component(ICAL.parse(readFileSync(process.argv[2], "utf8")));
for (const zone of calendar.getAllSubcomponents("vtimezone")) ICAL.TimezoneService.register(zone);
const event = calendar.getFirstSubcomponent("vevent");
const attendee = event.getFirstProperty("attendee");
const value = (name) => event.getFirstPropertyValue(name);

console.log(
  JSON.stringify({
    method: calendar.getFirstPropertyValue("method"),
    uid: value("uid"),
    sequence: value("sequence"),
    status: value("status"),
    start: value("dtstart").toUnixTime(),
    end: value("dtend").toUnixTime(),
    title: value("summary"),
    description: value("description") ?? "",
    partstat: attendee?.getParameter("partstat") ?? null,
    attendee: attendee?.getParameter("cn") ?? null,
  }),
);
