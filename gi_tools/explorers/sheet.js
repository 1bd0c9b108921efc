// Shows the HTML, marks the picked part, reports clicks and the keys it listens to.
function render({ model, el }) {
  el.classList.add("gi-sheet");
  el.tabIndex = 0;
  // JupyterLab would take plain keys for commands on cells.
  el.dataset.lmSuppressShortcuts = "true";
  el.setAttribute("role", "region");
  el.setAttribute("aria-label", model.get("label"));
  let pressed = 0;

  const ids = () => Array.from(el.querySelectorAll("[data-id]"));
  const mark = () => {
    const picked = model.get("picked"), beside = model.get("beside");
    let first = null;
    for (const part of ids()) {
      const same = picked !== "" && part.dataset.id === picked;
      part.classList.toggle("gi-picked", same);
      part.classList.toggle("gi-beside", beside.includes(part.dataset.id));
      if (same && !first) first = part;
    }
    if (!first) return;
    const pane = el.getBoundingClientRect(), box = first.getBoundingClientRect();
    if (box.top < pane.top || box.bottom > pane.bottom)
      el.scrollTop += box.top - pane.top - pane.height / 3;
  };
  const draw = () => {
    const top = el.scrollTop;
    el.innerHTML = model.get("html");
    el.scrollTop = top;
    mark();
  };
  const pick = (id) => {
    model.set("picked", id);
    model.save_changes();
  };
  const step = (by) => {
    const all = [...new Set(ids().map((part) => part.dataset.id))];
    const at = all.indexOf(model.get("picked"));
    const next = at < 0 ? (by > 0 ? 0 : all.length - 1) : at + by;
    if (all[next] !== undefined) pick(all[next]);
  };
  const onClick = (event) => {
    const part = event.target.closest("[data-id]");
    if (part && el.contains(part)) pick(part.dataset.id);
  };
  const onKey = (event) => {
    if (event.target !== el || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      step(event.key === "ArrowDown" ? 1 : -1);
    } else if (model.get("shortcuts").includes(event.key)) {
      model.set("key", `${event.key} ${pressed++}`);
      model.save_changes();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };
  model.on("change:html", draw);
  model.on("change:picked", mark);
  model.on("change:beside", mark);
  el.addEventListener("click", onClick);
  el.addEventListener("keydown", onKey);
  draw();
  return () => {
    model.off("change:html", draw);
    model.off("change:picked", mark);
    model.off("change:beside", mark);
  };
}
export default { render };
