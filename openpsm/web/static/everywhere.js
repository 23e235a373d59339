// What stands on every page: the palette, keys, the bell, the folded menu, records opened last, people named by "@".
"use strict";

(() => {
  const isTyping = (element) => element && (element.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(element.tagName));
  const get = (id) => document.getElementById(id);
  const remembered = (key, value) => {
    try { return value === undefined ? localStorage.getItem(key) : localStorage.setItem(key, value); }
    catch { return null; }  // a browser that keeps nothing: the menu is simply open
  };

  // Dialogs lie over the page; the browser keeps the focus inside and gives it back.
  function open(dialog) {
    if (!dialog || dialog.open) return;
    document.querySelectorAll("dialog[open]").forEach((other) => other.close());
    dialog.showModal();
    if (dialog.id !== "palette") { htmx.trigger(dialog, "keys-open"); return; }
    const text = get("palette-text");
    text.value = "";
    get("palette-found").replaceChildren();
    text.focus();
    htmx.trigger(text, "palette-open");
  }

  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-open]");
    if (opener) open(get(opener.dataset.open));
    if (event.target.id === "global-search") open(get("palette"));
    if (event.target.closest("[data-close]")) event.target.closest("dialog").close();
    if (event.target.tagName === "DIALOG") event.target.close();  // beside it
    if (event.target.closest("[data-fold]")) fold(!document.body.classList.contains("psm-folded"));
  });

  // Arrows walk from the field through the results and back; Enter in the field opens the first one.
  document.addEventListener("keydown", (event) => {
    const palette = event.target.closest(".psm-palette");
    if (!palette || event.isComposing || !["ArrowDown", "ArrowUp", "Enter", "Escape"].includes(event.key)) return;
    if (event.key === "Escape") { event.preventDefault(); return palette.close(); }  // a search field would only be emptied
    const stops = [get("palette-text"), ...palette.querySelectorAll(".psm-hit-line")];
    const here = stops.indexOf(event.target);
    if (here < 0) return;
    if (event.key === "Enter") { if (here === 0) { event.preventDefault(); if (stops[1]) stops[1].click(); } return; }
    event.preventDefault();
    stops[(here + (event.key === "ArrowDown" ? 1 : stops.length - 1)) % stops.length].focus();
  });

  // Keys never fire while somebody types, nor behind an open dialog.
  document.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "k") {
      if (get("palette")) { event.preventDefault(); open(get("palette")); }
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || document.querySelector("dialog[open]")) return;
    if (event.key === "/" && get("palette")) { event.preventDefault(); open(get("palette")); }
    else if (event.key === "?") open(get("keys"));
    else if (event.key === "[") fold(!document.body.classList.contains("psm-folded"));
    else if (event.key === "c") {
      const button = document.querySelector(".psm-create [data-bs-toggle]");
      if (!button) return;
      button.click();
      const first = document.querySelector(".psm-create .dropdown-item");
      if (first && button.getAttribute("aria-expanded") === "true") first.focus();
    }
  });

  // The menu at the side folds to its icons and stays so in this browser.
  function fold(isFolded) {
    document.body.classList.toggle("psm-folded", isFolded);
    document.querySelectorAll("[data-fold]").forEach((button) => button.setAttribute("aria-expanded", String(!isFolded)));
    remembered("folded", isFolded ? "1" : "");
  }
  if (remembered("folded")) fold(true);

  // The bell asks once a minute while the page is looked at, and when it is looked at again.
  const look = () => { if (document.visibilityState === "visible" && get("bell")) htmx.trigger("#bell", "look"); };
  setInterval(look, 60e3);
  document.addEventListener("visibilitychange", look);

  // A record that is shown counts as opened.
  document.addEventListener("DOMContentLoaded", () => {
    const [, kind, number] = location.pathname.match(/^\/(project|account|activitie)s\/(\d+)(?:\/|$)/) || [];
    if (!kind || !get("palette")) return;
    const headers = JSON.parse(document.body.getAttribute("hx-headers"));
    fetch(`/opened/${kind === "activitie" ? "activity" : kind}/${number}`, { method: "POST", headers, keepalive: true }).catch(() => {});
  });
})();

