// Asks for the tables anew each few seconds. Focus, what is open and what is in sight stay as they are.
const EVERY = 5000;
const tables = document.getElementById("tables");
const live = document.getElementById("live");
let shown = "";
let heard = new Date();

function isReading() {
  const selected = getSelection(); // replacing the tables would take away what somebody is copying
  return !selected.isCollapsed && tables.contains(selected.anchorNode);
}

function inSight() {
  return [...tables.querySelectorAll("[id]")].find((each) => each.getBoundingClientRect().bottom > 0);
}

function show(text) {
  if (text === shown) return;
  const open = [...tables.querySelectorAll("details[open]")].map((each) => each.id);
  const aside = [...tables.querySelectorAll(".wide")].map((each) => [each.id, each.scrollLeft]);
  const focus = tables.contains(document.activeElement) ? document.activeElement.id : "";
  const mark = inSight();
  const before = mark ? [mark.id, mark.getBoundingClientRect().top] : null;
  tables.innerHTML = text;
  shown = text;
  for (const id of open) document.getElementById(id)?.setAttribute("open", "");
  for (const [id, left] of aside) if (left) document.getElementById(id)?.scrollTo({ left });
  if (focus) document.getElementById(focus)?.focus({ preventScroll: true });
  const now = before && document.getElementById(before[0]);
  if (now) scrollBy({ top: now.getBoundingClientRect().top - before[1], behavior: "instant" });
}

async function renew() {
  if (document.hidden || isReading()) return;
  try {
    const headers = { "X-XSRFToken": document.querySelector("input[name=_xsrf]").value }; // JupyterHub asks for it
    const told = await fetch(`tables${location.search}`, { headers, redirect: "error" });
    if (!told.ok) throw new Error(told.status);
    const text = await told.text();
    if (isReading()) return;
    show(text);
    heard = new Date();
    if (live.className) [live.className, live.textContent] = ["", ""];
  } catch {
    if (!live.className) {
      live.className = "old";
      live.textContent = `What you see is of ${heard.toLocaleTimeString()}: the hub does not answer. Reload the page.`;
    }
  }
}

setInterval(renew, EVERY);
document.addEventListener("visibilitychange", renew);
