// The grid: moving about by keyboard, changing cells where they stand, ticking, pasting. All of it can be done without.

/** @type {HTMLFormElement|null} */
const form = document.querySelector("#rows");
/** @type {HTMLTableElement|null} */
const table = form && form.querySelector("table.grid");

/**
 * The cells of a row.
 * @param {Element} row
 * @returns {HTMLTableCellElement[]}
 */
const cellsOf = (row) => [...row.querySelectorAll("td, th")];

/** @returns {HTMLTableRowElement[]} */
const rows = () => [...table.querySelectorAll("tr")];

/**
 * Make one cell the one that Tab leads to, and go there.
 * @param {HTMLTableCellElement|undefined} cell
 */
function goTo(cell) {
    if (!cell) return;
    for (const other of table.querySelectorAll('[tabindex="0"]')) other.tabIndex = -1;
    cell.tabIndex = 0;
    cell.focus();
    cell.scrollIntoView({block: "nearest", inline: "nearest"});
}

/**
 * The cell that lies so many rows and columns from another one.
 * @param {HTMLTableCellElement} cell
 * @param {number} down
 * @param {number} right
 */
function beside(cell, down, right) {
    const all = rows(), row = all[all.indexOf(cell.parentElement) + down];
    return row && cellsOf(row)[cell.cellIndex + right];
}

const MOVES = {ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1]};

/** @param {KeyboardEvent} event */
function onKey(event) {
    const cell = event.target.closest("td, th");
    if (!cell || event.target !== cell) return;
    const move = MOVES[event.key];
    if (move) goTo(beside(cell, ...move));
    else if (event.key === "Home") goTo(cellsOf(cell.parentElement)[0]);
    else if (event.key === "End") goTo(cellsOf(cell.parentElement).at(-1));
    else if (event.key === " ") tick(cell.parentElement);
    else if (event.key === "Enter" || event.key === "F2") enter(cell, event.key);
    else return;
    event.preventDefault();
}

/** @param {Element} row */
function tick(row) {
    const box = row.querySelector('input[type="checkbox"]');
    if (box) box.click();
}

/**
 * Change a cell; or follow its link.
 * @param {HTMLTableCellElement} cell
 * @param {string} key
 */
function enter(cell, key) {
    const link = cell.querySelector("a");
    if (link && (key === "Enter" || !isChangeable(cell))) link.click();
    else edit(cell);
}

/** @param {HTMLTableCellElement} cell */
const headOf = (cell) => table.tHead.rows[0].cells[cell.cellIndex];

/** @param {HTMLTableCellElement} cell */
const isChangeable = (cell) => cell.tagName === "TD" && "changeable" in headOf(cell).dataset;

/** Where the pages of the project begin. */
const ROOT = document.documentElement.dataset.root;

/** Key and attribute as addresses have them. @param {string} text */
const spelled = (text) => encodeURIComponent(text).replaceAll("%2C", ",").replaceAll("%3A", ":");

/**
 * Put the form of a cell into it.
 * @param {HTMLTableCellElement} cell
 */
async function edit(cell) {
    if (!isChangeable(cell) || cell.querySelector("form")) return;
    const key = cell.parentElement.dataset.key;
    const where = `${ROOT}cell/${spelled(form.dataset.table)}/${spelled(key)}/${spelled(headOf(cell).dataset.name)}`;
    const before = cell.innerHTML;
    table.setAttribute("aria-busy", "true");
    try {
        const answer = await fetch(where);
        if (!answer.ok) location.assign(`${ROOT}edit/${spelled(form.dataset.table)}/${spelled(key)}`);
        else show(cell, await answer.text(), where, before);
    } finally {
        table.removeAttribute("aria-busy");
    }
}

/**
 * Show the form of a cell, and what its buttons and keys do. The rows are in a form of their own, into which no other
 * one can be put: so this one is made of its contents.
 * @param {HTMLTableCellElement} cell
 * @param {string} html
 * @param {string} where
 * @param {string} before
 */
function show(cell, html, where, before) {
    const given = new DOMParser().parseFromString(html, "text/html").querySelector("form");
    const box = document.createElement("div");
    box.className = "cell";
    box.append(...given.childNodes);
    cell.replaceChildren(box);
    const input = box.querySelector("#why-right") || box.querySelector("input:not([type=hidden]), select, textarea");
    const close = () => { cell.innerHTML = before; goTo(cell); };
    for (const field of box.querySelectorAll("[name]")) field.setAttribute("form", "nowhere");
    box.querySelector("[data-cancel]").addEventListener("click", close);
    const button = box.querySelector("button:not([data-cancel])");
    button.type = "button";
    button.addEventListener("click", () => save(cell, where, before));
    box.addEventListener("keydown", (event) => {
        event.stopPropagation();
        if (event.key === "Escape") close();
        else if (event.key === "Enter" && event.target.matches("input, select")) button.click();
        else return;
        event.preventDefault();
    });
    input.focus();
    if (input.select) input.select();
}

/**
 * Save a cell: what comes back is its value, or the form with what is wrong.
 * @param {HTMLTableCellElement} cell
 * @param {string} where
 * @param {string} before
 */
