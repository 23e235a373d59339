// Lists: choosing rows, keys, cells that are changed in place, columns by drag, the way from record to record.
"use strict";

(() => {
  const isTyping = (element) => element && (element.isContentEditable || /^(INPUT|TEXTAREA|SELECT|BUTTON)$/.test(element.tagName));
  const tables = () => [...document.querySelectorAll("table.psm-list")];
  const rowsOf = (table) => [...table.querySelectorAll("tr[id^=r]")];

  // Labels of the cells on a phone, boxes to choose rows, and which cells can be changed: from the headings.
  function dress(table) {
    const headings = [...table.querySelectorAll("thead th:not(.psm-pick)")];
    if (table.dataset.pick && !table.querySelector("thead .psm-pick")) {
      const th = document.createElement("th");
      th.className = "psm-pick";
      th.append(box(table.dataset.pick, ""));
      table.tHead.rows[0].prepend(th);
    }
    for (const row of rowsOf(table)) {
      if (row.dataset.dressed) continue;
      row.dataset.dressed = "1";
      [...row.cells].forEach((cell, i) => {
        if (!headings[i]) return;
        if (i) cell.dataset.label = headings[i].textContent.replace(/ [↑↓]$/, "");
        if (headings[i].dataset.edit) { cell.classList.add("can-edit"); cell.dataset.edit = headings[i].dataset.edit; cell.tabIndex = 0; }
      });
      if (table.dataset.pick) {
        const td = document.createElement("td");
        td.className = "psm-pick";
        td.append(box(`${table.dataset.pick}: ${row.querySelector("a")?.textContent ?? ""}`, row.id.slice(1)));
        row.prepend(td);
      }
    }
  }
  function box(label, value) {
    const around = document.createElement("label"), input = document.createElement("input");
    input.type = "checkbox"; input.className = "form-check-input"; input.value = value;
    input.setAttribute("aria-label", label);
    if (value) { input.name = "pk"; input.setAttribute("form", "list-bulk"); }
    around.append(input);
    return around;
  }
  function picked() {
    const boxes = [...document.querySelectorAll(".psm-list .psm-pick input[name=pk]")], chosen = boxes.filter((one) => one.checked);
    boxes.forEach((one) => one.closest("tr").toggleAttribute("aria-selected", false) || (one.checked && one.closest("tr").setAttribute("aria-selected", "true")));
    const shown = document.querySelector("[data-picked]");
    if (shown) shown.textContent = chosen.length ? ` (${chosen.length})` : "";
  }
  document.addEventListener("change", (event) => {
    if (!event.target.matches(".psm-list .psm-pick input")) return;
    if (!event.target.name) document.querySelectorAll(".psm-list .psm-pick input[name=pk]").forEach((one) => { one.checked = event.target.checked; });
    picked();
  });
  document.addEventListener("DOMContentLoaded", () => { tables().forEach(dress); picked(); });
  document.addEventListener("htmx:afterSettle", () => {
    tables().forEach(dress);
    picked();
    if (waiting) { const cell = document.querySelector(`#r${waiting.row} [data-edit="${waiting.column}"]`); if (cell && !cell.querySelector("form")) { if (document.activeElement === document.body) cell.focus(); waiting = null; } }
    const input = document.querySelector(".psm-cell input:not([type=hidden]), .psm-cell select");
    if (input && !input.dataset.focused) { input.dataset.focused = "1"; input.focus(); if (input.select) input.select(); }
  });

  // A cell: click, Enter or F2 opens it, Enter saves, Escape puts it back as it was.
  let waiting = null;
  function open(cell) {
    if (cell.querySelector("form")) return;
    const table = cell.closest("table"), row = cell.closest("tr");
    cell.before_edit = cell.innerHTML;
    waiting = { row: row.id.slice(1), column: cell.dataset.edit };
    htmx.ajax("GET", `/lists/${table.dataset.list}/cells/${waiting.row}/${waiting.column}?list=${encodeURIComponent(table.dataset.query)}`, { target: cell, swap: "innerHTML" });
  }
  function shut(cell) {
    if (cell.before_edit === undefined) return;
    const kept = document.createElement("template");
    kept.innerHTML = cell.before_edit;
    cell.replaceChildren(kept.content);
    delete cell.before_edit;
    waiting = null;
    cell.focus();
  }
  document.addEventListener("click", (event) => {
    const cell = event.target.closest("td.can-edit");
    if (cell && !event.target.closest("a, form, label")) open(cell);
  });
  document.addEventListener("change", (event) => { if (event.target.matches(".psm-cell select")) event.target.form.requestSubmit(); });
  // What is refused stands at the cell, not in the place of the row.
  document.addEventListener("htmx:beforeSwap", (event) => {
    const form = event.detail.requestConfig?.elt;
    if (!form?.matches?.(".psm-cell") || event.detail.xhr.status === 200) return;
    event.detail.target = form;
    event.detail.swapOverride = "outerHTML";
  });

  // Keys: arrows walk through the rows and cells, Enter opens, x chooses, / searches this list, j and k go on.
  function step(table, by) {
    const rows = rowsOf(table), here = rows.findIndex((row) => row.classList.contains("is-here"));
    const next = rows[Math.min(rows.length - 1, Math.max(0, here + by))];
    if (!next) return;
    rows.forEach((row) => row.classList.remove("is-here"));
    next.classList.add("is-here");
    const link = next.querySelector("a.psm-row");
    if (link) link.focus({ preventScroll: true });
    next.scrollIntoView({ block: "nearest" });
  }
  document.addEventListener("keydown", (event) => {
    const cell = event.target.closest?.("td.can-edit");
    if (cell && event.key === "Escape") { event.preventDefault(); event.stopPropagation(); return shut(cell); }
    if (cell && cell === event.target && (event.key === "Enter" || event.key === "F2")) { event.preventDefault(); return open(cell); }
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const isBox = event.target.matches?.("input[type=checkbox]");
    if (isTyping(event.target) && !isBox) return;
    const go = { j: "next", k: "prev" }[event.key], beside = go && document.querySelector(`a[rel=${go}][data-neighbour]`);
    if (beside) return beside.click();
    const table = tables()[0];
    if (!table) return;
    if (event.key === "ArrowDown" || event.key === "j") { event.preventDefault(); step(table, 1); }
    else if (event.key === "ArrowUp" || event.key === "k") { event.preventDefault(); step(table, -1); }
    else if (event.key === "x") { const one = table.querySelector("tr.is-here .psm-pick input"); if (one) { one.checked = !one.checked; picked(); } }
    else if (event.key === "/" && document.getElementById("list-q")) { event.preventDefault(); event.stopImmediatePropagation(); const box = document.getElementById("list-q"); box.focus(); box.select(); }
  }, true);

  // The record's page learns from which list one comes, so that j and k lead through it.
  function carry(event) {
    const link = event.target.closest?.("a.psm-row"), table = link && link.closest("table.psm-list");
    if (!table || !table.dataset.list || link.href.includes("list=") || link.hash) return;
    link.href += `?list=${encodeURIComponent(`${table.dataset.list}?${table.dataset.query}`)}`;
  }
  for (const name of ["pointerdown", "focusin"]) document.addEventListener(name, carry);

  // Columns: a line is dragged to its place, the numbers follow.
  let dragged = null;
  document.addEventListener("dragstart", (event) => {
    dragged = event.target.closest?.(".psm-columns-choice li") ?? null;
    if (dragged) dragged.classList.add("is-dragged");
  });
  document.addEventListener("dragover", (event) => {
    const over = event.target.closest?.(".psm-columns-choice li");
    if (!dragged || !over || over === dragged) return;
    event.preventDefault();
    const middle = over.getBoundingClientRect().top + over.offsetHeight / 2;
    over[event.clientY < middle ? "before" : "after"](dragged);
  });
  document.addEventListener("dragend", () => {
    if (!dragged) return;
    dragged.classList.remove("is-dragged");
    [...dragged.parentElement.children].forEach((line, i) => { line.querySelector(".psm-place").value = i + 1; });
    dragged = null;
  });
})();
