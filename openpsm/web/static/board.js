// The board: a card is dragged with mouse, pen or finger, or moved by its button. Only the server moves it for good.
"use strict";

(() => {
  const board = document.getElementById("board");
  const dialog = document.getElementById("board-dialog");
  if (!board || !dialog) return;
  const HOLD = 350; // milliseconds under a finger until a card lifts; a shorter touch scrolls
  const FAR = 6; // pixels under a mouse
  let drag = null;
  let waiting = null;

  // --- the dialog: where to, or what is missing
  function open() {
    if (!dialog.open) dialog.showModal();
  }
  function snapBack() {
    if (!waiting) return;
    waiting.card.classList.remove("is-waiting");
    waiting.list.insertBefore(waiting.card, waiting.before);
    waiting = null;
  }
  const address = (id) => board.dataset.move.replace("/0/", `/${id}/`);
  const ask = (url) => window.htmx.ajax("GET", url, { target: "#move-body", swap: "outerHTML" }).then(open);

  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-dialog]");
    if (link && !event.ctrlKey && !event.metaKey && window.htmx) {
      event.preventDefault();
      ask(link.getAttribute("href"));
    }
    if (event.target.closest("[data-close]") || event.target === dialog) dialog.close();
  });
  document.addEventListener("board:moved", () => {
    waiting = null;
    dialog.close();
    document.querySelectorAll("#toasts .psm-toast").forEach((toast, index, all) => {
      if (index < all.length - 1) toast.remove();
      else setTimeout(() => toast.remove(), 12000);
    });
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    const status = event.detail.xhr.status;
    if (waiting && status !== 200) snapBack();
    if (status === 409 && event.detail.pathInfo.requestPath.endsWith("/move")) open();
  });

  // --- dragging
  function lift(card, x, y) {
    const box = card.getBoundingClientRect();
    const gap = document.createElement("li");
    gap.className = "psm-card-gap";
    gap.style.height = `${box.height}px`;
    Object.assign(drag, { card, gap, list: card.parentElement, before: card.nextSibling, dx: x - box.left, dy: y - box.top, isOn: true });
    card.parentElement.insertBefore(gap, card);
    card.style.width = `${box.width}px`;
    card.classList.add("is-lifted");
    document.getSelection().removeAllRanges();
    follow(x, y);
  }
  function follow(x, y) {
    drag.card.style.left = `${x - drag.dx}px`;
    drag.card.style.top = `${y - drag.dy}px`;
    const under = document.elementFromPoint(x, y);
    const column = under && under.closest(".psm-column");
    board.querySelectorAll(".is-target").forEach((one) => { if (one !== column) one.classList.remove("is-target"); });
    if (column) column.classList.add("is-target");
    drag.column = column;
    const frame = board.getBoundingClientRect();
    if (x > frame.right - 40) board.scrollLeft += 12;
    else if (x < frame.left + 40) board.scrollLeft -= 12;
  }
  function settle() {
    const { card, gap, list, before, column } = drag;
    gap.remove();
    card.classList.remove("is-lifted");
    card.removeAttribute("style");
    board.querySelectorAll(".is-target").forEach((one) => one.classList.remove("is-target"));
    drag = null;
    const from = list.closest(".psm-column");
    if (!column || column === from) return;
    const order = [...board.querySelectorAll(".psm-column")];
    if (order.indexOf(column) < order.indexOf(from)) return void ask(`${address(card.dataset.id)}?stage=${column.dataset.stage}`);
    waiting = { card, list, before };
    card.classList.add("is-waiting");
    column.querySelector(".psm-cards").prepend(card);
    window.htmx.ajax("POST", address(card.dataset.id), {
      values: { stage: column.dataset.stage, version: card.dataset.version }, target: "#move-body", swap: "outerHTML",
    });
  }

  board.addEventListener("pointerdown", (event) => {
    const card = event.target.closest(".psm-card");
    if (!card || event.button || waiting || event.target.closest("[data-dialog]")) return;
    drag = { x: event.clientX, y: event.clientY, id: event.pointerId, isOn: false, start: card };
    if (event.pointerType !== "mouse") drag.timer = setTimeout(() => { if (drag) lift(card, drag.x, drag.y); }, HOLD);
  });
  document.addEventListener("pointermove", (event) => {
    if (!drag || event.pointerId !== drag.id) return;
    const far = Math.hypot(event.clientX - drag.x, event.clientY - drag.y) > FAR;
    if (!drag.isOn && far && event.pointerType === "mouse") lift(drag.start, event.clientX, event.clientY);
    else if (!drag.isOn && far) { clearTimeout(drag.timer); drag = null; }
    if (drag && drag.isOn) { event.preventDefault(); follow(event.clientX, event.clientY); }
  });
  document.addEventListener("touchmove", (event) => { if (drag && drag.isOn) event.preventDefault(); }, { passive: false });
  document.addEventListener("pointerup", () => {
    if (!drag) return;
    clearTimeout(drag.timer);
    if (!drag.isOn) { drag = null; return; }
    const stop = (event) => { event.preventDefault(); event.stopPropagation(); }; // a drag that ends on a link opens nothing
    document.addEventListener("click", stop, { capture: true });
    setTimeout(() => document.removeEventListener("click", stop, { capture: true }), 60);
    settle();
  });
  const cancel = () => { if (drag && drag.isOn) { drag.column = null; settle(); } drag = null; };
  document.addEventListener("pointercancel", () => { if (drag) clearTimeout(drag.timer); cancel(); });
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") cancel(); });

  // --- phones: the selector follows the column in sight
  const tabs = [...document.querySelectorAll("[data-tab]")];
  const mark = (key) => tabs.forEach((tab) => {
    const isHere = tab.dataset.tab === key;
    tab.classList.toggle("active", isHere);
    if (isHere && tab.offsetParent) tab.parentElement.scrollLeft = tab.offsetLeft - 40;
  });
  const seen = new IntersectionObserver((entries) => {
    const entry = entries.find((one) => one.isIntersecting);
    if (entry) mark(entry.target.dataset.stage);
  }, { root: board, threshold: 0.6 });
  const observe = () => { seen.disconnect(); board.querySelectorAll(".psm-column").forEach((one) => seen.observe(one)); };
  document.addEventListener("htmx:afterSettle", observe);
  observe();
  tabs.forEach((tab) => tab.addEventListener("click", (event) => {
    event.preventDefault();
    const column = document.getElementById(`column-${tab.dataset.tab}`);
    board.scrollTo({ left: column.offsetLeft, behavior: "smooth" });
    mark(tab.dataset.tab);
  }));
})();
