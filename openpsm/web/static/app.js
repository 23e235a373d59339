// What the server cannot do: keep what is typed, and one place for failed requests; keys and palette are in everywhere.js.
"use strict";

(() => {
  const KEEP_HOURS = 24;

  // Drafts: a long form marked data-keep survives a lost session or a closed tab, in this tab's storage only.
  const draftKey = (form) => `draft:${document.body.dataset.user}:${form.dataset.keep}`;
  const fieldsOf = (form) => [...form.elements].filter((e) => e.name && !["hidden", "password", "file", "submit"].includes(e.type) && e.tagName !== "BUTTON");

  function save(form) {
    const values = fieldsOf(form).map((e) => [e.name, e.type === "checkbox" || e.type === "radio" ? [e.value, e.checked] : e.value]);
    sessionStorage.setItem(draftKey(form), JSON.stringify({ at: Date.now(), values }));
  }

  function restore(form) {
    const kept = sessionStorage.getItem(draftKey(form));
    if (!kept || form.querySelector(".invalid-feedback, .alert-danger")) return;
    const { at, values } = JSON.parse(kept);
    if (Date.now() - at > KEEP_HOURS * 3600e3) return sessionStorage.removeItem(draftKey(form));
    const fields = fieldsOf(form);
    let isDifferent = false;
    values.forEach(([name, value], i) => {
      const field = fields[i];
      if (!field || field.name !== name) return;
      isDifferent ||= Array.isArray(value) ? field.checked !== value[1] : field.value !== value;
      if (Array.isArray(value)) field.checked = value[1];
      else field.value = value;
    });
    if (isDifferent) form.dispatchEvent(new CustomEvent("draft-restored", { bubbles: true, detail: { at, key: draftKey(form) } }));
  }

  function watch(root) {
    root.querySelectorAll("form[data-keep]").forEach((form) => {
      restore(form);
      form.addEventListener("input", () => save(form));
      form.addEventListener("submit", () => sessionStorage.setItem("sent", draftKey(form)));
    });
    const invalid = root.querySelector(".has-error input, .has-error select, .has-error textarea");
    if (invalid) invalid.focus();
  }

  document.addEventListener("DOMContentLoaded", () => {
    const sent = sessionStorage.getItem("sent");
    if (sent && !document.querySelector(".alert-danger, .invalid-feedback")) sessionStorage.removeItem(sent);
    sessionStorage.removeItem("sent");
    watch(document);
  });
  document.addEventListener("htmx:afterSwap", (event) => watch(event.detail.elt));

  // A failed request never disappears silently; without a network that stands there until it is back.
  function toast(text, keep) {
    const box = document.createElement("div");
    box.className = "alert alert-danger";
    box.textContent = text;
    document.getElementById("toasts").append(box);
    if (!keep) setTimeout(() => box.remove(), 8000);
    return box;
  }
  let away = null;
  function network() {
    if (away && navigator.onLine) away = away.remove();
    else if (!away && !navigator.onLine) away = toast(document.body.dataset.offline, true);
  }
  window.addEventListener("online", network);
  window.addEventListener("offline", network);
  const failed = () => navigator.onLine ? toast(document.body.dataset.failed) : network();
  document.addEventListener("htmx:responseError", failed);
  document.addEventListener("htmx:sendError", failed);

  // Forms that must be confirmed, and selects that send their form at once.
  document.addEventListener("submit", (event) => {
    if (event.target.getAttribute("action") === "/logout") sessionStorage.clear();
    if (!navigator.onLine && !event.target.hasAttribute("hx-post")) { event.preventDefault(); return network(); }  // the browser would show its own page
    const question = event.target.dataset.confirm;
    if (question && !window.confirm(question)) event.preventDefault();
    if (event.defaultPrevented || event.target.hasAttribute("hx-post") || event.target.method === "get") return;
    const button = event.submitter;
    if (button) setTimeout(() => { button.disabled = true; setTimeout(() => { button.disabled = false; }, 5000); });
  });
  document.addEventListener("change", (event) => {
    if (event.target.hasAttribute("data-send")) event.target.form.requestSubmit();
  });

  // Pickers: arrows walk through the choices, Enter takes the first one, Escape closes the list.
  document.addEventListener("keydown", (event) => {
    const picker = event.target.closest(".psm-picker");
    if (!picker || !["ArrowDown", "ArrowUp", "Enter", "Escape"].includes(event.key)) return;
    const stops = [picker.querySelector("input[type=search]"), ...picker.querySelectorAll(".psm-picker-list button")];
    const here = stops.indexOf(event.target);
    if (stops.length < 2 || here < 0 || (event.key === "Enter" && here > 0)) return;
    event.preventDefault();
    if (event.key === "Escape") { picker.querySelector(".psm-picker-list").replaceChildren(); stops[0].focus(); }
    else if (event.key === "Enter") stops[1].click();
    else stops[(here + (event.key === "ArrowDown" ? 1 : stops.length - 1)) % stops.length].focus();
  });
})();
