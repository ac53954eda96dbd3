/** Forms for rows: choices below inputs, rows of parts without a round trip, and drafts that the server keeps. */

import { picker } from "./picker.js";

const QUIET = 800;
const NAMES = ["id", "name", "for", "value", "aria-describedby", "data-given", "data-fills", "data-place"];

/** @param {ParentNode} root */
function enhance(root) {
  root.querySelectorAll("[data-pick]").forEach((field) => picker(/** @type {HTMLElement} */ (field)));
}

/** Add a row of a part, as the server would.
 * @param {HTMLElement} section @param {string} part */
function addRow(section, part) {
  const template = section.querySelector("template"), rows = section.querySelector(".rows");
  if (!template || !rows) return;
  const used = [...rows.children].map((row) => Number(/** @type {HTMLElement} */ (row).dataset.place?.split(".")[1]));
  const number = Math.max(Number(rows.getAttribute("data-most") ?? -1), ...used) + 1;
  rows.setAttribute("data-most", String(number));
  const made = /** @type {DocumentFragment} */ (template.content.cloneNode(true));
  for (const element of made.querySelectorAll("*")) {
    for (const name of NAMES) {
      const value = element.getAttribute(name);
      if (value?.includes(`${part}.0`)) element.setAttribute(name, value.replaceAll(`${part}.0`, `${part}.${number}`));
    }
  }
  const title = `${part} ${rows.children.length + 1}`;
  const legend = made.querySelector("legend"), told = made.querySelector('[value^="remove."] .unseen');
  if (legend) legend.textContent = title;
  if (told) told.textContent = ` ${title}`;
  rows.append(made);
  const row = /** @type {HTMLElement} */ (rows.lastElementChild);
  enhance(row);
  /** @type {HTMLElement | null} */ (row.querySelector("input:not([type=hidden]), select, textarea"))?.focus();
}

/** Take a row away that is not stored yet; false where the server has to.
 * @param {HTMLElement} section @param {string} place */
function removeRow(section, place) {
  const row = section.querySelector(`[data-place="${place}"]`);
  if (!row || row.querySelector(`[name="key.${place}"]`)) return false;
  const next = row.nextElementSibling ?? row.previousElementSibling;
  row.remove();
  /** @type {HTMLElement | null} */ ((next ?? section).querySelector("button"))?.focus();
  return true;
}

/** @param {HTMLFormElement} form */
function withRows(form) {
  form.addEventListener("click", (event) => {
    const button = /** @type {HTMLElement} */ (event.target).closest('button[name=".do"]');
    const section = /** @type {HTMLElement | null} */ (button?.closest(".part"));
    if (!(button instanceof HTMLButtonElement) || !section) return;
    const [verb, ...rest] = button.value.split(".");
    if (verb === "add") {
      addRow(section, rest[0]);
      event.preventDefault();
    } else if (verb === "remove" && removeRow(section, rest.join("."))) {
      event.preventDefault();
    } else return;
    form.dispatchEvent(new Event("change", { bubbles: true }));
  });
}

/** Keep what is in a form at the server, a moment after it was changed.
 * @param {HTMLFormElement} form */
function withDraft(form) {
  const said = form.querySelector("[data-kept]");
  let timer = 0, changed = false, left = false;
  /** @type {Promise<void> | null} */
  let sending = null;

  const send = async () => {
    const content = new URLSearchParams();
    for (const [name, value] of new FormData(form)) if (typeof value === "string") content.append(name, value);
    try {
      const answer = await fetch(/** @type {string} */ (form.dataset.draft), { method: "POST", body: content, keepalive: content.toString().length < 60000 });
      if (said && !left) said.textContent = answer.ok ? "Kept as a draft." : "This draft could not be kept.";
    } catch {
      if (said && !left) said.textContent = "The server cannot be reached; the draft is not kept.";
      if (!left) later(5000);
    }
  };
  const keep = () => {
    clearTimeout(timer);
    if (!changed || left) return;
    if (sending) return later(QUIET);
    changed = false;
    sending = send().finally(() => (sending = null));
  };
  /** @param {number} wait */
  const later = (wait) => {
    changed = true;
    clearTimeout(timer);
    timer = setTimeout(keep, wait);
  };
  form.addEventListener("input", () => later(QUIET));
  form.addEventListener("change", () => later(QUIET));
  document.addEventListener("visibilitychange", () => document.hidden && keep());
  form.addEventListener("submit", (event) => {
    clearTimeout(timer);
    left = true;
    if (!sending) return;
    event.preventDefault(); // what is on its way would be a draft of what is stored
    const submitter = /** @type {SubmitEvent} */ (event).submitter;
    sending.then(() => setTimeout(() => form.requestSubmit(submitter)));
  });
  addEventListener("pageshow", () => (left = false));
}

for (const form of document.querySelectorAll("form.entry")) {
  if (!(form instanceof HTMLFormElement)) continue;
  enhance(form);
  withRows(form);
  withDraft(form);
}
