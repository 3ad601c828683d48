// The work of tests/bench/peers by node-ical.

import ical from "node-ical";
import { run } from "./evenings.mjs";

run((text, start, end) => {
  const events = Object.values(ical.sync.parseICS(text)).filter((each) => each.type === "VEVENT" && !leavesFree(each));
  return events.flatMap((event) => instances(event, start, end));
});

function leavesFree(event) {
  return event.transparency === "TRANSPARENT" || event.status === "CANCELLED";
}

function instances(event, start, end) {
  if (!event.rrule) return [[event.start / 1000, event.end / 1000]];
  const options = { from: new Date(start * 1000), to: new Date(end * 1000), expandOngoing: true };
  return ical.expandRecurringEvent(event, options).map((each) => [each.start / 1000, each.end / 1000]);
}