async function save(cell, where, before) {
    const sent = new URLSearchParams();
    for (const field of cell.querySelectorAll("[name]")) sent.append(field.name, field.value);
    table.setAttribute("aria-busy", "true");
    onNews.saved = Date.now();
    try {
        const answer = await fetch(where, {method: "POST", body: sent});
        const html = await answer.text();
        if (answer.ok) {
            const link = new DOMParser().parseFromString(before, "text/html").querySelector("a");
            cell.innerHTML = html;
            if (link) { link.replaceChildren(...cell.childNodes); cell.append(link); }
            cell.classList.add("saved-now");
            goTo(beside(cell, 1, 0) || cell);
        } else if (answer.status === 409 || answer.status === 422) {
            show(cell, html, where, before);
        } else {
            location.assign(where.replace("/cell/", "/edit/").replace(/\/[^/]*$/, ""));
        }
    } finally {
        table.removeAttribute("aria-busy");
    }
}

/** Say that rows have changed, unless it was here. */
function onNews() {
    if (Date.now() - onNews.saved > 3000) document.querySelector("#changed").hidden = false;
}
onNews.saved = 0;

/**
 * Send what was pasted to the dry run of the import.
 * @param {ClipboardEvent} event
 */
function onPaste(event) {
    const text = event.clipboardData.getData("text/plain");
    if (!form.dataset.import || !text.trim() || event.target.closest("input, textarea, select")) return;
    event.preventDefault();
    const sent = document.createElement("form"), field = document.createElement("textarea");
    Object.assign(sent, {method: "post", action: form.dataset.import, hidden: true});
    Object.assign(field, {name: "text", value: text});
    sent.append(field);
    document.body.append(sent);
    sent.submit();
}

/** Ticking with Shift ticks all between. @param {MouseEvent} event */
function onTick(event) {
    const boxes = [...table.querySelectorAll('tbody input[name="row"]')], place = boxes.indexOf(event.target);
    if (place < 0) return;
    if (event.shiftKey && onTick.last >= 0) {
        const [from, to] = [place, onTick.last].sort((a, b) => a - b);
        for (const box of boxes.slice(from, to + 1)) box.checked = event.target.checked;
    }
    onTick.last = place;
    const count = boxes.filter((box) => box.checked).length, told = document.querySelector("#ticks");
    if (told) told.textContent = count ? `${count} ticked:` : "Ticked rows, or all of them when none is ticked:";
}
onTick.last = -1;

/** Sorting with Shift sorts by one column more. @param {MouseEvent} event */
function onSort(event) {
    const link = event.target.closest("thead a");
    if (!link || !event.shiftKey) return;
    event.preventDefault();
    const there = new URL(link.href), now = new URL(location.href).searchParams.get("sort");
    const added = there.searchParams.get("sort"), name = added.replace(/^-/, "");
    const kept = (now || "").split(",").filter((term) => term && term.replace(/^-/, "") !== name);
    there.searchParams.set("sort", [...kept, added].join(","));
    location.assign(there.href);
}

/** Fetch the most frequent values when they are first looked at. @param {HTMLDetailsElement} details */
function lazily(details) {
    details.addEventListener("toggle", async () => {
        const answer = await fetch(details.dataset.from, {headers: {"HX-Request": "true"}});
        if (answer.ok) details.querySelector("p").outerHTML = await answer.text();
    }, {once: true});
}

/** Fetch the number of rows, where it takes longer than the page. @param {HTMLElement} told */
async function count(told) {
    told.setAttribute("aria-busy", "true");
    try {
        const answer = await fetch(told.dataset.from);
        if (answer.ok) told.textContent = await answer.text();
    } finally {
        told.removeAttribute("aria-busy");
    }
}

/** Offer only the comparisons that a column has. @param {HTMLSelectElement} column */
function onColumn(column) {
    const wanted = (column.selectedOptions[0].dataset.signs || "").split(" "), sign = column.nextElementSibling;
    for (const option of sign.options) option.hidden = option.disabled = !wanted.includes(option.value);
    if (sign.selectedOptions[0].disabled) sign.value = wanted[0];
}

/** Menus close by Escape, and when something else is clicked. */
function closeMenus() {
    const close = (but) => {
        for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(but)) menu.open = false;
    };
    document.addEventListener("click", (event) => close(event.target));
    document.addEventListener("keydown", (event) => {
        const menu = event.key === "Escape" && event.target.closest("details.menu[open]");
        if (menu) { menu.open = false; menu.querySelector("summary").focus(); }
    });
}

if (table) {
    table.setAttribute("role", "grid");
    table.setAttribute("aria-label", form.querySelector(".scroll").getAttribute("aria-label"));
    for (const cell of table.querySelectorAll("td, th")) cell.tabIndex = -1;
    const first = table.querySelector("tbody tr[data-key] td:not(.tick)");
    if (first) { first.tabIndex = 0; form.querySelector(".scroll").removeAttribute("tabindex"); }
    table.addEventListener("keydown", onKey);
    table.addEventListener("dblclick", (event) => { const cell = event.target.closest("td"); if (cell) edit(cell); });
    table.addEventListener("click", onTick);
    table.addEventListener("click", onSort);
    document.addEventListener("paste", onPaste);
    document.body.addEventListener(form.dataset.event, onNews);
}
for (const column of document.querySelectorAll('.filter select[name="on"]')) {
    column.addEventListener("change", () => onColumn(column));
    if (column.selectedOptions[0].dataset.signs) onColumn(column);
}
const facets = document.querySelector("#facets");
if (facets) lazily(facets);
const told = document.querySelector(".count[data-from]");
if (told) count(told);
closeMenus();
