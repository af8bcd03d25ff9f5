// One step at a time. The browser's Back goes one step back, and the heading of a new step gets the focus.

const LAST = 4;

export class Steps {
  constructor(form, onShown) {
    this.form = form;
    this.onShown = onShown;
    this.number = 1;
    window.addEventListener("popstate", (event) => this.show(event.state?.step || 1));
    document.getElementById("back").addEventListener("click", () => this.back());
  }

  get isLast() {
    return this.number === LAST;
  }

  get section() {
    return this.sectionOf(this.number);
  }

  sectionOf(number) {
    return this.form.querySelector(`[data-step="${number}"]`);
  }

  begin(number) {
    history.replaceState({ ...history.state, step: number }, "");
    this.draw(number);
  }

  next() {
    history.pushState({ step: this.number + 1, pushed: true }, "");
    this.show(this.number + 1);
  }

  back() {
    if (history.state?.pushed) history.back();
    else this.open(this.number - 1);
  }

  // Another step, in place of the one that is open.
  open(number) {
    history.replaceState({ ...history.state, step: number }, "");
    this.show(number);
  }

  show(number) {
    this.draw(number);
    this.section.querySelector("h2").focus();
    this.form.scrollIntoView({ block: "nearest" });
  }

  draw(number) {
    this.number = number;
    for (const section of this.form.querySelectorAll("[data-step]")) section.hidden = section !== this.section;
    this.form.querySelectorAll(".progress li").forEach((mark, place) => {
      mark.classList.toggle("done", place + 1 < number);
      if (place + 1 === number) mark.setAttribute("aria-current", "step");
      else mark.removeAttribute("aria-current");
    });
    this.form.parentElement.classList.toggle("under-way", number > 1);
    document.getElementById("back").hidden = number === 1;
    document.getElementById("next").textContent = this.isLast ? "Start my conversation" : "Next";
    this.onShown(number);
  }
}