// People named by "@": the list shows who sees the record; arrows, Enter or Tab take a name, Escape closes the list.
(() => {
  const sought = (field) => field.value.slice(0, field.selectionStart).match(/(?:^|[^0-9A-Za-z])[@＠]([^\s@＠]{0,20})$/);
  const listOf = (field) => field.closest("form").querySelector(".psm-mention-list");
  let waiting = 0;

  function ask(field) {
    const form = field.closest("form[data-people]"), found = sought(field);
    clearTimeout(waiting);
    if (!form) return;
    if (!found) return listOf(field).replaceChildren();
    waiting = setTimeout(() => htmx.ajax("GET", `${form.dataset.people}?q=${encodeURIComponent(found[1])}`, { target: listOf(field), swap: "innerHTML" }), 150);
  }

  function take(field, name) {
    const found = sought(field), end = field.selectionStart, start = end - (found ? found[1].length : 0);
    field.setRangeText(`${name} `, start, end, "end");
    listOf(field).replaceChildren();
    field.focus();
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }

  document.addEventListener("input", (event) => { if (event.target.matches("textarea[data-mention]")) ask(event.target); });
  document.addEventListener("click", (event) => {
    const button = event.target.closest(".psm-mention-list button");
    if (button) take(button.closest("form").querySelector("textarea[data-mention]"), button.dataset.name);
  });
  document.addEventListener("keydown", (event) => {
    const form = event.target.closest("form[data-people]");
    if (!form || event.isComposing) return;
    const field = form.querySelector("textarea[data-mention]"), buttons = [...form.querySelectorAll(".psm-mention-list button")];
    if (!buttons.length) return;
    const here = buttons.indexOf(event.target);
    if (event.key === "Escape") { listOf(field).replaceChildren(); field.focus(); }
    else if ((event.key === "Enter" || event.key === "Tab") && event.target === field) { event.preventDefault(); take(field, buttons[0].dataset.name); }
    else if (event.key === "ArrowDown") { event.preventDefault(); buttons[(here + 1) % buttons.length].focus(); }
    else if (event.key === "ArrowUp" && here >= 0) { event.preventDefault(); (here ? buttons[here - 1] : field).focus(); }
  });
})();

// Amounts and days as people type them: below the field stands how they are read; a small calendar stands beside a day.
(() => {
  function below(field) {
    const place = field.closest(".psm-with-calendar") || field;
    let words = place.nextElementSibling;
    if (!words || !words.classList.contains("psm-understood")) {
      words = document.createElement("div");
      words.className = "psm-understood";
      words.setAttribute("role", "status");
      place.after(words);
    }
    return words;
  }

  function calendar(field) {
    if (field.closest(".psm-with-calendar") || field.disabled) return;
    const box = document.createElement("div"), button = document.createElement("button"), date = document.createElement("input");
    box.className = "psm-with-calendar";
    field.replaceWith(box);
    button.type = "button";
    button.className = "btn btn-icon btn-ghost-secondary";
    button.setAttribute("aria-label", document.body.dataset.calendar || "");
    button.append(document.getElementById("calendar-icon").content.cloneNode(true));
    Object.assign(date, { type: "date", tabIndex: -1 });
    date.setAttribute("aria-hidden", "true");
    box.append(field, button, date);
    button.addEventListener("click", () => { date.value = /^\d{4}-\d\d-\d\d$/.test(field.value) ? field.value : ""; date.showPicker(); });
    date.addEventListener("change", (event) => {
      event.stopPropagation();
      field.value = date.value;
      ["input", "change"].forEach((kind) => field.dispatchEvent(new Event(kind, { bubbles: true })));
    });
  }

  const prepare = (root) => root.querySelectorAll && root.querySelectorAll("[data-understood=day]").forEach(calendar);
  document.addEventListener("DOMContentLoaded", () => prepare(document));
  document.addEventListener("htmx:afterSwap", (event) => prepare(event.detail.elt));
  document.addEventListener("change", (event) => {
    const field = event.target, kind = field.dataset && field.dataset.understood;
    if (!kind) return;
    if (!field.value.trim() || /^\d{4}-\d\d-\d\d$/.test(field.value)) return below(field).replaceChildren();
    htmx.ajax("GET", `/understood/${kind}?text=${encodeURIComponent(field.value)}`, { target: below(field), swap: "innerHTML" });
  });
})();

// What a comment said is no draft any more once it was taken.
document.addEventListener("htmx:beforeSwap", (event) => {
  const form = event.detail.requestConfig && event.detail.requestConfig.elt;
  if (form && form.matches("form[data-keep]") && event.detail.xhr.status < 300) sessionStorage.removeItem(`draft:${document.body.dataset.user}:${form.dataset.keep}`);
});

// A draft that was put back says so, and can be thrown away.
document.addEventListener("draft-restored", (event) => {
  const form = event.target, template = document.getElementById("draft-words");
  if (!template || form.querySelector(".psm-draft")) return;
  const words = template.content.cloneNode(true).firstElementChild;
  words.querySelector("time").textContent = new Date(event.detail.at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  words.querySelector("button").addEventListener("click", () => { sessionStorage.removeItem(event.detail.key); form.reset(); words.remove(); });
  form.prepend(words);
});
