/** What can be done with a table is shown beside the diagram; without this script its node leads to a page of its own. */

const picture = document.querySelector("#picture"), panel = document.querySelector("#node");

/** @param {MouseEvent} event */
async function choose(event) {
    const link = /** @type {Element} */ (event.target).closest("a");
    const where = link?.getAttribute("href");
    if (!where?.includes("/about/") || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    await htmx.ajax("GET", where, { target: panel, swap: "innerHTML" });
    panel.querySelector("h2")?.focus();
}

picture?.addEventListener("click", choose);
