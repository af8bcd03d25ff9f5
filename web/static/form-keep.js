// What was entered stays in this tab over a reload, until the form was sent. It goes with the tab.

const KEY = "nextnest-form";
const NEVER = new Set(["website", "renderedAt"]);

export function keep(form, step) {
  const kept = {};
  for (const control of form.elements) {
    if (!control.name || NEVER.has(control.name) || (control.type === "radio" && !control.checked)) continue;
    kept[control.name] = control.value;
  }
  store(() => sessionStorage.setItem(KEY, JSON.stringify({ kept, step })));
}

// Puts everything back; the step that was open.
export function restore(form) {
  const { kept = {}, step = 1 } = store(() => JSON.parse(sessionStorage.getItem(KEY))) || {};
  for (const control of form.elements) {
    if (!Object.hasOwn(kept, control.name) || NEVER.has(control.name)) continue;
    if (control.type === "radio") control.checked = control.value === kept[control.name];
    else control.value = kept[control.name];
    if (control.value) control.closest("details:has([data-check])")?.setAttribute("open", "");
  }
  return Math.min(4, Math.max(1, Number(step) || 1));
}

export function forget() {
  store(() => sessionStorage.removeItem(KEY));
}

// Private windows may refuse: then a reload begins anew.
function store(act) {
  try {
    return act();
  } catch {
    return null;
  }
}
