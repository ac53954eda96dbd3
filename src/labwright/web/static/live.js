/** Tells that the server does not answer, or that the session has ended, until the page is told news again. */

const PATIENCE = 1000, UNAUTHORIZED = 401;
const place = document.querySelector("#connection");
let waiting = 0;

/** @param {string} name what is told, of the page's templates; nothing takes back what was told */
function tell(name) {
    clearTimeout(waiting);
    const told = name && /** @type {HTMLTemplateElement} */ (document.getElementById(name)).content.cloneNode(true);
    place?.replaceChildren(...(told ? [told] : []));
}

/** A page that is left, and a server that is there again at once, are nothing to tell of. @param {Event} event */
function onError(event) {
    const name = /** @type {CustomEvent} */ (event).detail.status === UNAUTHORIZED ? "session-ended" : "server-away";
    clearTimeout(waiting);
    waiting = setTimeout(() => tell(name), PATIENCE);
}

document.addEventListener("htmx:sse:error", onError);
document.addEventListener("htmx:sse:after:connection", () => tell(""));
