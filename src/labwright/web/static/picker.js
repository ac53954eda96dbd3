/**
 * Rows to choose from below an input: what is typed is looked for by the server. The input stays one into which a key
 * can be typed.
 *
 * @typedef {{values: Record<string, string>, key: string, told: string}} Option
 */

const WAIT = 150;
let count = 0;

/** Let the input of a field pick what it refers to.
 * @param {HTMLElement} field An element with `data-pick`, `data-given` and `data-fills`. */
export function picker(field) {
  const input = field.querySelector("input:not([type=hidden], [type=checkbox])");
  if (!(input instanceof HTMLInputElement) || input.readOnly || input.dataset.picks) return;
  input.dataset.picks = "1";
  new Picker(field, input);
}

class Picker {
  /** @param {HTMLElement} field @param {HTMLInputElement} input */
  constructor(field, input) {
    this.field = field;
    this.input = input;
    this.given = JSON.parse(field.dataset.given ?? "{}");
    this.fills = JSON.parse(field.dataset.fills ?? "{}");
    /** @type {Option[]} */ this.options = [];
    this.active = -1;
    this.asked = 0;
    this.timer = 0;
    /** What tells the row that was chosen from others. */
    this.told = document.createElement("span");
    this.list = this.build();
    input.addEventListener("input", () => this.askSoon());
    input.addEventListener("input", () => (this.told.textContent = ""));
    input.addEventListener("keydown", (event) => this.onKey(event));
    input.addEventListener("click", () => this.ask());
    input.addEventListener("blur", () => this.close());
  }

  /** The list, and what tells screen readers of it. */
  build() {
    const box = document.createElement("div");
    box.className = "combobox";
    this.input.replaceWith(box);
    const list = document.createElement("ul");
    list.id = `options-${++count}`;
    list.className = "options";
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", "Choices");
    list.hidden = true;
    list.addEventListener("pointerdown", (event) => this.onPointer(event));
    this.told.className = "help";
    box.append(this.input, list, this.told);
    for (const [name, value] of [["role", "combobox"], ["aria-autocomplete", "list"], ["aria-expanded", "false"], ["aria-controls", list.id]]) {
      this.input.setAttribute(name, value);
    }
    return list;
  }

  /** @param {string} name */
  other(name) {
    const found = this.input.form?.elements.namedItem(name);
    return found instanceof HTMLInputElement || found instanceof HTMLSelectElement ? found : null;
  }

  askSoon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(), WAIT);
  }

  /** Ask for what matches, and show it unless something else was asked meanwhile. */
  async ask() {
    const query = new URLSearchParams({ q: this.input.value });
    for (const [name, from] of Object.entries(this.given)) {
      const value = this.other(from)?.value;
      if (value) query.set(name, value);
    }
    const mine = ++this.asked;
    this.input.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(`${this.field.dataset.pick}?${query}`, { headers: { Accept: "application/json" } });
      if (mine === this.asked && answer.ok && document.activeElement === this.input) this.show(await answer.json());
    } catch {
      this.close(); // without the server, keys are typed
    } finally {
      if (mine === this.asked) this.input.removeAttribute("aria-busy");
    }
  }

  /** @param {{rows: Option[], more: boolean, partial: boolean}} found */
  show(found) {
    this.options = found.rows;
    this.active = -1;
    this.list.replaceChildren(...found.rows.map((option, index) => this.item(option, index)));
    if (!found.rows.length) this.note(found.partial ? "Nothing begins with this. Find… looks into all texts." : "Nothing matches.");
    else if (found.more) this.note("There are more: type on, or Find….");
    this.list.hidden = false;
    this.input.setAttribute("aria-expanded", "true");
    this.mark(-1);
  }

  /** @param {Option} option @param {number} index */
  item(option, index) {
    const item = document.createElement("li");
    item.id = `${this.list.id}-${index}`;
    item.setAttribute("role", "option");
    item.dataset.index = String(index);
    item.append(option.key);
    if (option.told) {
      const told = document.createElement("span");
      told.className = "told";
      told.textContent = ` ${option.told}`;
      item.append(told);
    }
    return item;
  }

  /** @param {string} text */
  note(text) {
    const item = document.createElement("li");
    item.className = "rest";
    item.setAttribute("role", "option");
    item.setAttribute("aria-disabled", "true");
    item.textContent = text;
    this.list.append(item);
  }

  /** @param {number} index */
  mark(index) {
    this.active = index;
    for (const item of this.list.querySelectorAll("[data-index]")) {
      item.setAttribute("aria-selected", String(Number(/** @type {HTMLElement} */ (item).dataset.index) === index));
    }
    const item = document.getElementById(`${this.list.id}-${index}`);
    item?.scrollIntoView({ block: "nearest" });
    if (item) this.input.setAttribute("aria-activedescendant", item.id);
    else this.input.removeAttribute("aria-activedescendant");
  }

  close() {
    clearTimeout(this.timer);
    this.asked++;
    this.input.removeAttribute("aria-busy");
    this.list.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
  }

  /** @param {KeyboardEvent} event */
  onKey(event) {
    const open = !this.list.hidden, step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      if (!open) this.ask();
      else if (this.options.length) this.mark((this.active + step + this.options.length) % this.options.length);
    } else if (event.key === "Escape" && open) {
      event.preventDefault();
      this.close();
    } else if (event.key === "Enter" && open && this.active >= 0) {
      event.preventDefault();
      this.choose(this.options[this.active]);
    }
  }

  /** @param {PointerEvent} event */
  onPointer(event) {
    event.preventDefault(); // the input stays where one types
    const item = /** @type {HTMLElement} */ (event.target).closest("[data-index]");
    if (item) this.choose(this.options[Number(/** @type {HTMLElement} */ (item).dataset.index)]);
  }

  /** Fill what the row fills. @param {Option} option */
  choose(option) {
    for (const [name, to] of Object.entries(this.fills)) {
      const target = this.other(to), value = option.values[name];
      if (target && value !== undefined && target.value !== value) {
        target.value = value;
        if (target !== this.input) target.dispatchEvent(new Event("change", { bubbles: true }));
      }
    }
    this.told.textContent = option.told;
    this.close();
    this.input.dispatchEvent(new Event("change", { bubbles: true }));
  }
}
