// What a person does and sees in Thunderbird, as functions for tests: Marionette runs them in the main window.
/* global Ci, ChromeUtils, window */

const { MailServices } = ChromeUtils.importESModule("resource:///modules/MailServices.sys.mjs");
const { MailUtils } = ChromeUtils.importESModule("resource:///modules/MailUtils.sys.mjs");
const { cal } = ChromeUtils.importESModule("resource:///modules/calendar/calUtils.sys.mjs");

const PATIENCE = 20_000; // milliseconds

const server = MailServices.accounts.defaultAccount.incomingServer;
const inbox = server.rootFolder.getFolderWithFlags(Ci.nsMsgFolderFlags.Inbox);
const tabmail = window.document.getElementById("tabmail");
const message = () => tabmail.currentTabInfo.chromeBrowser?.contentWindow;

/** Return the first answer of `look` that counts as true; throw when there is none before long. */
async function eventually(look, what) {
  const deadline = Date.now() + PATIENCE;
  for (;;) {
    const seen = look();
    if (seen) {
      return seen;
    }
    if (Date.now() > deadline) {
      throw new Error(`waited in vain for ${what}`);
    }
    await new Promise(resolve => window.setTimeout(resolve, 50));
  }
}

/** Return what the bar above the opened mail says, and the labels of its buttons by their ids. */
function readBar() {
  const bar = message().document.querySelector(".calendar-notification-bar");
  const buttons = [...bar.querySelectorAll("#imip-view-toolbar > toolbarbutton")].filter(button => !button.hidden);
  return {
    says: bar.querySelector(".msgNotificationBarText").textContent,
    buttons: Object.fromEntries(buttons.map(button => [button.id, button.label])),
  };
}

globalThis.fetchMail = async function () {
  server.password = "any";
  const status = await new Promise(resolve => {
    const listener = {
      QueryInterface: ChromeUtils.generateQI(["nsIUrlListener"]),
      OnStartRunningUrl() {},
      OnStopRunningUrl: (_url, code) => resolve(code),
    };
    MailServices.pop3.GetNewMail(window.msgWindow, listener, inbox, server);
  });
  if (status !== 0) {
    throw new Error(`fetching mail ended with ${status}`);
  }
};

/** Open the mail of that Message-ID in a tab, the only one beside the folders, and return its bar. */
globalThis.openMail = async function (id) {
  tabmail.closeOtherTabs(tabmail.tabInfo[0]);
  const header = await eventually(() => inbox.msgDatabase.getMsgHdrForMessageID(id), "the mail in the inbox");
  MailUtils.displayMessage(header);
  await eventually(() => tabmail.tabInfo.length === 2 && message()?.msgLoaded, "the mail in its tab");
  await eventually(() => message().calImipBar.itipItem, "the bar above the mail");
  return readBar();
};

/** Return the text that is shown: first the invitation as Thunderbird puts it, then the mail. */
globalThis.readMail = () => message().document.getElementById("messagepane").contentDocument.body.innerText;

/** Press a button of the bar, and return the bar when what it asked for is done. */
globalThis.press = async function (id) {
  const { says, buttons } = readBar();
  if (!(id in buttons)) {
    throw new Error(`there is no button ${id}`);
  }
  message().document.getElementById(id).doCommand();
  await eventually(() => readBar().says !== says, "the end of what a button does");
  return readBar();
};

async function findItems() {
  const events = Ci.calICalendar.ITEM_FILTER_TYPE_EVENT | Ci.calICalendar.ITEM_FILTER_COMPLETED_ALL;
  const lists = cal.manager.getCalendars().map(calendar => calendar.getItemsAsArray(events, 0, null, null));
  return (await Promise.all(lists)).flat();
}

/** Return what is in all calendars; times are in UTC as RFC 5545 writes them. */
globalThis.listItems = async function () {
  return (await findItems()).map(item => ({
    uid: item.id,
    sequence: Number(item.getProperty("SEQUENCE") ?? 0),
    title: item.title,
    start: item.startDate.getInTimezone(cal.dtz.UTC).icalString,
    end: item.endDate.getInTimezone(cal.dtz.UTC).icalString,
    zone: item.startDate.timezone.tzid,
    partstats: item.getAttendees().map(attendee => attendee.participationStatus),
  }));
};

/** Delete an entry from its calendar, and say yes when asked whether the organizer shall be told. */
globalThis.deleteItem = async function (uid) {
  const item = (await findItems()).find(each => each.id === uid);
  await window.doTransaction("delete", item, item.calendar, null, null, { responseMode: Ci.calIItipItem.AUTO });
};

window.moveTo(0, 0);
window.resizeTo(window.screen.availWidth, window.screen.availHeight);
window.document.getElementById("today-pane-panel").setVisible(false, true, true);
