// The work of tests/bench/peers by ical.js.

import ICAL from "ical.js";
import { run } from "./evenings.mjs";

run((text, start, end) => {
  const calendar = new ICAL.Component(ICAL.parse(text));
  ICAL.TimezoneService.reset();
  for (const zone of calendar.getAllSubcomponents("vtimezone")) ICAL.TimezoneService.register(zone);
  const { masters, overrides } = sort(calendar.getAllSubcomponents("vevent"));
  return masters.flatMap((component) => {
    const exceptions = overrides.get(component.getFirstPropertyValue("uid")) ?? [];
    return [...instances(new ICAL.Event(component, { exceptions }), start, end)];
  });
});

function sort(components) {
  const masters = [];
  const overrides = new Map();
  for (const component of components) {
    if (leavesFree(component)) continue;
    const uid = component.getFirstPropertyValue("uid");
    if (!component.hasProperty("recurrence-id")) masters.push(component);
    else if (overrides.has(uid)) overrides.get(uid).push(component);
    else overrides.set(uid, [component]);
  }
  return { masters, overrides };
}

function leavesFree(component) {
  return (
    component.getFirstPropertyValue("transp") === "TRANSPARENT" || component.getFirstPropertyValue("status") === "CANCELLED"
  );
}

function* instances(event, start, end) {
  if (!event.isRecurring()) {
    yield [event.startDate.toUnixTime(), event.endDate.toUnixTime()];
    return;
  }
  const times = event.iterator();
  for (let next = times.next(); next && next.toUnixTime() < end; next = times.next()) {
    const details = event.getOccurrenceDetails(next);
    const last = details.endDate.toUnixTime();
    if (last > start) yield [details.startDate.toUnixTime(), last];
  }
}
