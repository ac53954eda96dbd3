// What makes an import quicker; all of it works without this, too.

/** @typedef {HTMLInputElement | HTMLTextAreaElement} Cell */

const ROW_KEYS = {ArrowUp: -1, ArrowDown: 1, Enter: 1};

/**
 * The cells of a form, row by row.
 * @param {HTMLFormElement} form
 * @returns {Cell[][]}
 */
function cellsOf(form) {
    return [...form.querySelectorAll("tbody tr")].map(row => [...row.querySelectorAll('[name^="cell."]')]);
}

/**
 * Where a cell is.
 * @param {Cell[][]} cells
 * @param {EventTarget | null} cell
 * @returns {[number, number] | null}
 */
function placeOf(cells, cell) {
    for (const [row, found] of cells.entries()) {
        const column = found.indexOf(cell);
        if (column >= 0) return [row, column];
    }
    return null;
}

/** @param {Cell} cell */
function mark(cell) {
    cell.classList.toggle("changed", cell.value !== cell.defaultValue);
}

/**
 * Go to the cell above or below.
 * @param {HTMLFormElement} form
 * @param {KeyboardEvent} event
 */
function move(form, event) {
    const step = ROW_KEYS[event.key];
    if (!step || event.altKey || event.ctrlKey || event.target.tagName === "TEXTAREA") return;
    const cells = cellsOf(form), place = placeOf(cells, event.target);
    const next = place && cells[place[0] + step]?.[place[1]];
    if (!next) return;
    event.preventDefault();
    next.focus();
    next.select();
}

/**
 * Put a copied block of a spreadsheet into the cells from here on.
 * @param {HTMLFormElement} form
 * @param {ClipboardEvent} event
 */
function paste(form, event) {
    const text = event.clipboardData?.getData("text/plain") ?? "";
    const cells = cellsOf(form), place = placeOf(cells, event.target);
    if (!place || !/[\t\n]/.test(text.trimEnd())) return;
    event.preventDefault();
    text.trimEnd().split(/\r?\n/).forEach((line, down) => line.split("\t").forEach((value, right) => {
        const cell = cells[place[0] + down]?.[place[1] + right];
        if (cell) {
            cell.value = value;
            mark(cell);
        }
    }));
}

/**
 * Send only what was changed, so that only that is looked at again.
 * @param {HTMLFormElement} form
 */
function sendLess(form) {
    for (const cell of cellsOf(form).flat()) cell.disabled = cell.value === cell.defaultValue;
}

/** @param {HTMLFormElement} form */
function fixing(form) {
    form.addEventListener("keydown", event => move(form, event));
    form.addEventListener("paste", event => paste(form, event));
    form.addEventListener("input", event => event.target.name?.startsWith("cell.") && mark(event.target));
    form.addEventListener("submit", () => sendLess(form));
    addEventListener("pageshow", () => cellsOf(form).flat().forEach(cell => { cell.disabled = false; }));
}

/**
 * Take a file that is dropped.
 * @param {HTMLFormElement} form
 */
function dropping(form) {
    const input = form.querySelector('input[type="file"]');
    for (const [name, over] of [["dragover", true], ["dragleave", false], ["drop", false]]) {
        form.addEventListener(name, event => {
            event.preventDefault();
            form.classList.toggle("over", over);
        });
    }
    form.addEventListener("drop", event => {
        if (!event.dataTransfer?.files.length) return;
        input.files = event.dataTransfer.files;
        form.requestSubmit();
    });
}

document.querySelectorAll("form.fix").forEach(fixing);
document.querySelectorAll("form.drop").forEach(dropping);
