/**
 * Writing an entry of the lab book: an editor in the place of the text area, pictures and files that are pasted or
 * dropped, and what is typed kept on the server. Without this script the text area and the forms do the same.
 */

const KEEP_AFTER = 1500;
const form = /** @type {HTMLFormElement} */ (document.getElementById("write"));
const area = /** @type {HTMLTextAreaElement} */ (document.getElementById("text"));
const status = document.getElementById("told");
const token = { timer: 0, saving: false };

/** @param {string} text */
function tell(text) {
  if (status) status.textContent = text;
}

/**
 * The editor: icons are letters, so that no font is fetched.
 * @returns {any}
 */
function makeEditor() {
  const Editor = /** @type {any} */ (window).EasyMDE;
  if (!Editor) return null;
  const button = (name, action, text, title) => ({
    name,
    action,
    icon: `<span aria-hidden="true">${text}</span>`,
    title,
    className: `tool-${name}`,
  });
  const editor = new Editor({
    element: area,
    autoDownloadFontAwesome: false,
    spellChecker: false,
    nativeSpellcheck: true,
    inputStyle: "contenteditable",
    status: false,
    forceSync: true,
    minHeight: "18rem",
    toolbar: [
      button("bold", Editor.toggleBold, "B", "Bold"),
      button("italic", Editor.toggleItalic, "I", "Italic"),
      button("heading", Editor.toggleHeadingSmaller, "H", "Heading"),
      button("list", Editor.toggleUnorderedList, "•", "List"),
      button("numbers", Editor.toggleOrderedList, "№", "Numbered list"),
      button("quote", Editor.toggleBlockquote, "”", "Quotation"),
      button("code", Editor.toggleCodeBlock, "&lt;&gt;", "Code"),
      button("table", Editor.drawTable, "▦", "Insert a table"),
    ],
  });
  const code = editor.codemirror;
  code.setOption("extraKeys", { ...code.getOption("extraKeys"), Tab: false, "Shift-Tab": false });
  const field = code.getInputField();
  field.setAttribute("aria-label", "Text");
  field.setAttribute("role", "textbox");
  field.setAttribute("aria-multiline", "true");
  for (const tool of document.querySelectorAll(".editor-toolbar button")) {
    tool.setAttribute("aria-label", tool.getAttribute("title") || "");
    tool.removeAttribute("tabindex");
  }
  return editor;
}

const editor = form && area ? makeEditor() : null;

/** @param {string} text */
function insert(text) {
  if (editor) {
    editor.codemirror.replaceSelection(text);
    editor.codemirror.focus();
  } else {
    area.setRangeText(text, area.selectionStart, area.selectionEnd, "end");
  }
  soon();
}

/** Keep what is typed a little later. */
function soon() {
  window.clearTimeout(token.timer);
  token.timer = window.setTimeout(keep, KEEP_AFTER);
}

async function keep() {
  if (token.saving) return;
  if (editor) area.value = editor.value();
  const sent = new URLSearchParams();
  for (const [name, value] of new FormData(form)) if (typeof value === "string") sent.append(name, value);
  try {
    const answer = await fetch(form.dataset.keep || "", { method: "POST", body: sent });
    tell(answer.ok ? "Kept on the server, not saved yet." : "This could not be kept.");
  } catch {
    tell("The server cannot be reached. Keep this page open.");
  }
}

/** @param {File[]} files */
async function upload(files) {
  const sent = new FormData();
  files.forEach((file, n) => sent.append("file", file, file.name || `pasted-${n + 1}.png`));
  tell("Sending files ...");
  try {
    const answer = await fetch(form.dataset.files || "", {
      method: "POST",
      body: sent,
      headers: { Accept: "application/json" },
    });
    const told = answer.status === 413 ? { problem: "These files are too large." } : await answer.json();
    if (told.markdown) insert(`${told.markdown}\n`);
    tell(told.problem || "The files are added.");
  } catch {
    tell("The files could not be sent.");
  }
}

/** @param {ClipboardEvent | DragEvent} event */
function take(event) {
  const data = "clipboardData" in event ? event.clipboardData : event.dataTransfer;
  const files = [...(data?.files || [])];
  if (!files.length) return;
  event.preventDefault();
  event.stopPropagation();
  void upload(files);
}

function watchText() {
  const place = editor ? editor.codemirror.getWrapperElement() : area;
  place.addEventListener("paste", take, true);
  place.addEventListener("drop", take, true);
  form.addEventListener("input", soon);
  if (editor) editor.codemirror.on("change", soon);
  form.addEventListener("submit", () => {
    token.saving = true;
    window.clearTimeout(token.timer);
  });
}

/** Suggest rows while a key is typed, and put one into the text. */
function watchRows() {
  const link = /** @type {HTMLFormElement | null} */ (document.getElementById("link"));
  const list = document.getElementById("found");
  const button = /** @type {HTMLButtonElement | null} */ (document.getElementById("insert"));
  if (!link || !list || !button) return;
  const table = /** @type {HTMLSelectElement} */ (link.elements.namedItem("table"));
  const key = /** @type {HTMLInputElement} */ (link.elements.namedItem("key"));
  let asked = 0;
  const suggest = async () => {
    const turn = ++asked;
    const query = new URLSearchParams({ table: table.value, q: key.value });
    const answer = await fetch(`${link.dataset.rows}?${query}`);
    if (!answer.ok || turn !== asked) return;
    list.replaceChildren(
      ...(await answer.json()).map((row) => {
        const option = document.createElement("option");
        option.value = row.key;
        option.label = row.told ? `${row.key}: ${row.told}` : row.key;
        return option;
      }),
    );
  };
  key.addEventListener("focus", suggest);
  key.addEventListener("input", suggest);
  table.addEventListener("change", suggest);
  button.hidden = false;
  button.addEventListener("click", () => {
    if (key.value) insert(`[[${table.value}/${key.value}]]`);
  });
}

/** Show what the server makes of the text, which is the only place where Markdown becomes HTML. */
function watchPreview() {
  const button = document.getElementById("look");
  const place = document.getElementById("preview");
  if (!button || !place) return;
  button.hidden = false;
  button.addEventListener("click", async () => {
    const wanted = place.hidden;
    if (wanted) {
      const sent = new URLSearchParams({ text: editor ? editor.value() : area.value });
      const answer = await fetch(form.dataset.preview || "", { method: "POST", body: sent });
      if (!answer.ok) return tell("The preview cannot be shown.");
      place.innerHTML = await answer.text();
    }
    place.hidden = !wanted;
    button.setAttribute("aria-expanded", String(wanted));
  });
}

if (form && area) {
  watchText();
  watchPreview();
  watchRows();
}
